"""The gate in the engine: motors get what was decided when their times allow it."""

from __future__ import annotations

import itertools

import pytest

from controller.decide.records import Override, Refused
from drivers.api import Write
from tests.controller.decide.rules.site import Plant

TIMES = """
  slow-1: {kind: pump, label: 慢泵, safe: off, run_cmd: relays.ch4, run_fb: inputs.di4,
    min_on: 1 min, min_off: 3 min, starts_per_hour: 6}
"""
FOLLOW = """
  wet: {kind: interlock, slot: 10, when: more.di2 is active, then: [{target: slow-1, value: on}],
    on_bad_input: release}
  dry: {kind: interlock, slot: 10, when: not more.di2 is active, then: [{target: slow-1, value: off}],
    on_bad_input: release}
  guard: {kind: interlock, when: more.di3 is active, then: [{target: slow-1, value: off}], on_bad_input: trip}
"""


def plant() -> Plant:
    """One whose feedback follows its command."""
    return Plant(FOLLOW, TIMES)


def go(made: Plant, seconds: int, *, heard: bool = True) -> list[bool]:
    """The command's value, second by second. `heard`: its feedback can be read."""
    told = []
    for _ in range(seconds):
        made.run(1)
        value, _ = made.asked("slow-1.run_cmd") or (None, 0)
        assert isinstance(value, bool)
        made.set(inputs_di4=value if heard else None, relays_ch4=value)
        told.append(value)
    return told


def test_after_a_start_of_the_daemon_it_counts_as_just_stopped() -> None:
    made = plant().set(more_di2=True)
    told = go(made, 200)
    assert told.index(True) in range(178, 182)
    assert made.asked("slow-1.run_cmd") == (True, 10)


@pytest.mark.parametrize("heard", [True, False])
def test_a_bouncing_level_switch_starts_it_no_more_often_than_it_may(heard: bool) -> None:
    made = plant()
    told: list[bool] = []
    for second in range(0, 7200, 20):
        made.set(more_di2=second % 40 == 0)
        told += go(made, 20, heard=heard)
    starts = [second for second, (before, after) in enumerate(itertools.pairwise(told)) if after > before]
    assert 10 <= len(starts) <= 12
    assert all(later - earlier >= 240 for earlier, later in itertools.pairwise(starts))


LEVEL = """
  fill: {kind: level, level: pool.level, start: below 30 %, stop: above 60 %, only_if: not more.di2 is active,
    then: [{target: slow-1, value: on}], on_bad_input: release}
"""
POOL = "  pool: {kind: tank, label: 水池, level: plant.reuse_level}\n"


def test_a_bouncing_float_beside_a_level_keeps_rest_and_starts_an_hour_over_restarts() -> None:
    often = TIMES.replace("min_off: 3 min", "min_off: 20 s").replace("min_on: 1 min", "min_on: 10 s")
    made = Plant(LEVEL, often + POOL, plant_reuse_level=20.0)
    told: list[bool] = []
    for second in range(0, 5400, 15):
        made.set(more_di2=second % 30 == 0)
        told += go(made, 15)
        if second % 600 == 300:
            made.restart()
    starts = [second for second, (before, after) in enumerate(itertools.pairwise(told)) if after > before]
    stops = [second for second, (before, after) in enumerate(itertools.pairwise(told)) if after < before]
    assert 8 <= len(starts) <= 12
    assert all(seventh - first >= 3600 for first, seventh in zip(starts, starts[6:], strict=False))
    assert all(start - max(stop for stop in stops if stop < start) >= 20 for start in starts[1:])


def test_an_interlock_stops_it_at_once_and_its_rest_is_kept_after() -> None:
    made = plant().set(more_di2=True)
    go(made, 200)
    made.set(more_di3=True)
    assert go(made, 2)[-1] is False
    made.set(more_di3=False)
    told = go(made, 200)
    assert told.index(True) in range(175, 182)


def test_what_holds_back_is_told_with_its_end() -> None:
    made = plant().set(more_di2=True).run(10)
    result = made.rig.engine.decisions[made.rig.id("slow-1.run_cmd")]
    assert result.winner is not None
    assert (result.winner.slot, result.winner.value, result.value) == (10, True, False)
    assert result.held is not None
    assert (result.held.slot, str(result.held.reason)) == (6, "慢泵: minimum rest time")
    assert result.held.expires_ms is not None


def test_a_blower_of_which_nobody_asks_anything_new_rests_no_longer_than_it_may() -> None:
    made = Plant(FOLLOW, TIMES.replace("min_on", "max_off: 10 min, min_on")).set(more_di2=True)
    go(made, 300)
    stopped = go(made.set(more_di2=False), 300).index(False)
    assert go(made, 320).index(True) - (stopped - 300) in range(598, 603)
    held = made.rig.engine.decisions[made.rig.id("slow-1.run_cmd")].held
    assert held is not None
    assert str(held.reason) == "慢泵: it must not rest for longer"


def test_one_without_feedback_of_which_nobody_asks_anything_new_rests_no_longer_either() -> None:
    """Nothing that is read wakes the gate then."""
    often = TIMES.replace(" run_fb: inputs.di4,", "").replace("min_on", "max_off: 10 min, min_on")
    made = Plant(FOLLOW, often).set(more_di2=True).run(300).set(relays_ch4=True, more_di2=False).run(60)
    assert made.asked("slow-1.run_cmd") == (False, 10)
    made.set(relays_ch4=False).run(480, by=4)
    assert made.asked("slow-1.run_cmd") == (False, 10)
    assert made.run(80, by=4).asked("slow-1.run_cmd") == (True, 10)


def test_one_that_runs_when_nothing_is_known_of_it_counts_as_just_started() -> None:
    made = Plant(FOLLOW, TIMES, inputs_di4=True, relays_ch4=True)
    made.run(50)
    assert made.asked("slow-1.run_cmd") == (True, 10), "its least run time holds"
    assert made.run(15).asked("slow-1.run_cmd") == (False, 10)


def test_a_person_in_a_hurry_breaks_the_run_time_and_no_rest() -> None:
    made = plant().set(more_di2=True)
    go(made, 200)
    made.rig.override("slow-1.run_cmd", False, 1)
    assert all(go(made, 20)), "the minimum run time holds for people, too"
    now_ms = made.rig.clock.now().wall_ms
    off = Override("relays.ch4", False, "Li", "", now_ms, now_ms + 30_000, urgent=True)
    made.rig.do(off)
    assert not any(go(made, 10))
    made.restart()
    told = go(made, 200)
    assert told.index(True) in range(165, 175), "its rest holds for everybody"


@pytest.mark.parametrize("slot", [5, 7])
def test_a_hurry_beats_no_protection_and_no_process_safety(slot: int) -> None:
    safety = f"  safety: {{kind: interlock, slot: {slot}, when: more.di3 is active, "
    safety += "then: [{target: slow-1, value: on}], on_bad_input: release}\n"
    made = Plant(FOLLOW.partition("  guard")[0] + safety, TIMES).set(more_di2=True, more_di3=True)
    go(made, 300)
    now_ms = made.rig.clock.now().wall_ms
    made.rig.do(Override("relays.ch4", False, "Li", "", now_ms, now_ms + 60_000, urgent=True))
    assert all(go(made, 20))
    assert made.asked("slow-1.run_cmd") == (True, slot)
    made.set(more_di3=False)
    assert not any(go(made, 20)), "it beats what stands above 8"


def test_what_is_held_is_written_in_the_slot_of_who_won() -> None:
    """Slot 6 is written to no device."""
    slots: list[tuple[object, int]] = []

    class Noting(Plant):
        def note(self, write: Write) -> None:
            if self.rig.plan.points[write.point].key == "relays.ch4":
                slots.append((write.value, write.slot))

    made = Noting(FOLLOW, TIMES, more_di2=True, relays_ch4=True).run(3)
    assert made.asked("slow-1.run_cmd") == (False, 10)
    assert slots
    assert set(slots) == {(False, 10)}


@pytest.mark.parametrize(("key", "value"), [("relays.ch4", True), ("relays.ch3", False)])
def test_urgent_is_for_stopping_motors(key: str, value: bool) -> None:
    made = plant()
    now_ms = made.rig.clock.now().wall_ms
    with pytest.raises(Refused, match="urgent is for stopping a motor"):
        made.rig.do(Override(key, value, "Li", "", now_ms, now_ms + 60_000, urgent=True))


@pytest.mark.parametrize("by_s", [-7200, 7200])
def test_a_clock_that_is_put_right_shortens_and_lengthens_no_rest(by_s: int) -> None:
    made = plant().set(more_di2=True)
    go(made, 100)
    clock = made.rig.clock
    clock.set_wall(clock.now().wall_ms + by_s * 1000)
    told = go(made, 100)
    assert told.index(True) in range(75, 85)


def test_times_outlive_a_restart() -> None:
    made = plant().set(more_di2=True)
    go(made, 100)
    made.restart()
    told = go(made, 100)
    assert told.index(True) in range(75, 85)


def test_a_relay_that_fell_is_told_again_when_the_motor_has_rested() -> None:
    """A relay box whose power comes and goes would start a motor as often as that."""
    made = plant().set(more_di2=True)
    assert go(made, 200)[-1] is True
    made.set(relays_ch4=False, inputs_di4=False)
    told = go(made, 200)
    assert told.index(True) in range(178, 182)
    # After a restart of the daemon nothing is known of when it fell.
    made.set(relays_ch4=False, inputs_di4=False).restart()
    assert go(made, 200).index(True) in range(178, 182)


def test_a_relay_that_does_as_it_is_told_a_moment_later_has_not_fallen() -> None:
    made = plant().set(more_di2=True).run(179)
    told = []
    for second in range(30):
        made.run(1)
        told.append((made.asked("slow-1.run_cmd") or (None,))[0])
        if told[-1] and second > 10:
            made.set(relays_ch4=True, inputs_di4=True)
    assert True in told
    assert False not in told[told.index(True) :]


def test_one_that_somebody_else_has_started_is_not_stopped_to_let_it_rest() -> None:
    """By hand at its panel, shortly before a rule wants it, too."""
    made = plant().run(200)
    made.set(relays_ch4=True, inputs_di4=True).run(20)
    made.set(more_di2=True).run(1)
    assert made.asked("slow-1.run_cmd") == (True, 10)
    assert go(made, 60)[-1] is True
    # It runs its least time from its start, and rests after it as after any.
    made.set(more_di2=False)
    assert go(made, 60)[-1] is False
    made.set(more_di2=True)
    assert go(made, 100)[-1] is False
