"""What the programmes will make of each point: a timeline of the time to come. Pure.

It decides as the arbiter does among programmes alone: the lowest slot is heard, in it the smallest rank
(bookings before an exception before a period before a default, save an exception that stands above bookings),
then the declared priority, then the order of the files. People and rules are not in it: what they will ask
for nobody knows beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from config.language import Text
from config.plan.devices import Source
from config.plan.places import Booking
from config.plan.programmes import Programme
from config.plan.reading import Value
from config.plan.site import Plan
from schedules.context import Context
from schedules.programme import HORIZON_DAYS, Rank, Stretch, course

_DAY_MS = 86_400_000


class Window(NamedTuple):
    """Whole local days, [start, end)."""

    first: date
    days: int
    start_ms: int
    end_ms: int

    @classmethod
    def of(cls, context: Context, first: date, days: int) -> Window:
        """`days` local days from `first` on."""
        midnight = context.local.midnight
        return cls(first, days, midnight(first), midnight(first + timedelta(days=days)))

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.days)]


class Heard(NamedTuple):
    """What one programme asks of a point."""

    programme: Programme
    value: Value | None
    """None releases the slot."""
    rank: Rank
    source: Source
    reason: Text


class Span(NamedTuple):
    """[start, end) in which the same programmes ask for the same."""

    start_ms: int
    end_ms: int
    value: Value | None
    """None: nobody asks for a value."""
    winner: Heard | None
    hidden: tuple[Heard, ...]
    """The others that ask and are not heard, in the order in which they would be."""
    change_ms: int | None
    """When the value next differs; None = not within HORIZON_DAYS after the window."""
    began_ms: int | None = None
    """When it began, be it before the window; None = more than two days before."""
    over_ms: int | None = None
    """When it is over, be it after the window; None = not within HORIZON_DAYS."""


class Timeline(NamedTuple):
    """The time to come of all points that the same programmes aim at."""

    points: tuple[int, ...]
    """Point ids."""
    programmes: tuple[Programme, ...]
    spans: tuple[Span, ...]
    """The whole window, in order and without a gap."""

    def asking(self) -> tuple[Programme, ...]:
        """Those of the programmes that ask at any time of the window, be they heard or not."""
        asking = {
            heard.programme.id
            for span in self.spans
            for heard in (*span.hidden, *(() if span.winner is None else (span.winner,)))
        }
        return tuple(item for item in self.programmes if item.id in asking)


class Foreseen(NamedTuple):
    """A site's time to come."""

    plan: Plan
    context: Context
    window: Window
    timelines: tuple[Timeline, ...]

    def change_announced(self, span: Span) -> bool:
        """Whether the kind of every day is known until the value next differs; else it may be on another."""
        if span.change_ms is None:
            return True
        day, last = (self.context.local.date_at(wall_ms) for wall_ms in (span.start_ms, span.change_ms))
        days = (day + timedelta(days=number) for number in range((last - day).days + 1))
        return all(self.context.calendar.kind(each).announced for each in days)


def foresee(plan: Plan, first: date, days: int, bookings: Iterable[Booking] = ()) -> Foreseen:
    """What the programmes of `plan` will ask for on `days` local days from `first` on."""
    context = Context.of(plan, bookings)
    window = Window.of(context, first, days)
    return Foreseen(plan, context, window, tuple(timelines(plan.programmes, context, window)))


def timelines(programmes: Sequence[Programme], context: Context, window: Window) -> list[Timeline]:
    """What will be asked of every point that a programme aims at, in the order of the programmes."""
    before_ms = window.start_ms - 2 * _DAY_MS
    beyond_ms = window.end_ms + HORIZON_DAYS * _DAY_MS
    courses = {item.id: course(item, context, before_ms, beyond_ms) for item in programmes}
    aiming: dict[int, list[Programme]] = {}
    for programme in programmes:
        for point in programme.targets:
            aiming.setdefault(point, []).append(programme)
    alike: dict[tuple[int, ...], list[int]] = {}
    for point, found in aiming.items():
        alike.setdefault(tuple(dict.fromkeys(item.id for item in found)), []).append(point)
    made = []
    for numbers, points in alike.items():
        group = tuple(dict.fromkeys(aiming[points[0]]))
        spans = _with_changes(_spans([(item, courses[item.id]) for item in group]))
        inside = (
            span._replace(
                start_ms=max(span.start_ms, window.start_ms),
                end_ms=min(span.end_ms, window.end_ms),
                began_ms=span.start_ms if span.start_ms > before_ms else None,
                over_ms=span.end_ms if span.end_ms < beyond_ms else None,
            )
            for span in spans
            if span.start_ms < window.end_ms and span.end_ms > window.start_ms
        )
        made.append((numbers, Timeline(tuple(points), group, tuple(inside))))
    return [timeline for _, timeline in sorted(made, key=lambda item: item[0])]


def decide(asking: Sequence[Heard]) -> tuple[Heard | None, tuple[Heard, ...]]:
    """The one that is heard, and the others in the order in which they would be. A slot whose first is a
    release is empty."""
    ordered = sorted(asking, key=_order)
    slots: set[int] = set()
    for heard in ordered:
        first_of_its_slot = heard.programme.slot not in slots
        slots.add(heard.programme.slot)
        if first_of_its_slot and heard.value is not None:
            return heard, tuple(other for other in ordered if other is not heard)
    return None, tuple(ordered)


def _order(heard: Heard) -> tuple[int, int, int, int]:
    programme = heard.programme
    return programme.slot, heard.rank, programme.priority, programme.id


def _spans(courses: Sequence[tuple[Programme, list[Stretch]]]) -> Iterator[Span]:
    edges = sorted({stretch.start_ms for _, stretches in courses for stretch in stretches})
    end_ms = courses[0][1][-1].end_ms
    at = [0] * len(courses)
    for start, end in zip(edges, [*edges[1:], end_ms], strict=True):
        asking = []
        for number, (programme, stretches) in enumerate(courses):
            while stretches[at[number]].end_ms <= start:
                at[number] += 1
            stretch = stretches[at[number]]
            if stretch.asks:
                heard = Heard(programme, stretch.value, stretch.rank, stretch.source, stretch.reason)
                asking.append(heard)
        winner, hidden = decide(asking)
        yield Span(start, end, None if winner is None else winner.value, winner, hidden, None)


def _with_changes(spans: Iterator[Span]) -> list[Span]:
    """Each with when its value next differs."""
    found = list(spans)
    change_ms: int | None = None
    for number in reversed(range(len(found) - 1)):
        if found[number + 1].value != found[number].value:
            change_ms = found[number + 1].start_ms
        found[number] = found[number]._replace(change_ms=change_ms)
    return found
