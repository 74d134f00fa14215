"""What an edit changes: by hand where it can be reckoned, and of any two sets of programmes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.equipment import Equipment
from config.plan.points import Command
from config.plan.programmes import CalendarPlan, Programme
from config.plan.site import Plan
from config.plan.tariff import Tariff, TariffSeason, TariffSpan
from schedules.changes import Changes, Sums, compare
from schedules.energy import Amount, Counted
from schedules.preview import Foreseen, foresee
from tests.plans import LEVEL, SHUANGLIU, SWITCH, PlanMaker
from tests.schedules.build import entry, exception, local, programme
from tests.schedules.drawn import Drawn, places_with_programmes

THURSDAY = date(2026, 3, 5)
HOUR_S = 3600
PEAK = Tariff(
    name="t",
    label="t",
    document="",
    since="2025-01-01",
    seasons=(TariffSeason(tuple(range(1, 13)), (), (TariffSpan(10 * HOUR_S, 12 * HOUR_S, "peak"),)),),
    factors=(("peak", 2.0), ("flat", 1.0)),
    flat_price=0.5,
    by_period=True,
)
MODE = ((0, "off"), (1, "auto"))


def lamp(
    *programmes: Programme,
    kind: str = "lamp-group",
    role: str = "level",
    command: Command = LEVEL,
    unit: str = "%",
    states: tuple[tuple[int, str], ...] = (),
    rated_kw: float | None = 10.0,
    tariff: Tariff | None = None,
    calendar: CalendarPlan | None = None,
) -> Plan:
    """One point, `lamp.level`, main command of an equipment."""
    maker = PlanMaker(SHUANGLIU, calendar)
    level = maker.add_point(maker.add_device("lamp"), "level", command, states=states)
    for item in programmes:
        maker.add_programme(item)
    plan = maker.build()
    owner = Equipment(0, "lamps", "lamps", kind, ((role, level),), primary=level, rated_kw=rated_kw)
    shown = "" if plan.points[level].kind != "number" else unit
    points = (replace(plan.points[level], unit=shown),)
    return replace(plan, points=points, equipment=(owner,), tariff=tariff)


def work(*periods: tuple[str, float | bool | None], default: float | bool | None = 0.0) -> Programme:
    return programme({"everyday": list(periods)}, default=default, name="work")


def changed(old: Plan, new: Plan, first: date = THURSDAY, days: int = 1) -> Changes:
    return compare(foresee(old, first, days), foresee(new, first, days))


def words(changes: Changes) -> list[str]:
    """ "08:00-12:00 80.0>50.0"."""
    return [
        f"{local(pair.start_ms)[5:]}-{local(pair.end_ms)[11:]} {pair.before}>{pair.after}"
        for item in changes.points
        for pair in item.differences
    ]


def test_hours_energy_and_cost_as_by_hand() -> None:
    old, new = lamp(work(("08:00-12:00", 80.0)), tariff=PEAK), lamp(work(("08:00-13:00", 50.0)), tariff=PEAK)
    changes = changed(old, new)
    assert words(changes) == ["03-05 08:00-12:00 80.0>50.0", "03-05 12:00-13:00 0.0>50.0"]
    (item,) = changes.points
    assert item.on == (4.0, 5.0)
    # 10 kW at 80 %: two hours at 0.5 yuan, two at 1; at 50 %: three and two.
    assert item.energy is not None
    before, after = item.energy
    assert before == Amount(Decimal("32.0000"), Decimal("24.00"))
    assert after == Amount(Decimal("25.0000"), Decimal("17.50"))
    assert (changes.fully.points, changes.fully.before, changes.at_most.points) == (1, before, 0)
    assert changes.priced


@pytest.mark.parametrize(
    ("tariff", "yuan", "priced"),
    [
        (PEAK, Decimal(24), True),
        (replace(PEAK, by_period=False), Decimal(16), True),
        (replace(PEAK, flat_price=None), None, False),
        (None, None, False),
    ],
)
def test_what_it_costs_by_what_the_site_pays(
    tariff: Tariff | None, yuan: Decimal | None, priced: bool
) -> None:
    same = lamp(work(("08:00-12:00", 80.0)), tariff=tariff)
    changes = changed(same, same)
    assert not changes.points
    assert changes.fully.after == (Decimal(32), yuan)
    assert changes.fully.before == changes.fully.after
    assert changes.priced is priced


@pytest.mark.parametrize(
    ("kind", "role", "command", "unit", "rated_kw", "counted", "kwh"),
    [
        ("lamp-group", "level", LEVEL, "%", 10.0, Counted.FULLY, 0.8),
        ("lamp-group", "switch", SWITCH, "", 10.0, Counted.FULLY, 10.0),
        ("socket", "switch", SWITCH, "", 10.0, Counted.FULLY, 10.0),
        ("lamp-group", "switch", SWITCH, "", None, Counted.NO_RATING, None),
        ("water-purifier", "heater_permit", SWITCH, "", 10.0, Counted.AT_MOST, 10.0),
        ("stove", "permit", SWITCH, "", 10.0, Counted.GAS, None),
        ("fan", "min_speed", LEVEL, "%", 10.0, Counted.SETTING, None),
        ("heater", "setpoint", LEVEL, "°C", 10.0, Counted.SETTING, None),
    ],
)
def test_what_is_counted(
    kind: str,
    role: str,
    command: Command,
    unit: str,
    rated_kw: float | None,
    counted: Counted,
    kwh: float | None,
) -> None:
    on: float | bool = True if command is SWITCH else 8.0
    off: float | bool = False if command is SWITCH else 0.0

    def made(periods: str) -> Plan:
        one = work((periods, on), default=off)
        return lamp(one, kind=kind, role=role, command=command, unit=unit, rated_kw=rated_kw)

    changes = changed(made("08:00-09:00"), made("08:00-10:00"))
    (item,) = changes.points
    assert item.counted is counted
    assert changes.uncounted == (() if kwh is not None else (("lamp.level", counted),))
    if kwh is None:
        assert item.energy is None
    else:
        assert item.energy is not None
        assert [float(amount.kwh) for amount in item.energy] == pytest.approx([kwh, 2 * kwh])
    at_most = int(counted is Counted.AT_MOST)
    assert (changes.at_most.points, changes.fully.points) == (at_most, int(kwh is not None) - at_most)


def test_a_mode_says_nothing_about_power_and_is_compared_by_its_name() -> None:
    def made(value: int, states: tuple[tuple[int, str], ...]) -> Plan:
        one = programme({"everyday": [("08:00-09:00", value)]}, default=0, name="mode")
        return lamp(one, kind="fan", role="mode", command=SWITCH, states=states)

    renumbered = ((0, "off"), (7, "auto"))
    assert not changed(made(1, MODE), made(7, renumbered)).points
    (item,) = changed(made(1, MODE), made(0, MODE)).points
    assert (item.counted, item.on, item.energy) == (Counted.BY_ITSELF, None, None)


def test_what_nobody_commands_is_not_counted() -> None:
    """Of a lamp that nobody asks for anything nobody knows whether it burns."""
    old = lamp(work(("08:00-10:00", 100.0), default=None))
    new = lamp(work(("08:00-12:00", 100.0), default=None))
    changes = changed(old, new)
    assert words(changes) == ["03-05 10:00-12:00 None>100.0"]
    assert [changes.fully.before.kwh, changes.fully.after.kwh] == [Decimal(20)] * 2
    gone = changed(old, lamp())
    assert ([side.point.key for side in gone.lost], gone.gained, gone.points) == (["lamp.level"], (), ())
    came = changed(lamp(), old)
    assert ([side.point.key for side in came.gained], came.lost, came.fully.points) == (["lamp.level"], (), 0)


def test_a_new_rating_is_no_saving() -> None:
    old, new = lamp(work(("08:00-10:00", 100.0))), lamp(work(("08:00-10:00", 100.0)), rated_kw=5.0)
    assert changed(old, new).fully == Sums(1, Amount(Decimal(10), None), Amount(Decimal(10), None))


def test_days_that_are_touched() -> None:
    week = {"workday": [("08:00-12:00", 80.0)], "dayoff": [("08:00-09:00", 20.0)]}
    later = {**week, "dayoff": [("08:00-10:00", 20.0)]}
    one, other = (programme(lists, default=0.0, name="p") for lists in (week, later))
    calendar = CalendarPlan("CN", ("show",), (entry("2026-10-09", "show"), entry("2026-10-10", "dayoff")))
    changes = changed(lamp(one), lamp(other, calendar=calendar), date(2026, 9, 30), 12)
    shown = [(day.date.day, day.before.kinds[0], day.after.kinds[0], day.points) for day in changes.days]
    assert shown == [
        *((day, "holiday", "holiday", 1) for day in range(1, 8)),
        (9, "friday", "show", 0),
        (10, "makeup", "saturday", 1),
    ]  # the 11th, a usual Sunday, differs as well and is not special


UPPER = programme({"workday": [("08:00-12:00", 80.0)]}, default=10.0, name="upper", priority=5)
MAY = exception("2026-05-01", own=[("08:00-09:00", 2.0)])
AGAIN = exception("2026-05-01", own=[("09:00-10:00", 2.0)], line=51)
PAST = exception("2026-01-01", own=[("08:00-09:00", 2.0)])
ALWAYS = [("09:00-13:00", 2.0)]
HIDDEN: list[tuple[list[Programme], list[str]]] = [
    ([programme({}, default=1.0, name="p")], ["default behind upper"]),
    ([programme({"dayoff": [("08:00-09:00", 2.0)]}, default=1.0, name="p")], ["default behind upper"]),
    ([programme({"workday": [("09:00-10:00", 2.0)]}, name="p")], ["workday 09:00-10:00 behind upper"]),
    ([programme({"workday": [("09:00-13:00", 2.0)]}, name="p")], []),
    ([programme({"show": ALWAYS}, name="p")], ["show 09:00-13:00"]),
    ([programme({"everyday": ALWAYS, "workday": [], "dayoff": []}, name="p")], ["every day 09:00-13:00"]),
    ([programme({}, exceptions=[PAST], name="p")], ["exception: test"]),
    ([programme({}, exceptions=[MAY], name="p")], []),
    ([programme({}, exceptions=[MAY, AGAIN], name="p")], ["exception: test"]),
    # A release does what it is there for; what it empties its slot of is behind it.
    ([programme({"workday": [("09:00-10:00", None)]}, name="p", priority=1)], []),
    (
        [
            programme({"everyday": [("00:00-24:00", None)]}, name="p", priority=1),
            programme({"everyday": [("09:00-10:00", 7.0)]}, name="q"),
        ],
        ["default behind p", "workday 08:00-12:00 behind p", "every day 09:00-10:00 behind p"],
    ),
]


@pytest.mark.parametrize(("added", "hidden"), HIDDEN)
def test_what_an_edit_writes_and_nobody_will_hear(added: list[Programme], hidden: list[str]) -> None:
    calendar = CalendarPlan("CN", ("show",), ())
    old, new = lamp(UPPER, calendar=calendar), lamp(UPPER, *added, calendar=calendar)
    found = [
        " behind ".join([str(item.what), *(one.name for one in item.behind)])
        for item in changed(old, new).hidden
    ]
    assert found == hidden
    assert not changed(new, new).hidden


@settings(max_examples=25)
@given(
    one=places_with_programmes(2),
    other=places_with_programmes(2),
    shares=st.lists(st.floats(0, 1, exclude_max=True), min_size=30, max_size=30),
)
def test_differences_are_where_the_values_differ(one: Drawn, other: Drawn, shares: list[float]) -> None:
    zone, latitude, longitude, start = one.place
    first = date.fromisoformat(start)
    old, new = (_at(drawn, zone, latitude, longitude, first) for drawn in (one, other))
    changes = compare(old, new)
    pairs = [pair for item in changes.points for pair in item.differences]
    length = new.window.end_ms - new.window.start_ms
    for share in shares:
        wall_ms = new.window.start_ms + int(share * length)
        before, after = (
            next(span.value for span in side.timelines[0].spans if span.start_ms <= wall_ms < span.end_ms)
            for side in (old, new)
        )
        found = [pair for pair in pairs if pair.start_ms <= wall_ms < pair.end_ms]
        assert [(pair.before, pair.after) for pair in found] == ([(before, after)] if before != after else [])


def _at(drawn: Drawn, zone: str, latitude: float, longitude: float, first: date) -> Foreseen:
    site = replace(SHUANGLIU, time_zone=zone, latitude=latitude, longitude=longitude)
    return foresee(replace(lamp(*drawn.programmes), site=site), first, 3, drawn.bookings)
