"""Sums of meters, down to the meters that are logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from config.language import Text, text
from config.plan.devices import Source
from config.plan.metering import Part, VirtualMeter
from config.written.check.order import DEEPEST, heights, ordered
from config.written.lower.meters import Logged, Meters
from config.written.model.meters import MeterWritten
from config.written.named import Named
from config.written.problems import Findings, listing

MOST_PARTS = 20_000
"""Parts of all sums together."""


@dataclass(frozen=True, slots=True)
class Term:
    """A meter as it stands in a sum, and where."""

    meter: str
    sign: Literal[1, -1]
    at: Source


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum: as written, and worked down to logged meters."""

    named: Named[MeterWritten]
    terms: tuple[Term, ...]
    leaves: Mapping[str, int]
    """Logged meter → 1 or -1; of one that is there twice, the first."""
    counts: Logged


def lower_sums(meters: Meters, findings: Findings) -> dict[str, Sum]:
    """Every sum by name that is whole; tells circles, unknown parts and mixed units."""
    terms: dict[str, list[Term] | None] = {}
    parts = 0
    for name, named in meters.sums.items():
        terms[name] = _terms(named, meters, findings)
        parts += len(terms[name] or ())
        if _too_many(parts, named, findings):
            return {}
    graph = {
        name: [term.meter for term in found or () if term.meter in meters.sums]
        for name, found in terms.items()
    }
    names, circles = ordered(graph)
    for circle in circles:
        at = next(term.at for term in terms[circle[0]] or () if term.meter == circle[1])
        findings.problem(
            at, text('"{name}" is a part of itself: {path}', name=circle[0], path=" → ".join(circle))
        )
    deep = heights(names, graph)
    made: dict[str, Sum] = {}
    parts = 0
    for name in names:
        named, found = meters.sums[name], terms[name]
        if deep[name] > DEEPEST:
            if deep[name] == DEEPEST + 1:
                findings.problem(
                    named.entry.at, text("more than {limit} sums rest on each other", limit=DEEPEST)
                )
            continue
        if not found or any(term.meter in meters.sums and term.meter not in made for term in found):
            continue
        leaves = _leaves(found, made)
        parts += len(leaves)
        if _too_many(parts, named, findings):
            break
        counts = _counts(found, made, meters, findings)
        made[name] = Sum(named, tuple(found), leaves, counts)
    return made


def _too_many(parts: int, named: Named[MeterWritten], findings: Findings) -> bool:
    if parts > MOST_PARTS:
        findings.problem(
            named.entry.at, text("the sums have more than {limit} parts together", limit=MOST_PARTS)
        )
    return parts > MOST_PARTS


def virtual(found: Sum) -> VirtualMeter:
    """The record of a sum."""
    return VirtualMeter(
        name=found.named.name,
        label=found.named.written.label or found.named.name,
        quantity=found.counts.quantity,
        unit=found.counts.unit,
        parts=tuple(Part(meter, 1 if sign > 0 else -1) for meter, sign in found.leaves.items()),
        source=found.named.entry.at,
    )


def _terms(named: Named[MeterWritten], meters: Meters, findings: Findings) -> list[Term] | None:
    """The parts as written, tags expanded; None when one of them is at fault."""
    found: list[Term] = []
    whole = named.entry.whole("sum") and named.entry.whole("minus")
    signed: tuple[tuple[str, Literal[1, -1]], ...] = (("sum", 1), ("minus", -1))
    for key, sign in signed:
        for index, item in enumerate(getattr(named.written, key) or ()):
            path: list[object] = [key, index]
            if "tag" in item:
                at = named.entry.place([*path, "tag"])
                tagged = meters.tagged(item["tag"], at)
                found += [Term(meter, sign, at) for meter in tagged]
                whole = whole and bool(tagged)
                if tagged:
                    findings.expansion(
                        at,
                        text(
                            'tag "{tag}" of meter "{meter}" stands for {meters}',
                            tag=item["tag"],
                            meter=named.name,
                            meters=listing(tagged),
                        ),
                    )
                continue
            at = named.entry.place(path)
            meter = meters.find(item["name"], at, tags=True)
            if meter is None:
                whole = False
            else:
                found.append(Term(meter, sign, at))
    return found if whole and named.written.sum is not None else None


def _leaves(terms: list[Term], made: Mapping[str, Sum]) -> dict[str, int]:
    leaves: dict[str, int] = {}
    for term in terms:
        for meter, sign in leaves_of(term.meter, made).items():
            leaves.setdefault(meter, sign * term.sign)
    return leaves


def leaves_of(meter: str, made: Mapping[str, Sum]) -> Mapping[str, int]:
    """The logged meters in a meter; itself if it is one."""
    return made[meter].leaves if meter in made else {meter: 1}


def _counts(terms: list[Term], made: Mapping[str, Sum], meters: Meters, findings: Findings) -> Logged:
    """What the first part counts, and so must the others."""
    first, *others = terms
    counts = counts_of(first.meter, made, meters)
    for term in others:
        tell_mixed(term.meter, first.meter, term.at, made, meters, findings)
    return counts


def counts_of(meter: str, made: Mapping[str, Sum], meters: Meters) -> Logged:
    return made[meter].counts if meter in made else meters.logged[meter]


def tell_mixed(
    meter: str, other: str, at: Source, made: Mapping[str, Sum], meters: Meters, findings: Findings
) -> None:
    """Tell two meters that do not count the same."""
    one, two = counts_of(meter, made, meters), counts_of(other, made, meters)
    if (one.quantity, one.unit) != (two.quantity, two.unit):
        findings.problem(
            at,
            text(
                '"{meter}" counts {quantity} in {unit}, "{other}" counts {others} in {others_unit}',
                meter=meter,
                quantity=Text(one.quantity),
                unit=one.unit,
                other=other,
                others=Text(two.quantity),
                others_unit=two.unit,
            ),
        )
