"""Boilers: hot in their hours, flushed before, off outside; heat stored before dear hours, spared in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.controller.decide.rules.day import TARIFF, Day
from tests.schedules.build import at

BOILER = """
  boiler: {kind: water-purifier, label: 开水机, heater_permit: tea.heater_permit, flush: tea.flush,
    temperature: tea.temperature}
  urn: {kind: heater, label: 电热桶, permit: relays.ch4}
"""
HOURS = """
  hot: {kind: heater, boilers: boiler, wanted: {workday: "06:30-18:30"}, untrusted_clock: off,
    keep: {low: 86 °C, high: 92 °C}, warm_up: 60 min, per_degree: 40 s,
    top_up: {before: [peak], within: 45 min, to: 96 °C, least: 83 °C},
    flush: {for: 3 min, after: 6 h}, on_bad_input: trip}
"""
URN = """
  hot: {kind: heater, boilers: urn, wanted: {workday: "06:30-18:30"}, when: more.di1 is active for 1 min,
    untrusted_clock: %s, warm_up: 20 min, on_bad_input: hold 5 min then release}
"""


def boiler(begin: str = "2026-03-05 05:00", degrees: float | None = 60.0, rule: str = HOURS) -> Day:
    return Day(rule, BOILER + TARIFF, begin, tea_temperature=degrees)


def heat(day: Day) -> bool | None:
    found = day.asked("boiler.heater_permit")
    assert found is None or found[1] == 13
    return None if found is None else bool(found[0])


def flush(day: Day) -> bool:
    found = day.asked("boiler.flush")
    assert found in (None, (True, 10))
    return found is not None


def test_it_begins_as_long_before_its_hours_as_it_needs_flushed_first() -> None:
    day = boiler()
    # 32 K at 40 s each and 3 min of flushing: 24 min 20 s before half past six.
    assert (heat(day.till("06:05:39")), flush(day)) == (False, False)
    assert (heat(day.run(1)), flush(day)) == (False, True)
    assert day.why("boiler.heater_permit") == "not before it has been flushed"
    assert (heat(day.till("06:08:39")), flush(day)) == (False, True)
    assert (heat(day.run(1)), flush(day)) == (True, False)
    assert day.why("boiler.heater_permit") == "hot water is wanted: heating"


def test_it_wakes_for_that_by_itself() -> None:
    day = boiler("2026-03-05 06:00")
    wake_ms = day.rig.wake_ms()
    assert wake_ms is not None
    assert wake_ms <= at("2026-03-05 06:05:40")
    assert day.rig.engine._rules.wake_hour_ms() == at("2026-03-05 06:05:40")


@pytest.mark.parametrize(
    ("degrees", "begins"), [(92.0, "06:27:00"), (90.0, "06:25:40"), (10.0, "05:32:20"), (None, "05:27:00")]
)
def test_a_colder_boiler_begins_earlier_and_one_that_cannot_be_read_first(
    degrees: float | None, begins: str
) -> None:
    day = boiler(degrees=degrees)
    lead_s = (at(f"2026-03-05 {begins}") - day.rig.clock.now().wall_ms) / 1000
    assert not flush(day.run(lead_s - 1))
    assert flush(day.run(1))


def test_what_has_begun_to_warm_up_is_not_broken_off() -> None:
    day = boiler().till("06:10")
    assert heat(day) is True
    assert heat(day.set(tea_temperature=91.0).run(60)) is True, "the band has two ends"
    assert heat(day.set(tea_temperature=92.1).run(60)) is False
    assert day.why("boiler.heater_permit") == "hot enough"


def test_in_its_hours_it_keeps_the_band_and_outside_it_is_off() -> None:
    day = boiler("2026-03-05 08:00", 90.0).run(300)
    courses = [(90.0, False), (85.9, True), (90.0, True), (92.0, True), (92.1, False), (86.0, False)]
    assert [heat(day.set(tea_temperature=degrees).run(60)) for degrees, _ in courses] == [
        on for _, on in courses
    ]
    assert heat(day.set(tea_temperature=50.0).till("18:29:59")) is True
    assert heat(day.run(1)) is False
    assert day.why("boiler.heater_permit") == "no hot water is wanted"


def test_heat_is_stored_before_dear_hours_and_spared_in_them() -> None:
    day = boiler("2026-03-05 08:00", 90.0)
    assert heat(day.till("09:14:59")) is False
    assert heat(day.run(1)) is True, "45 min before ten"
    assert day.why("boiler.heater_permit") == "stores heat before dear hours"
    assert heat(day.set(tea_temperature=96.1).run(60)) is False
    assert heat(day.set(tea_temperature=91.0).run(60)) is True
    assert heat(day.till("09:59:59")) is True
    assert heat(day.run(1)) is False
    assert heat(day.set(tea_temperature=83.0).run(60)) is False
    assert heat(day.set(tea_temperature=82.9).run(60)) is True
    assert day.why("boiler.heater_permit") == "too cold, even for dear hours"
    assert heat(day.set(tea_temperature=86.1).run(60)) is False
    assert heat(day.set(tea_temperature=85.0).till("12:00")) is True, "flat again: the usual band"


def test_what_is_wanted_in_dear_hours_is_hot_before_they_begin() -> None:
    rule = HOURS.replace("06:30-18:30", "10:20-12:00")
    day = boiler("2026-03-05 08:00", 62.0, rule)
    # 30 K at 40 s and 3 min before ten rather than before twenty past.
    assert not flush(day.till("09:36:59"))
    assert flush(day.run(1))
    assert heat(day.till("09:41")) is True
    assert heat(day.set(tea_temperature=96.1).till("10:10")) is False
    assert heat(day.set(tea_temperature=82.0).run(60)) is True, "it goes on until they begin"


def test_it_is_flushed_once_a_day_and_after_it_has_stood() -> None:
    rule = HOURS.replace('"06:30-18:30"', '["06:30-08:00", "09:00-10:00", "16:30-18:00"]')
    day = boiler("2026-03-05 06:00", 92.0, rule)
    flushes = []
    before = False
    while day.rig.clock.now().wall_ms < at("2026-03-06 07:00"):
        now = flush(day.run(60))
        if now and not before:
            flushes.append(day.rig.context.local.date_at(day.rig.clock.now().wall_ms).day)
        before = now
    # Six hours have passed between ten and half past four, one between eight and nine.
    assert flushes == [5, 5, 6]


def test_a_holiday_has_its_own_hours() -> None:
    day = boiler("2026-03-07 05:00", 60.0)
    assert heat(day.till("2026-03-07 12:00", 600)) is False
    assert not flush(day)


def test_a_condition_wants_it_too() -> None:
    day = Day(URN % "off", BOILER + TARIFF, "2026-03-05 19:00")
    assert day.asked("urn.permit") == (False, 13)
    assert day.set(more_di1=True).run(60).asked("urn.permit") == (False, 13)
    assert day.run(61, by=1).asked("urn.permit") == (True, 13)
    assert day.set(more_di1=None).run(240).asked("urn.permit") == (True, 13)
    assert day.run(120).asked("urn.permit") is None, "released"
    assert day.till("2026-03-06 06:30").asked("urn.permit") == (True, 13), "its hours need no condition"


def test_with_a_clock_that_cannot_be_trusted_it_does_as_declared() -> None:
    for way, on in (("on", True), ("off", False)):
        day = Day(URN % way, BOILER + TARIFF, "2026-03-05 12:00")
        assert day.asked("urn.permit") == (True, 13)
        assert day.distrust().run(1).asked("urn.permit") == (on, 13)
        assert day.distrust(trusted=True).run(1).asked("urn.permit") == (True, 13)


def test_a_clock_that_is_put_right_moves_the_hours_at_once() -> None:
    day = Day(URN % "off", BOILER + TARIFF, "2026-03-05 12:00")
    day.rig.clock.set_wall(at("2026-03-05 20:00"))
    assert day.run(1).asked("urn.permit") == (False, 13)
    day.rig.clock.set_wall(at("2026-03-05 18:29:30"))
    assert day.run(1).asked("urn.permit") == (True, 13)
    # A small step is not put right in what is remembered, but hours are as the wall has them.
    day.rig.clock.set_wall(at("2026-03-05 18:30:05"))
    assert day.run(1).asked("urn.permit") == (False, 13)


@pytest.mark.parametrize(
    ("way", "later"), [("trip", False), ("release", None), ("hold 5 min then release", True)]
)
def test_a_temperature_that_cannot_be_read(way: str, later: bool | None) -> None:
    rule = HOURS.replace("on_bad_input: trip", f"on_bad_input: {way}")
    day = boiler("2026-03-05 12:30", 80.0, rule).run(300)
    assert heat(day) is True
    assert heat(day.set(tea_temperature=None).run(240)) is later
    assert heat(day.set(tea_temperature=95.0).run(60)) is False


def test_each_boiler_has_a_hold_of_its_own() -> None:
    vat = "  vat: {kind: heater, label: 保温桶, permit: relays.ch5, temperature: plant.water_temperature}\n"
    rule = """
  hot: {kind: heater, boilers: [boiler, vat], when: not more.di1 is active, keep: {low: 40 °C, high: 50 °C},
    on_bad_input: hold 5 min then release}
"""
    day = Day(rule, BOILER + vat, tea_temperature=30.0, plant_water_temperature=30.0).run(60)
    day.set(tea_temperature=None).run(240).set(plant_water_temperature=None).run(120)
    assert day.asked("boiler.heater_permit") is None
    assert day.asked("vat.permit") == (True, 13)
    assert day.run(240).asked("vat.permit") is None


def test_a_flush_goes_on_over_a_restart_and_is_not_given_twice() -> None:
    day = boiler().till("06:05:40").till("06:07")
    given: list[str] = []
    day.note = lambda write: given.append(day.rig.plan.points[write.point].key)  # type: ignore[method-assign]
    day.restart()
    day.step()
    assert (heat(day), flush(day)) == (False, True)
    assert (heat(day.till("06:08:39")), flush(day)) == (False, True)
    assert (heat(day.run(1)), flush(day)) == (True, False)
    assert "tea.flush" not in given


MOVES = st.lists(
    st.tuples(
        st.integers(1, 240),
        st.sampled_from([20.0, 60.0, 85.0, 90.0, 95.0, None]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=10,
)


@given(MOVES)
@settings(max_examples=10)
def test_it_never_heats_what_was_not_flushed_that_day(
    moves: list[tuple[int, float | None, bool, bool]],
) -> None:
    day = boiler("2026-03-05 04:00")
    flushed: set[int] = set()
    running = 0
    for minutes, degrees, again, trusted in moves:
        day.set(tea_temperature=degrees).distrust(trusted=trusted)
        if again:
            day.restart()
        for _ in range(minutes):
            day.run(60)
            running = running + 1 if flush(day) else 0
            today = day.rig.context.local.date_at(day.rig.clock.now().wall_ms).day
            if running >= 3:
                flushed.add(today)
            if heat(day):
                assert not running
                assert flushed
                if trusted:
                    assert today in flushed
