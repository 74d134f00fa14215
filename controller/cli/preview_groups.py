"""What a preview shows: points that go alike under one heading, and the choice among them by a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from config.plan.points import Point
from config.plan.programmes import Programme
from config.plan.reading import Value
from config.plan.site import Plan
from controller.cli.preview_days import Course, by_days
from controller.cli.preview_words import title, values_of
from controller.decide.naming import Naming
from controller.operations.finding import folded
from schedules.preview import Foreseen, Timeline


class Group(NamedTuple):
    """Points that the same programmes command."""

    title: str
    points: tuple[Point, ...]
    names: tuple[str, ...]
    """Of the points, by which commands take them."""
    programmes: tuple[Programme, ...]
    """Those that ask in the window; all of them where none does."""
    timeline: Timeline
    course: Course
    known: list[Value]
    """Every value that is asked in the window, in order."""

    @property
    def point(self) -> Point:
        """Any of them: their values are alike."""
        return self.points[0]


def groups(foreseen: Foreseen, only: str | None) -> list[Group]:
    """All, or those that `only` names; in order of the programmes."""
    called = names_of(foreseen.plan)
    return [
        Group(
            title(timeline.asking() or timeline.programmes),
            points,
            tuple(called[point.key] for point in points),
            timeline.asking() or timeline.programmes,
            timeline,
            by_days(timeline, foreseen.window, foreseen.context.local),
            values_of(span.value for span in timeline.spans),
        )
        for timeline, points in _chosen(foreseen, Names(foreseen.plan, only))
    ]


def _chosen(foreseen: Foreseen, names: Names) -> Iterator[tuple[Timeline, tuple[Point, ...]]]:
    for timeline in foreseen.timelines:
        points = tuple(foreseen.plan.points[number] for number in timeline.points)
        if not any(names.programme(item) for item in timeline.programmes):
            points = tuple(point for point in points if names.point(point))
        if points:
            yield timeline, points


def names_of(plan: Plan) -> dict[str, str]:
    """What every point is called on a command line, by its key: its equipment's name alone where it is that
    one's main command."""
    owners = {item.primary: item.name for item in plan.equipment}
    return {point.key: owners.get(point.id, point.key) for point in plan.points}


class Names:
    """Whether something is called as was asked for: its name or label holds it. Case, spaces and full-width
    forms make no difference; None is everything."""

    def __init__(self, plan: Plan, only: str | None) -> None:
        self._wanted = None if only is None else folded(only)
        self._naming = Naming(plan)
        self._roles: dict[int, list[str]] = {}
        for item in plan.equipment:
            for role, point in item.roles:
                self._roles.setdefault(point, []).append(f"{item.name}.{role}")

    def programme(self, programme: Programme) -> bool:
        return self._holds(programme.name, programme.label)

    def point(self, point: Point) -> bool:
        return self._holds(point.key, self._naming.label(point), *self._roles.get(point.id, ()))

    def _holds(self, *names: str) -> bool:
        return self._wanted is None or any(self._wanted in folded(name) for name in names)
