"""What every kind of rule can say."""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.plan.asks import BadInput
from config.written.model.base import Label, Scalar, Written, each
from config.written.model.slots import RuleSlot
from config.written.problems import Wrong, brief, guess
from config.written.quantities import duration, normal

_HOLD = re.compile(r"hold\s+(.+?)\s+then\s+release")
_BEYOND = re.compile(r"(below|above)\s+(\S.*)")
_WAYS = ("trip", "release", "hold 5 min then release")


class Threshold(NamedTuple):
    """`below 30 %`."""

    below: bool
    amount: str


def _bad_input(value: object) -> BadInput:
    if isinstance(value, str):
        written = normal(value)
        if written == "trip":
            return BadInput("trip")
        if written == "release":
            return BadInput("release")
        if found := _HOLD.fullmatch(written):
            return BadInput("hold", duration(found.group(1)))
    near = guess(value, _WAYS) if isinstance(value, str) else None
    raise Wrong(
        text('"{value}" is no way with bad inputs', value=value),
        text("one of {words}", words=", ".join(_WAYS)),
        near,
    )


def _condition(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise Wrong(
        text("this is no condition"),
        text("something like {example}", example="reuse-tank.level below 15 % for 10 s"),
    )


def _equipment(item: object) -> dict[str, str]:
    """{"name": …} or {"tag": …}."""
    if isinstance(item, str) and item:
        return {"name": item}
    if isinstance(item, dict) and set(item) == {"tag"} and isinstance(item["tag"], str):
        return {"tag": item["tag"]}
    raise Wrong(text("this is no equipment"), text("names, or {example}", example="{tag: kitchen}"))


def _threshold(value: object) -> Threshold:
    if isinstance(value, str) and (found := _BEYOND.fullmatch(normal(value))):
        return Threshold(found.group(1) == "below", found.group(2))
    raise Wrong(
        text('"{value}" is no threshold', value=brief(value)),
        text("something like {example}", example="below 30 %"),
    )


OnBadInput = Annotated[
    BadInput,
    BeforeValidator(_bad_input),
    WithJsonSchema({"type": "string", "pattern": r"^\s*(trip|release|hold\s+.+\s+then\s+release)\s*$"}),
]
Condition = Annotated[str, BeforeValidator(_condition), WithJsonSchema({"type": "string", "minLength": 1})]


_ITEM: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"tag": {"type": "string"}},
            "required": ["tag"],
            "additionalProperties": False,
        },
    ]
}
EquipmentNames = Annotated[
    list[Annotated[dict[str, str], BeforeValidator(_equipment)]],
    BeforeValidator(each),
    WithJsonSchema({"anyOf": [*_ITEM["anyOf"], {"type": "array", "minItems": 1, "items": _ITEM}]}),
    Field(min_length=1),
]
Beyond = Annotated[
    Threshold,
    BeforeValidator(_threshold),
    WithJsonSchema({"type": "string", "pattern": r"^\s*(below|above)\s+\S.*$"}),
]


class RuleWritten(Written):
    """A rule, whatever its kind."""

    kind: str
    label: Label = ""
    slot: RuleSlot | None = None


class ThenWritten(Written):
    """One thing a rule asks for: a value for a target."""

    target: str | None = None
    tag: str | None = None
    role: str | None = None
    value: Scalar

    def item(self) -> dict[str, str]:
        """The target as `Targets` takes it."""
        if self.tag is None:
            return {"name": self.target or ""}
        return {"tag": self.tag} if self.role is None else {"tag": self.tag, "role": self.role}

    def model_post_init(self, _context: Any, /) -> None:
        if (self.target is None) is (self.tag is None):
            raise Wrong(text("say what is meant: either target or tag"))
        if self.role is not None and self.tag is None:
            raise Wrong(text("role goes with a tag"), hint=text("write target: name.role"))
