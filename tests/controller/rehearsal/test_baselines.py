"""A site left alone, and the same on plain timers: what becomes of each kind of programme."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from config.plan.hourly import Heater, Irrigation, TariffShift
from config.plan.places import Booking
from config.plan.programmes import BookedPeriod, Programme
from config.plan.reading import Value
from config.plan.rules import Interlock, Level, Lighting
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.rehearsal.baselines import left_alone, time_clock
from schedules.context import Context
from schedules.programme import evaluate
from tests.controller.rehearsal import rehearsed
from tests.controller.rehearsal.parts import part
from tests.drivers.simulators import sites
from tests.schedules.build import booking

GOLDEN = Path(__file__).parents[2] / "golden"
WORKDAY, SUNDAY, HOLIDAY = date(2026, 1, 6), date(2026, 1, 11), date(2026, 1, 1)


class Asked(NamedTuple):
    """What a programme asks for at some hours of a day."""

    plan: Plan
    bookings: tuple[Booking, ...] = ()

    def at(self, name: str, day: date, *hours: float) -> list[Value | None]:
        return self._asked(self.named(name), day, hours)

    def of(self, equipment: str, role: str, day: date, *hours: float) -> list[Value | None]:
        """The same of what aims at an equipment's point."""
        roles = next(dict(item.roles) for item in self.plan.equipment if item.name == equipment)
        (programme,) = (one for one in self.plan.programmes if roles[role] in one.targets)
        return self._asked(programme, day, hours)

    def _asked(self, programme: Programme, day: date, hours: tuple[float, ...]) -> list[Value | None]:
        context = Context.of(self.plan, self.bookings)
        midnight = context.local.midnight(day)
        return [evaluate(programme, context, midnight + round(hour * 3_600_000)).value for hour in hours]

    def named(self, name: str) -> Programme:
        return next(one for one in self.plan.programmes if one.name == name)


def compound() -> tuple[Asked, Asked]:
    plan, _ = sites.example("shuangliu")
    return Asked(left_alone(plan)), Asked(time_clock(plan, Context.of(plan), HOLIDAY, 31))


def test_lamps_are_full_while_somebody_may_have_left_them_on() -> None:
    left, timed = compound()
    hours = (7.5, 9, 13, 20, 22.5)
    assert left.at("corridor-lights", WORKDAY, *hours) == [10, 100, 100, 100, 10]
    assert timed.at("corridor-lights", WORKDAY, *hours) == [10, 100, 100, 10, 10]
    assert left.at("corridor-lights", SUNDAY, 9) == timed.at("corridor-lights", SUNDAY, 9) == [10]


def test_timers_know_of_no_holiday() -> None:
    left, timed = compound()
    assert timed.at("cooking-permit", HOLIDAY, 5.5, 7) == [False, True], "cooks do"
    assert HOLIDAY.strftime("%A") == "Thursday"
    assert left.at("corridor-lights", HOLIDAY, 9) == [10]
    assert timed.at("corridor-lights", HOLIDAY, 9) == [100]


def test_streets_are_lit_from_dusk_to_dawn_and_by_timers_at_fixed_quarters() -> None:
    left, timed = compound()
    hours = (3, 12, 19, 23.5)
    for asked in (left, timed):
        assert asked.at("street-lights", WORKDAY, *hours) == [100, 0, 100, 100]
    marks = {
        mark
        for one in timed.named("street-lights").week
        for period in one.periods
        for mark in (period.start, period.end)
    }
    assert all(mark.base == "clock" and mark.seconds % 900 == 0 for mark in marks)


def test_heaters_panels_and_set_points_are_left_as_they_are_most_convenient() -> None:
    left, timed = compound()
    assert left.of("canteen-drinking-1", "heater_permit", SUNDAY, 3, 12) == [True, True]
    assert timed.of("canteen-drinking-1", "heater_permit", SUNDAY, 3, 12, 15) == [False, True, False]
    for asked in (left, timed):
        assert asked.at("hot-water", WORKDAY, 3) == [97]
        assert asked.at("supply-pressure", WORKDAY, 23) == [400_000]
        night, day = asked.at("grey-water-mode", WORKDAY, 2, 12)
        assert night == day
        assert asked.at("hall-air", WORKDAY, 3, 12) == [1, 2], "what rests is switched on by hand"
        assert asked.of("greening-valve", "open", WORKDAY, 6, 12) == [True, False]


def test_what_protects_stays_and_what_saves_goes() -> None:
    plan, _ = sites.example("shuangliu")
    for made in (left_alone(plan), time_clock(plan, Context.of(plan), HOLIDAY, 31)):
        kinds = {type(rule.spec) for rule in made.rules}
        assert Interlock in kinds
        assert Lighting not in kinds
        written = [one.targets for one in plan.programmes]
        assert [one.targets for one in made.programmes[: len(written)]] == written
        assert (made.calendar, made.tariff, made.metering) == (plan.calendar, plan.tariff, plan.metering)


@cache
def golden(name: str, *bookings: Booking) -> tuple[Asked, Asked]:
    findings = Findings()
    plan = compile_site(GOLDEN / name, findings)
    assert plan is not None
    context = Context.of(plan, bookings)
    return Asked(left_alone(plan), bookings), Asked(time_clock(plan, context, HOLIDAY, 31), bookings)


def test_boilers_under_a_rule_are_hot_always_or_by_its_hours() -> None:
    left, timed = golden("good-rules-hourly")
    assert left.of("boiler", "heater_permit", SUNDAY, 3, 12, 15) == [True, True, True]
    assert timed.of("boiler", "heater_permit", WORKDAY, 3, 12, 15, 19) == [False, True, True, False]
    assert timed.of("boiler", "heater_permit", SUNDAY, 12, 15, 18) == [True, False, True]
    assert timed.of("boiler", "heater_permit", HOLIDAY, 15) == [True], "a timer takes it for a Thursday"
    assert timed.of("urn", "permit", WORKDAY, 21, 23, 5, 7) == [False, True, True, False]


def test_irrigation_is_by_its_times_alone_one_valve_after_another() -> None:
    for asked in golden("good-rules-hourly"):
        hours = (4.4, 4.6, 5.4, 5.6, 5.8, 5.9)
        assert asked.of("green", "open", WORKDAY, *hours) == [False, True, True, False, False, False]
        assert asked.of("wall", "open", WORKDAY, *hours) == [False, False, False, True, True, False]


def test_what_shifts_with_the_tariff_fills_by_a_float_switch() -> None:
    for asked in golden("good-rules-hourly"):
        (fills,) = (rule.spec for rule in asked.plan.rules if isinstance(rule.spec, Level))
        assert (fills.band.start, fills.band.stop) == (50, 70)
        assert len(fills.then) == 2
        assert not any(isinstance(rule.spec, Heater | Irrigation | TariffShift) for rule in asked.plan.rules)


def test_rooms_are_warmed_so_long_ahead_as_the_rule_may() -> None:
    hall = booking("hall", "2026-01-11 14:00", "15:00")
    for asked in golden("good-bookings", hall):
        assert asked.of("heater", "switch", WORKDAY, 6, 7, 17.5, 23) == [False, True, True, False]
        assert asked.of("heater", "switch", SUNDAY, 11.5, 12.5, 14.5, 15.5) == [False, True, True, False]
        assert asked.of("cooler", "switch", SUNDAY, 12, 13, 15.5) == [False, True, False]


def test_what_is_booked_is_switched_by_hand_in_both() -> None:
    hall = booking("hall", "2026-01-11 14:00", "15:00")
    for asked in golden("good-bookings", hall):
        assert asked.at("hall-lamp", SUNDAY, 13, 13.5, 15.2, 15.5) == [False, True, True, False]
    context = Context.of(golden("good-bookings")[0].plan)
    plan, _ = sites.example("shuangliu")
    lights = next(one for one in plan.programmes if one.name == "corridor-lights")
    place = replace(lights.week[0].periods[0], value=40)
    dim = BookedPeriod("hall", "", 0, 0, 40, place.source)
    dimmed = replace(plan, programmes=(replace(lights, bookings=(dim,)),))
    for made in (left_alone(dimmed), time_clock(dimmed, context, HOLIDAY, 31)):
        assert [booked.value for booked in made.programmes[0].bookings] == [100]


def test_lamps_left_alone_use_more_than_by_their_programme() -> None:
    plan, facts = part("corridor-1")
    programmes, alone, timed = (
        float(sum(used.total for used in rehearsed.of(one, facts, cycle_s=60).consumption.used.values()))
        for one in (plan, left_alone(plan), time_clock(plan, Context.of(plan), rehearsed.DAY, 1))
    )
    assert programmes < timed < alone


def test_a_programme_without_a_week_is_as_it_was() -> None:
    plan, _ = sites.example("minimal")
    bare = replace(plan, programmes=tuple(replace(one, week=()) for one in plan.programmes))
    assert [one.default for one in left_alone(bare).programmes] == [one.default for one in bare.programmes]
