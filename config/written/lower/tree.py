"""Which meter hangs below which."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from config.language import text
from config.plan.devices import Source
from config.plan.metering import Submeter
from config.written.check.counting import Item, check_counting
from config.written.check.order import DEEPEST, heights, ordered
from config.written.lower.meters import Meters
from config.written.lower.sums import Sum, leaves_of, tell_mixed
from config.written.problems import Findings


def lower_tree(meters: Meters, sums: Mapping[str, Sum], findings: Findings) -> tuple[Submeter, ...]:
    """Every submeter; tells circles, mixed units, and what a sum or a remainder would count twice."""
    found = _submeters(meters, sums, findings)
    parents = {item.meter: item.of for item in found}
    if not _is_tree(found, meters, sums, findings):
        return ()
    above = _Above(parents, sums).above
    for made in sums.values():
        terms = (
            Item(term.meter, term.at, _signed(leaves_of(term.meter, sums), term.sign)) for term in made.terms
        )
        check_counting(terms, above, findings)
    below: dict[str, list[Item]] = {}
    for item in found:
        below.setdefault(item.of, []).append(
            Item(item.meter, _at(meters, item.meter), _signed(leaves_of(item.meter, sums), -1))
        )
    for of, items in below.items():
        check_counting(items, above, findings, below=of)
    return tuple(found)


def _signed(leaves: Mapping[str, int], sign: int) -> dict[str, int]:
    return {meter: own * sign for meter, own in leaves.items()}


def _at(meters: Meters, meter: str) -> Source:
    return meters.written.meters[meter].entry.place(["submeter_of"])


def _submeters(meters: Meters, sums: Mapping[str, Sum], findings: Findings) -> list[Submeter]:
    found = []
    for named in meters.written.meters.values():
        of = named.written.submeter_of
        if of is None:
            continue
        at = _at(meters, named.name)
        parent = meters.find(of, at)
        whole = all(meter in meters.logged or meter in sums for meter in (named.name, parent))
        if parent is None or not whole:
            continue
        tell_mixed(named.name, parent, at, sums, meters, findings)
        if parent in sums:
            inside = leaves_of(named.name, sums)
            away = next((leaf for leaf in inside if sums[parent].leaves.get(leaf, 1) < 0), None)
            if away is not None:
                findings.problem(
                    at, text('"{meter}" is taken away in "{of}": it is not below it', meter=away, of=parent)
                )
                continue
        found.append(Submeter(named.name, parent, named.entry.at))
    return found


def _is_tree(found: list[Submeter], meters: Meters, sums: Mapping[str, Sum], findings: Findings) -> bool:
    """Whether no meter is below itself, a sum being where its parts are."""
    parents = {item.meter: item.of for item in found}
    graph = {
        meter: [
            *([parents[meter]] if meter in parents else []),
            *(leaf for leaf, sign in (sums[meter].leaves.items() if meter in sums else ()) if sign > 0),
        ]
        for meter in {**parents, **dict.fromkeys(parents.values()), **_plus(sums)}
    }
    names, circles = ordered(graph)
    for circle in circles:
        lowest = next(
            number for number, meter in enumerate(circle) if parents.get(meter) == circle[number + 1]
        )
        turned = [*circle[lowest:-1], *circle[: lowest + 1]]
        findings.problem(
            _at(meters, turned[0]),
            text('"{meter}" is below itself: {path}', meter=turned[0], path=" → ".join(turned)),
            hint=text("what a sum is made of is not below the sum") if set(circle) & set(sums) else None,
        )
    deep = heights(names, graph)
    over = next((item for item in found if deep.get(item.meter, 0) > DEEPEST), None)
    if over is not None:
        findings.problem(over.source, text("more than {limit} meters hang below each other", limit=DEEPEST))
    return not circles and over is None


def _plus(sums: Mapping[str, Sum]) -> dict[str, None]:
    return dict.fromkeys(leaf for made in sums.values() for leaf, sign in made.leaves.items() if sign > 0)


class _Above:
    """The logged meters next upstream of each: a virtual parent stands for what it adds up."""

    def __init__(self, parents: Mapping[str, str], sums: Mapping[str, Sum]) -> None:
        self._parents = parents
        self._sums = sums
        self._holders: dict[str, list[str]] = {}
        for name, made in sums.items():
            if name in parents and all(sign > 0 for sign in made.leaves.values()):
                for leaf in made.leaves:
                    self._holders.setdefault(leaf, []).append(name)
        self.above = cache(self._above)

    def _above(self, meter: str) -> tuple[str, ...]:
        of = [
            self._parents[holder]
            for holder in (meter, *self._holders.get(meter, ()))
            if holder in self._parents
        ]
        found: dict[str, None] = {}
        for parent in of:
            if parent not in self._sums:
                found[parent] = None
                continue
            found.update(dict.fromkeys(leaf for leaf, sign in self._sums[parent].leaves.items() if sign > 0))
            found.update(dict.fromkeys(self.above(parent)))
        found.pop(meter, None)
        return tuple(found)
