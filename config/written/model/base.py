"""What all models share: strictness and the forms in which names, times and texts are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from config.language import text
from config.written.meant import MEANT
from config.written.problems import Wrong, brief
from config.written.quantities import amount, duration, known_unit, lasting, normal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_FLAGS = {"on": True, "yes": True, "off": False, "no": False}


class Written(BaseModel):
    """A table of a file: no unknown keys, no silent conversion, never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def each(value: object) -> list[object]:
    """The items of a list, or the one that stands in its place."""
    return value if isinstance(value, list) else [value]


def name(value: object) -> str:
    """A name that may stand in "device.point". Raises Wrong."""
    if not isinstance(value, str):
        raise Wrong(text("{value} is no name", value=value), text("letters, digits, - and _"))
    if not NAME.fullmatch(value):
        meant = MEANT.get(value.casefold())
        raise Wrong(
            text('"{value}" cannot be a name', value=value[:60]),
            text("letters A to Z, digits, - and _, at most 40"),
            text('did you mean "{name}"?', name=meant[0]) if meant else text("Chinese belongs into label"),
        )
    return value


def unnamed(words: Iterable[str]) -> bool:
    """Whether one of them cannot be a name: it is told where it is declared, and whoever is not known may be
    meant by it."""
    return not all(NAME.fullmatch(word) for word in words)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _FLAGS:
        return _FLAGS[value]
    raise Wrong(text('"{value}" is neither true nor false', value=value), text("true or false"))


def _words(value: object) -> dict[str, str]:
    """{zh: …, en: …}; one text serves both languages."""
    if isinstance(value, str):
        return {"zh": value, "en": value}
    if isinstance(value, dict) and value and set(value) <= {"zh", "en"}:
        given = {str(key): item for key, item in value.items() if isinstance(item, str) and item}
        if len(given) == len(value):
            some = next(iter(given.values()))
            return {"zh": given.get("zh", some), "en": given.get("en", some)}
    raise Wrong(text("this is no label"), text("a text, or {example}", example="{zh: 电表, en: meter}"))


def _label(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Wrong(text("{value} is a number here", value=value), hint=text("put the text in quotes"))
    raise Wrong(text("this is no text"), text("a text on one line"))


def _unit(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(text("{value} is no unit", value=value))
    known_unit(value)
    return value


def _quantity(value: object) -> object:
    amount(value)
    return value


def _scalar(value: object) -> object:
    if isinstance(value, (list, dict)):
        raise Wrong(text('"{value}" is not one value', value=brief(value)), text("one value, or release"))
    return value


_left_alone = lasting("1 min", "24 h")


def _hand(value: object) -> float:
    """ "respect 2 h" or "reassert"."""
    if isinstance(value, str):
        word, _, time = normal(value).partition(" ")
        if word == "reassert" and not time:
            return 0.0
        if word == "respect" and time:
            return _left_alone(time.strip())
    raise Wrong(
        text('"{value}" is nothing to do after a hand', value=brief(value)),
        text("reassert or {example}", example="respect 2 h"),
    )


_TIME = r"^\s*[0-9０-９]+([.．][0-9０-９]*)?\s*(ms|s|min|h|d)\s*$"
Name = Annotated[
    str, BeforeValidator(name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})
]
Label = Annotated[str, BeforeValidator(_label), WithJsonSchema({"type": "string"})]
Flag = Annotated[
    bool, BeforeValidator(_flag), WithJsonSchema({"enum": [True, False, "on", "off", "yes", "no"]})
]
Words = Annotated[
    dict[str, str],
    BeforeValidator(_words),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    ),
]
_TIME_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "pattern": _TIME}, {"const": 0}]})
Lead = Annotated[float, BeforeValidator(lasting("5 min", "12 h")), _TIME_SCHEMA]
"""How long before something begins; seconds, as those below."""
PerKelvin = Annotated[float, BeforeValidator(lasting("10 s", "4 h")), _TIME_SCHEMA]
Duration = Annotated[float, BeforeValidator(duration), _TIME_SCHEMA]
"""Seconds; written with a unit of time, as those below."""
TimeOut = Annotated[float, BeforeValidator(lasting("20 ms", "60 s")), _TIME_SCHEMA]
Pause = Annotated[float, BeforeValidator(lasting("0 s", "10 s")), _TIME_SCHEMA]
"""Silence on a line: all of its devices wait."""
Poll = Annotated[float, BeforeValidator(lasting("100 ms", "24 h")), _TIME_SCHEMA]
Age = Annotated[float, BeforeValidator(lasting("100 ms", "7 d")), _TIME_SCHEMA]
Every = Annotated[float, BeforeValidator(lasting("1 s", "24 h")), _TIME_SCHEMA]
Pulse = Annotated[float, BeforeValidator(lasting("10 ms", "10 min")), _TIME_SCHEMA]
Wait = Annotated[float, BeforeValidator(lasting("0 s", "10 min")), _TIME_SCHEMA]
RunOn = Annotated[float, BeforeValidator(lasting("0 s", "24 h")), _TIME_SCHEMA]
Lasting = Annotated[float, BeforeValidator(lasting("1 min", "366 d")), _TIME_SCHEMA]
Stagger = Annotated[float, BeforeValidator(lasting("1 s", "10 min")), _TIME_SCHEMA]
Ahead = Annotated[float, BeforeValidator(lasting("1 min", "15 min")), _TIME_SCHEMA]
Hand = Annotated[
    float, BeforeValidator(_hand), WithJsonSchema({"type": "string", "pattern": r"^(reassert|respect\s+.+)$"})
]
"""Seconds for which a change by hand is left alone; 0 = it is asserted again."""
UnitName = Annotated[str, BeforeValidator(_unit), WithJsonSchema({"type": "string"})]
Quantity = Annotated[object, BeforeValidator(_quantity), WithJsonSchema({"type": ["number", "string"]})]
"""A number with or without unit, not yet converted: what it must be is known where it is used."""
Scalar = Annotated[
    str | int | float | bool | None,
    BeforeValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
"""A value of a point as written; its type is known where its point is."""
