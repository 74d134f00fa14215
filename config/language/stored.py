"""Texts that are kept, so that they can be said in any language later: as JSON. Standard library only."""

from __future__ import annotations

import json
from typing import Any

from config.language import Text


def dump(said: Text) -> str:
    """The message and its parts; what is neither text nor number as it would be shown."""
    return json.dumps(_lower(said), ensure_ascii=False, separators=(",", ":"))


def load(stored: str) -> Text:
    """The text in `stored`. Raises ValueError where there is none."""
    found = _raise(json.loads(stored))
    if not isinstance(found, Text):
        raise ValueError(f"no text: {stored[:80]}")
    return found


def _lower(part: object) -> Any:
    if isinstance(part, Text):
        return {"text": part.message, "parts": {name: _lower(item) for name, item in part.parts}}
    return part if isinstance(part, (str, int, float)) or part is None else str(part)


def _raise(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    try:
        return Text(data["text"], tuple((name, _raise(part)) for name, part in data["parts"].items()))
    except (KeyError, AttributeError) as error:
        raise ValueError(f"no text: {error}") from error
