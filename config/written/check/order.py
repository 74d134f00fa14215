"""What rests on what: an order without circles, and the circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

DEEPEST = 20
"""Steps that names may lead on, one to the next; more is a slip."""
_MOST_CIRCLES = 20


def ordered(graph: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """(names, each after all it leads to; circles as [a, b, …, a], each leading to the next).

    What is in a circle, or leads into one, is in no order.
    """
    left = {name: list(others) for name, others in graph.items()}
    circles: list[list[str]] = []
    lost: set[str] = set()
    while len(circles) < _MOST_CIRCLES:
        try:
            names = list(TopologicalSorter(left).static_order())
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            first = min(circle[:-1], key=list(graph).index)
            turned = circle[:-1].index(first)
            circles.append([*circle[turned:-1], *circle[:turned], first])
            lost.update(circle)
            for name in circle:
                left[name] = []
            continue
        for name in names:
            if not lost.isdisjoint(graph.get(name, ())):
                lost.add(name)
        return [name for name in names if name not in lost], circles
    return [], circles


def heights(names: Iterable[str], graph: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """How many steps each leads on at most; `names` in order."""
    found: dict[str, int] = {}
    for name in names:
        found[name] = 1 + max((found.get(other, 0) for other in graph.get(name, ())), default=-1)
    return found
