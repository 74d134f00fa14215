"""Fire and gas: what yields to their contacts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.plan.equipment import FEEDBACK, RUN
from config.plan.rules import Hazard, Withdrawal
from config.written.problems import Wrong
from config.written.rules.common import EquipmentNames, RuleWritten
from config.written.rules.making import Making
from config.written.words.parse import Said


def _no_slot(_value: object) -> None:
    raise Wrong(text("fire and gas have no slot"), hint=text("they stand before all of them: leave it away"))


class HazardWritten(RuleWritten):
    """While a contact is open, and until a person resets it, nothing is written to the equipment named."""

    kind: Literal["fire", "gas"]
    slot: Annotated[None, BeforeValidator(_no_slot), WithJsonSchema({"not": {}})] = None
    contacts: Annotated[list[str], Field(min_length=1)]
    yields: EquipmentNames


class FireWritten(HazardWritten):
    """A fire panel's contacts."""

    kind: Literal["fire"]


class GasWritten(HazardWritten):
    """A gas detector's contacts."""

    kind: Literal["gas"]


def lower(written: HazardWritten, making: Making) -> Hazard | None:
    """The record, or None with every problem told."""
    contacts = _contacts(written, making)
    yields: dict[str, None] = {}
    for index, item in enumerate([] if making.lacks("yields") else written.yields):
        yields.update(dict.fromkeys(making.equipment(["yields", index], item)))
    if not contacts or not yields:
        return None
    withdrawals = []
    for name in yields:
        roles = dict(making.site.equipment[name].roles)
        if written.kind == "fire" and RUN in roles and FEEDBACK in roles:
            withdrawals.append(Withdrawal(roles[RUN], roles[FEEDBACK]))
    return Hazard(written.kind, contacts, tuple(yields), tuple(withdrawals))


def _contacts(written: HazardWritten, making: Making) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for index, name in enumerate([] if making.lacks("contacts") else written.contacts):
        at = making.place("contacts", index)
        point = making.point(Said(name, 0), at)
        if point is None:
            continue
        if point.kind != "bool" or not point.normally_closed:
            making.problem(
                ["contacts", index],
                text("{point} is no contact that is closed when all is well", point=name),
                hint=text("only such a one tells a broken wire: normally_closed in its profile"),
            )
            continue
        found[point.id] = None
    return tuple(found)
