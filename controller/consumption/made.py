"""Meters that nobody reads: sums and differences of others, and what the submeters of a meter leave of it.
Worked out from what was rolled up of their parts, so that they follow every correction. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from config.plan.metering import Metering
from controller.consumption.rollups import Rollup

REMAINDER = "unmetered"
"""What submeters leave of a meter is named METER.unmetered."""


class Made(NamedTuple):
    """A meter that is worked out."""

    name: str
    quantity: str
    unit: str
    parts: tuple[tuple[str, int], ...]
    """(name, 1 or -1); of a remainder its parts may be made themselves."""
    remainder: bool = False

    @property
    def formula(self) -> str:
        """a + b - c."""
        words = [f"{'-' if sign < 0 else '+'} {name}" for name, sign in self.parts]
        return " ".join(words).removeprefix("+ ")


class Node(NamedTuple):
    """A meter in the tree."""

    name: str
    parent: str
    """ "" for one below no other."""
    depth: int
    last: bool
    """No other is below the same parent after it."""


def made_meters(metering: Metering, known: Mapping[str, tuple[str, str]]) -> list[Made]:
    """Virtual meters, then remainders: each after its parts. `known`: quantity and unit of logged meters."""
    found = [
        Made(item.name, item.quantity, item.unit, tuple((part.meter, part.sign) for part in item.parts))
        for item in metering.virtual
    ]
    about = dict(known) | {item.name: (item.quantity, item.unit) for item in found}
    for owner, children in below(metering).items():
        quantity, unit = about.get(owner, ("", ""))
        parts = ((owner, 1), *((child, -1) for child in children))
        found.append(Made(f"{owner}.{REMAINDER}", quantity, unit, parts, remainder=True))
    return found


def below(metering: Metering) -> dict[str, list[str]]:
    """The direct submeters of each meter that has some."""
    found: dict[str, list[str]] = {}
    for item in metering.submeters:
        found.setdefault(item.of, []).append(item.meter)
    return found


def tree(metering: Metering, names: Iterable[str]) -> Iterator[Node]:
    """All meters, each below the one it is part of, remainders last; those below no other first of their
    branch."""
    children = below(metering)
    owned = {item.meter for item in metering.submeters}
    roots = [name for name in dict.fromkeys([*children, *names]) if name not in owned]
    yield from _branches(sorted(roots, key=lambda name: (name not in children, name)), "", 0, children)


def _branches(
    names: Sequence[str], parent: str, depth: int, children: Mapping[str, Sequence[str]]
) -> Iterator[Node]:
    for name in names:
        yield Node(name, parent, depth, name == names[-1])
        if name in children:
            yield from _branches([*children[name], f"{name}.{REMAINDER}"], name, depth + 1, children)


def with_parts(wanted: Iterable[Made], made: Sequence[Made]) -> list[str]:
    """Names of all meters that these are made of, down to logged ones."""
    by_name = {item.name: item for item in made}
    found: dict[str, None] = {}
    waiting = [name for item in wanted for name, _ in item.parts]
    while waiting:
        name = waiting.pop()
        if name in by_name:
            waiting += [part for part, _ in by_name[name].parts]
        else:
            found[name] = None
    return list(found)


def work_out(made: Sequence[Made], logged: Mapping[str, Sequence[Rollup]]) -> dict[str, list[Rollup]]:
    """What each of `made` used, by slot, each after its parts; `logged`: the logged meters' roll-ups."""
    found: dict[str, Sequence[Rollup]] = dict(logged)
    results: dict[str, list[Rollup]] = {}
    for item in made:
        found[item.name] = results[item.name] = _combined(item, found)
    return results


def _combined(made: Made, found: Mapping[str, Sequence[Rollup]]) -> list[Rollup]:
    slots: dict[tuple[int, int, str], dict[str, Rollup]] = {}
    for name, _ in made.parts:
        for one in found.get(name, ()):
            of = slots.setdefault((one.start_ms, one.end_ms, one.period), {})
            if one.unit == made.unit:
                of[name] = one
    return [_sum(made, slot, slots[slot]) for slot in sorted(slots)]


def _sum(made: Made, slot: tuple[int, int, str], parts: Mapping[str, Rollup]) -> Rollup:
    """Unknown when a part is; what is not wholly known of one is not of the sum."""
    total: Decimal | None = Decimal(0)
    lacking: list[str] = []
    there = parts.values()
    due_s = max((part.due_s for part in there), default=0)
    for name, sign in made.parts:
        part = parts.get(name)
        used = None if part is None else part.consumption
        total = None if total is None or used is None else total + sign * used
        if part is None or used is None or _lacks(part, due_s):
            lacking.append(name)
    flags = 0
    for part in there:
        flags |= part.flags
    start_ms, end_ms, period = slot
    return Rollup(
        start_ms,
        end_ms,
        period,
        made.unit,
        total,
        min((part.from_ms for part in there if part.from_ms is not None), default=None),
        min((part.known_s for part in there), default=0) if len(there) == len(made.parts) else 0,
        max((part.unknown_s for part in there), default=0),
        max((part.later_s for part in there), default=0),
        max((part.missing_s for part in there), default=0),
        None,
        min((part.covered_s for part in there), default=0) if len(there) == len(made.parts) else 0,
        flags,
        tuple(lacking),
        due_s,
    )


def _lacks(part: Rollup, due_s: int) -> bool:
    """Whether not all of it is known. `due_s`: of the part whose log is the longest."""
    return bool(part.unknown_s or part.missing_s or part.lacking or part.due_s < due_s)


def share(part: Rollup | None, of: Rollup | None) -> Decimal | None:
    """How much of one the other is, 1 = all; None where that says nothing."""
    if part is None or of is None or part.consumption is None or not of.consumption:
        return None
    return part.consumption / of.consumption
