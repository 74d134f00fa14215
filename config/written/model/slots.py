"""The slots that may be named in the files: whose they are says who may ask there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from config.language import Text, text
from config.plan.slots import WRITABLE, Slot
from config.written.problems import Wrong, listing

_BELOW_PEOPLE = tuple(range(Slot.PEOPLE + 1, WRITABLE.stop))
_RULES = (int(Slot.PROCESS_SAFETY), *_BELOW_PEOPLE)
_PROTECTIVE = (int(Slot.INTERLOCK), *_RULES)
_WHOSE: dict[int, Text] = {
    Slot.INTERLOCK: text("slot 5 is for interlocks and links that protect"),
    Slot.MINIMUM_TIMES: text("slot 6 is for minimum run and rest times; nobody asks there"),
    Slot.PROCESS_SAFETY: text("slot 7 is for rules that people do not beat"),
    Slot.PEOPLE: text("slot 8 is for people"),
}
_PROGRAMMES_ASK = text("leave it away: programmes ask in slot 15")
_RULES_ASK = text("did you mean 7, which people do not beat, or 10, which yields to them?")


def _within(allowed: tuple[int, ...], hint: Text) -> Callable[[int], int]:
    def check(slot: int) -> int:
        if slot in allowed:
            return slot
        said = _WHOSE.get(slot, text("slot {slot} is never written", slot=slot))
        raise Wrong(said, text("one of {words}", words=listing(map(str, allowed))), hint)

    return check


ProgrammeSlot = Annotated[
    int,
    AfterValidator(_within(_BELOW_PEOPLE, _PROGRAMMES_ASK)),
    WithJsonSchema({"type": "integer", "enum": list(_BELOW_PEOPLE)}),
]
RuleSlot = Annotated[
    int,
    AfterValidator(_within(_RULES, _RULES_ASK)),
    WithJsonSchema({"type": "integer", "enum": list(_RULES)}),
]
ProtectiveSlot = Annotated[
    int,
    AfterValidator(_within(_PROTECTIVE, _RULES_ASK)),
    WithJsonSchema({"type": "integer", "enum": list(_PROTECTIVE)}),
]
"""Of an interlock or a link."""
