"""What `check` calls hidden for good is heard on no day, whatever is drawn. The golden folder `notes-hidden`
shows what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.programmes import DayList, ExceptionEntry, Programme
from config.plan.reading import Value
from config.written.check.hidden import note_hidden
from config.written.problems import Findings
from schedules.preview import Span, Window, timelines
from schedules.programme import Rank
from tests.plans import LEVEL, PlanMaker
from tests.schedules.build import context, exception, programme

Listed = TypeVar("Listed", DayList, ExceptionEntry)
HOURS = st.sampled_from(["00:00", "06:00", "12:00", "18:00"])
LISTS = st.lists(
    st.tuples(st.builds("~".join, st.tuples(HOURS, HOURS | st.just("24:00"))), st.integers(1, 2) | st.none()),
    max_size=4,
)
WEEKS = st.one_of(
    st.fixed_dictionaries({"everyday": LISTS}),
    st.fixed_dictionaries({"workday": LISTS, "dayoff": LISTS}, optional={"everyday": LISTS}),
    st.dictionaries(st.sampled_from(["everyday", "workday", "holiday", "saturday"]), LISTS, max_size=3),
)
EXCEPTIONS = st.lists(
    st.builds(
        lambda like, own, cut: exception("2026-09-29..2026-09-30", like, () if like else own, cut),
        st.none() | st.sampled_from(["everyday", "holiday", "workday"]),
        LISTS,
        st.booleans(),
    ),
    max_size=1,
)
DATES = st.sampled_from([None, None, None, "2026-09-28..2026-09-30"])


def placed(programmes: Sequence[Programme]) -> list[Programme]:
    """By number, each entry on a line of its own."""
    lines = iter(range(1, 1000))

    def apart(listed: Listed) -> Listed:
        own = (replace(period, source=Source("lighting.yaml", next(lines), 7)) for period in listed.periods)
        return replace(listed, periods=tuple(own))

    return [
        replace(
            item,
            id=number,
            source=Source("lighting.yaml", next(lines), 1),
            week=tuple(map(apart, item.week)),
            exceptions=tuple(map(apart, item.exceptions)),
        )
        for number, item in enumerate(programmes)
    ]


def noted(programmes: Sequence[Programme]) -> set[Source]:
    """The places that are called hidden for good."""
    maker, findings = PlanMaker(), Findings()
    maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    note_hidden(programmes, {0: maker.build().points[0]}, findings)
    return {at for at, said in findings.notes() if "hidden for good" in said.message}


def heard(span: Span) -> Source | None:
    """Who is heard, be it a value or a release: its period, or the programme where that is its default."""
    first = span.winner or next(iter(span.hidden), None)
    if first is None:
        return None
    return first.programme.source if first.rank is Rank.DEFAULT else first.source


def drawn(*given: object) -> Programme:
    week, default, asks, exceptions, effective, priority = given
    return programme(
        week,  # type: ignore[arg-type]
        default=default if asks else None,  # type: ignore[arg-type]
        has_default=bool(asks),
        exceptions=exceptions,  # type: ignore[arg-type]
        effective=effective,  # type: ignore[arg-type]
        priority=priority,  # type: ignore[arg-type]
    )


PROGRAMMES = st.builds(
    drawn,
    WEEKS,
    st.none() | st.just(9),
    st.booleans(),
    EXCEPTIONS,
    DATES,
    st.sampled_from([10, 10, 5]),
)
ALWAYS: dict[str, list[tuple[str, Value | None]]] = {"everyday": [("06:00~18:00", 1), ("18:00~06:00", 2)]}
CUT = [exception("2026-09-29", "everyday", (), from_midnight=True)]


@settings(max_examples=60)
@given(st.lists(PROGRAMMES, min_size=2, max_size=2))
@example([programme(ALWAYS), programme(ALWAYS, default=9)])
@example([programme(ALWAYS, exceptions=CUT), programme({"everyday": [("00:00~06:00", 1)]}, default=9)])
def test_nobody_hears_on_any_day_what_is_hidden_for_good(programmes: list[Programme]) -> None:
    programmes = placed(programmes)
    hidden, place = noted(programmes), context()
    if not hidden:
        return
    # Workdays, a feast and a make-up day, and the dates of the exceptions.
    for timeline in timelines(programmes, place, Window.of(place, date(2026, 9, 24), 14)):
        assert not hidden & {heard(span) for span in timeline.spans}


def test_what_is_hidden_is_found() -> None:
    upper = programme(ALWAYS, default=9)
    lower = programme({"workday": [("08:00-12:00", 1)]}, default=9)
    first, second = placed([upper, lower])
    assert noted([first, second]) == {second.source, second.week[0].periods[0].source}
