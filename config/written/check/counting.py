"""Whether anything is counted twice in a sum of meters, directly or along the tree of submeters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from config.language import Text, text
from config.plan.devices import Source
from config.written.problems import Findings


class Item(NamedTuple):
    """A meter as it stands in a sum: the logged meters in it, each with its sign."""

    meter: str
    at: Source
    leaves: Mapping[str, int]


class Seen(NamedTuple):
    """Where a logged meter came into the sum."""

    sign: int
    item: Item


def check_counting(
    items: Iterable[Item],
    above: Callable[[str], Iterable[str]],
    findings: Findings,
    *,
    below: str = "",
) -> None:
    """Tell each item that counts again what is counted already.

    `above`: the logged meters next upstream of a logged one. `below`: the items are what hangs below this
    meter, not a sum somebody wrote.
    """
    seen: dict[str, Seen] = {}
    for item in items:
        shared = [meter for meter in item.leaves if meter in seen]
        # What hangs below may be "all but this" and this: together they are all, once.
        even = [meter for meter in shared if below and item.leaves[meter] != seen[meter].sign]
        twice = next((meter for meter in shared if meter not in even), None)
        if twice is not None:
            _tell(twice, item.leaves[twice] == seen[twice].sign, item, seen[twice].item, findings, below)
        for meter, sign in item.leaves.items():
            seen.setdefault(meter, Seen(sign, item))
        for meter in even:
            del seen[meter]
    told: set[Source] = set()
    for meter, (sign, item) in seen.items():
        upper = _nearest(meter, above, seen)
        if upper is None or seen[upper].sign != sign or item.at in told or findings.told(item.at):
            continue
        if seen[upper].item is item:
            continue  # both came by another sum, where it is told
        told.add(item.at)
        findings.problem(
            item.at,
            text(
                '"{meter}" is counted twice: it is below "{other}", which counts it', meter=meter, other=upper
            ),
            hint=_in_both(item, seen[upper].item)
            if item.meter != meter or seen[upper].item.meter != upper
            else None,
        )


def _nearest(meter: str, above: Callable[[str], Iterable[str]], seen: Mapping[str, Seen]) -> str | None:
    """The next meter upstream that is in the sum: what it does to this one's share is all that counts."""
    visited = {meter}
    rising = list(above(meter))
    for upper in rising:
        if upper in visited:
            continue
        visited.add(upper)
        if upper in seen:
            return upper
        rising += above(upper)
    return None


def _tell(meter: str, same_sign: bool, item: Item, first: Item, findings: Findings, below: str) -> None:
    if below:
        message = text('"{meter}" is below "{of}" twice', meter=meter, of=below)
    elif same_sign:
        message = text('"{meter}" is counted twice', meter=meter)
    else:
        message = text('"{meter}" is both added and taken away', meter=meter)
    named = item.meter == meter and first.meter == meter
    findings.problem(item.at, message, hint=None if named else _in_both(item, first))


def _in_both(item: Item, first: Item) -> Text:
    return text('it is in "{one}" and in "{other}"', one=first.meter, other=item.meter)
