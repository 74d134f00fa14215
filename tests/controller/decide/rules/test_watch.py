"""Alarms that a site declares: delays, deadband, what suppresses them, and what comes of what."""

from __future__ import annotations

from tests.controller.decide.rules.site import Plant

TANK = """
  tank: {kind: tank, label: 水池, level: plant.reuse_level}
"""
SITE = """
  dry-run: {kind: interlock, when: tank.level below 10 % for 5 s, then: [{target: pump-1, value: off}],
    reset: manual, on_bad_input: release}
  fill: {kind: level, level: tank.level, start: above 30 %, stop: below 5 %,
    then: [{target: pump-1, value: on}], on_bad_input: release}
alarms:
  full: {when: tank.level above 90 %, priority: medium, deadband: 5 %, on_bad_input: release}
  empty: {when: tank.level below 3 %, priority: low, deadband: 5 %}
  slow: {when: tank.level above 92 %, priority: medium, on_delay: 30 s, off_delay: 1 min}
  while-running: {when: tank.level above 94 %, priority: low, only_if: pump-2 is running}
  held: {when: tank.level above 96 %, priority: low, on_bad_input: hold 1 min then release}
  unread: {when: tank.level above 97 %, priority: low, on_bad_input: trip}
  high: {when: tank.level above 98 %, priority: high}
  high-unlatched: {when: tank.level above 98 %, priority: high, latch: off}
  low-latched: {when: tank.level above 98 %, priority: low, latch: on}
  low-level: {when: tank.level below 20 %, priority: high, equipment: pump-1, message: 水位低}
"""


def plant() -> Plant:
    return Plant(SITE, TANK, plant_reuse_level=50.0)


def states(made: Plant) -> dict[str, str]:
    return {alarm.subject: alarm.state.value for alarm in made.rig.engine.alarms()}


def active(made: Plant, name: str, level: float | None, seconds: int = 1) -> bool:
    return states(made.set(plant_reuse_level=level).run(seconds)).get(name) == "active-unacked"


def test_between_the_threshold_and_its_deadband_it_stays_as_it_is() -> None:
    made = plant()
    levels = [90.0, 90.1, 89.0, 85.1, 85.0, 89.0, 90.1]
    assert [active(made, "full", level) for level in levels] == [False, True, True, True, False, False, True]
    levels = [3.0, 2.9, 7.9, 8.0]
    assert [active(made, "empty", level) for level in levels] == [False, True, True, False]


def test_delays_count_without_a_break_and_over_a_restart() -> None:
    made = plant()
    assert not active(made, "slow", 93.0, 29)
    assert not active(made, "slow", 80.0)
    assert not active(made, "slow", 93.0, 20)
    made.restart()
    assert not active(made, "slow", 93.0, 9)
    assert active(made, "slow", 93.0, 2)
    assert active(made, "slow", 80.0, 50)
    made.restart()
    assert active(made, "slow", 80.0, 8)
    assert not active(made, "slow", 80.0, 5)
    noticed = [on for _, subject, on in made.notices if subject == "slow"]
    assert noticed == [True, True, False], "said again by the second start"
    alarm = next(one for one in made.rig.engine.remembered().alarms if one.subject == "slow")
    assert (alarm.times, alarm.told) == (1, 2), "and told once"


def test_a_suppressed_alarm_is_known_and_not_told() -> None:
    made = plant()
    assert not active(made, "while-running", 95.0)
    found = [
        states(made.set(inputs_di2=running).run(1))["while-running"] for running in (False, True, False, None)
    ]
    assert found == ["suppressed", "active-unacked", "suppressed", "active-unacked"], "who knows?"


def test_what_cannot_be_read() -> None:
    names = ("full", "held", "unread")
    made = plant().set(plant_reuse_level=96.5).run(1)
    assert [states(made).get(name) for name in names] == ["active-unacked", "active-unacked", None]
    made.set(plant_reuse_level=None).run(5)
    assert [states(made).get(name) for name in names] == [None, "active-unacked", "active-unacked"]
    made.run(60)
    assert [states(made).get(name) for name in names] == [None, None, "active-unacked"]


def test_high_alarms_stay_until_somebody_has_seen_them_unless_said_otherwise() -> None:
    made = plant().set(plant_reuse_level=99.0).run(1)
    made.set(plant_reuse_level=50.0).run(1)
    assert states(made) == {"high": "returned-unacked", "low-latched": "returned-unacked"}


def test_of_a_pump_that_trips_the_low_level_is_the_cause() -> None:
    """Low level, then dry run, then a start that fails: one episode of one pump."""
    made = plant().set(relays_ch1=True, inputs_di1=True).run(3)
    made.set(plant_reuse_level=19.0).run(10)
    made.set(plant_reuse_level=8.0, inputs_di1=False).run(30)
    found = made.rig.engine.alarms()
    assert [(alarm.kind, alarm.subject, alarm.order) for alarm in found] == [
        ("declared", "low-level", 1),
        ("trip", "dry-run", 2),
        ("trip", "pump-1", 3),
    ]
    assert {alarm.cause for alarm in found} == {found[0].id}
    assert str(found[0].words) == "low-level: 水位低"
