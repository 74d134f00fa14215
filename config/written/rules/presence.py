"""Presence: what is asked for while somebody is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.plan.rules import Presence
from config.written.model.base import RunOn
from config.written.rules.common import OnBadInput, RuleWritten
from config.written.rules.making import Making
from config.written.rules.switching import SwitchWritten, switched
from config.written.words.parse import Said


def _names(value: object) -> object:
    return [value] if isinstance(value, str) else value


Contacts = Annotated[
    list[str],
    BeforeValidator(_names),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
    Field(min_length=1),
]
"""One name or several."""


class PresenceWritten(RuleWritten):
    """While a contact is active, and for `run_on` after, points get a value; else another, if named."""

    kind: Literal["presence"]
    presence: Contacts
    then: Annotated[list[SwitchWritten], Field(min_length=1)]
    run_on: RunOn = 0.0
    on_bad_input: OnBadInput


def lower(written: PresenceWritten, making: Making) -> Presence | None:
    """The record, or None with every problem told."""
    found = contacts(making, written.presence)
    then = switched(making, written.then, "motors")
    if not found or not then:
        return None
    return Presence(found, then, written.run_on, written.on_bad_input)


def contacts(making: Making, names: Sequence[str] | None) -> tuple[int, ...]:
    """The contacts of the names that stand at `presence`; None: they are lost."""
    found: dict[int, None] = {}
    for index, name in enumerate(names or ()):
        point = making.point(Said(name, 0), making.place("presence", index))
        if point is None:
            continue
        if point.kind != "bool":
            making.problem(["presence", index], text("{point} is no contact", point=name))
            continue
        found[point.id] = None
    return tuple(found)
