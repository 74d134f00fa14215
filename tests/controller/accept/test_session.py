"""A whole acceptance over real sockets: what is written, when, and how it is left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from controller.accept.records import Aspect, Left
from controller.accept.session import Consent, Planned, Session
from controller.decide.records import Lock, Observe, Remembered
from drivers.api import Inbox
from tests.controller.accept.stand import SITE, Person, Stand

ALL = ("do-1.*", "panel.*")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path) as stand:
        yield stand


def test_reading_writes_nothing_and_judges_each_point(stand: Stand) -> None:
    stand.run()
    assert stand.verdicts("di-1.di1") == {"read": "passed", "period": "passed"}
    assert stand.verdicts("panel.comm_timeout")["set-up"] == "skipped"
    assert [stand.writes(device.name) for device in stand.plan.devices] == [0, 0, 0, 0]


def test_what_cannot_be_read_fails_with_its_reason(stand: Stand) -> None:
    stand.within(stand.simulation.fault("unplug", device="di-1"))
    stand.simulation.force("panel.hood_temperature", 999.0)
    stand.run()
    assert stand.verdicts("di-1.di1") == {"read": "failed"}
    assert "does not answer" in stand.why("di-1.di1", Aspect.READ)
    assert stand.why("panel.hood_temperature", Aspect.READ) == "out of range"
    seen = stand.keeper.progress.points["panel.hood_temperature"].checks[Aspect.READ].seen
    assert seen == {"value": None, "raw": "0x2706"}, "999 at a scale of 0.1, as it came"
    assert stand.verdicts("do-1.ch1")["read"] == "passed"


def test_a_motor_waits_for_its_times_and_is_left_as_it_was(stand: Stand) -> None:
    began = stand.loop.time()
    person = stand.run(stand.wish("pump.run_cmd"))
    assert stand.verdicts("do-1.ch1") == {
        "read": "passed",
        "period": "passed",
        "write": "passed",
        "feedback": "passed",
        "restored": "passed",
    }
    assert stand.loop.time() - began > 120 + 60
    assert [said for said in person.said if "waiting" in said] == [
        "do-1.ch1: waiting, 水泵: minimum rest time",
        "do-1.ch1: waiting, 水泵: minimum run time",
    ]
    assert (stand.has("do-1.ch1"), stand.writes("do-1")) == (False, 2)
    assert stand.keeper.progress.left == {}


def test_numbers_and_states_move_one_step_and_come_back(stand: Stand) -> None:
    before = {name: stand.has(name) for name in ("panel.ex1_min_speed", "panel.ex2_mode")}
    person = stand.run(stand.wish("panel.ex1_min_speed", "panel.ex2_mode"))
    steps = {one.point.key: (one.found, one.to) for one in person.planned}
    assert steps["panel.ex1_min_speed"] == (60.0, 63.5)
    assert stand.verdicts("panel.ex1_min_speed")["write"] == "passed"
    assert stand.verdicts("panel.ex2_mode")["restored"] == "passed"
    assert {name: stand.has(name) for name in before} == before
    assert stand.writes("panel") == 4


def test_switching_needs_a_word_of_its_own(stand: Stand) -> None:
    stand.run(stand.wish("do-1.*", "panel.ex1_min_speed", allow=frozenset()))
    assert stand.why("do-1.ch7", Aspect.WRITE) == "it is only switched with --allow switching"
    assert stand.writes("do-1") == 0
    assert stand.verdicts("panel.ex1_min_speed")["write"] == "passed"


def test_who_says_no_has_nothing_written(stand: Stand) -> None:
    stand.run(stand.wish(*ALL), Person(stand, yes=False))
    assert [stand.writes(device.name) for device in stand.plan.devices] == [0, 0, 0, 0]
    assert "write" not in stand.verdicts("do-1.ch7")


def test_a_relay_that_lies_is_found_out(stand: Stand) -> None:
    stand.within(stand.simulation.fault("lying-write", device="do-1"))
    stand.run(stand.wish("lamp.switch"))
    assert stand.verdicts("do-1.ch7")["write"] == "failed"
    assert "read back False instead of True" in stand.why("do-1.ch7", Aspect.WRITE)
    assert stand.verdicts("do-1.ch7")["restored"] == "passed"


def test_a_feedback_that_does_not_come_fails_and_the_motor_is_stopped(stand: Stand) -> None:
    stand.follows = lambda told: False
    stand.run(stand.wish("pump.run_cmd"))
    verdicts = stand.verdicts("do-1.ch1")
    assert (verdicts["write"], verdicts["feedback"], verdicts["restored"]) == ("passed", "failed", "passed")
    assert stand.has("do-1.ch1") is False
    stand.follows = lambda told: told
    stand.run(stand.wish("pump.run_cmd", failed=True))
    assert stand.verdicts("do-1.ch1")["feedback"] == "passed"


def test_a_motor_that_does_not_stop_fails(stand: Stand) -> None:
    stand.follows = lambda told: stand.writes("do-1") > 0
    stand.run(stand.wish("pump.run_cmd"))
    assert stand.verdicts("do-1.ch1")["feedback"] == "failed"


def test_protection_that_comes_stops_a_trial(stand: Stand) -> None:
    """Its condition comes true while the pump runs, and its feedback, slow, has not come yet."""

    def dry(told: object) -> bool:
        if told:
            stand.simulation.force("di-1.di4", True)
        return False

    stand.follows = dry
    began = stand.loop.time()
    stand.run(stand.wish("pump.run_cmd"))
    assert "protective rule" in stand.why("do-1.ch1", Aspect.FEEDBACK)
    assert stand.has("do-1.ch1") is False
    assert stand.loop.time() - began < 120 + 60, "a protective stop does not wait for the minimum run time"


def test_what_a_protective_rule_holds_is_not_started(stand: Stand) -> None:
    stand.simulation.force("di-1.di4", True)
    stand.run(stand.wish("pump.run_cmd"))
    assert "protective rule" in stand.why("do-1.ch1", Aspect.WRITE)
    assert stand.writes("do-1") == 0


@pytest.mark.parametrize("contact", [True, None])
def test_nothing_is_written_to_what_yields_to_fire(stand: Stand, contact: bool | None) -> None:
    """Also while the contact cannot be read."""
    if contact:
        stand.simulation.force("safety.di1", True)
    else:
        stand.within(stand.simulation.fault("unplug", device="safety"))
    stand.run(stand.wish("lamp.switch", "do-1.ch6"))
    assert stand.verdicts("do-1.ch7")["write"] == "skipped"
    assert stand.has("do-1.ch7") is False
    assert stand.writes("safety") == 0
    assert stand.verdicts("do-1.ch6")["write"] == "passed"


def test_a_selector_a_lock_and_observe_mode_stand(stand: Stand) -> None:
    stand.simulation.force("di-1.di2", False)
    locked, observed = Lock("lamp", "Wang", "lamp change", 0), Observe("panel", True, "Wu", "", 0)
    stand.remembered = Remembered(locks=(locked,), observe=(observed,))
    stand.run(stand.wish("pump.run_cmd", "lamp.switch", "panel.*"))
    assert stand.why("do-1.ch1", Aspect.WRITE) == "水泵 (pump): selector not in auto"
    assert stand.why("do-1.ch7", Aspect.WRITE) == "locked by Wang: lamp change"
    assert stand.why("panel.ex1_mode", Aspect.WRITE) == "observe mode: nothing is sent"
    assert stand.verdicts("panel.comm_timeout")["set-up"] == "skipped"
    assert [stand.writes(device.name) for device in stand.plan.devices] == [0, 0, 0, 0]


def test_life_safety_and_what_has_no_command_are_never_written(stand: Stand) -> None:
    names = [point.key for point in stand.plan.points if point.key.startswith(("safety.", "di-1."))]
    stand.run(stand.wish(*names))
    assert {stand.verdicts(name)["write"] for name in names} == {"skipped"}
    assert (stand.writes("safety"), stand.writes("di-1")) == (0, 0)


def test_a_set_up_register_is_written_with_its_device_and_said_before(stand: Stand) -> None:
    person = stand.run(stand.wish("panel.*", allow=frozenset()))
    assert [one.to for one in person.planned if one.set_up] == [120]
    assert stand.verdicts("panel.comm_timeout")["set-up"] == "passed"
    assert stand.has("panel.comm_timeout") == 120


def test_a_fire_that_comes_with_the_question_keeps_set_up_registers(tmp_path: Path) -> None:
    class Slow(Person):
        async def may_write(self, planned: Sequence[Planned]) -> bool:
            self._stand.simulation.force("safety.di1", True)
            await asyncio.sleep(30)
            return await super().may_write(planned)

    with Stand(tmp_path, SITE.replace("yields: [lamp]", "yields: [lamp, duct]")) as stand:
        person = stand.run(stand.wish("panel.*", allow=frozenset()), Slow(stand))
        assert [one.to for one in person.planned if one.set_up] == [120]
        assert (stand.writes("panel"), stand.verdicts("panel.comm_timeout")["set-up"]) == (0, "skipped")


def test_what_is_known_stays_new_while_a_person_thinks(stand: Stand) -> None:
    class Slow(Person):
        async def may_write(self, planned: Sequence[Planned]) -> bool:
            before = len(inbox)
            await asyncio.sleep(3600)
            assert len(inbox) < before + 100
            return await super().may_write(planned)

    inbox = Inbox()

    async def asked() -> None:
        nonlocal inbox
        consent = Consent()
        async with stand.ground(consent) as ground:
            inbox = ground._inbox
            wish = stand.wish("do-1.ch6")
            await Session(ground, stand.keeper, wish, Slow(stand), consent, "Li").run()

    stand.within(asked())
    assert stand.verdicts("do-1.ch6")["write"] == "passed"


def test_what_changes_while_a_person_thinks_is_what_is_found(stand: Stand) -> None:
    """What the trial begins with is as of its own beginning."""

    class Slow(Person):
        async def may_write(self, planned: Sequence[Planned]) -> bool:
            self._stand.simulation.another("do-1.ch6", True)
            await asyncio.sleep(60)
            return await super().may_write(planned)

    stand.run(stand.wish("do-1.ch6"), Slow(stand))
    assert stand.verdicts("do-1.ch6")["restored"] == "passed"
    assert stand.has("do-1.ch6") is True


def test_a_lock_on_one_equipment_keeps_its_whole_devices_set_up(tmp_path: Path) -> None:
    """As under the daemon."""
    second = "  duct2: {kind: fan, label: 排风2, min_speed: panel.ex2_min_speed}\nrules:"
    with Stand(tmp_path, SITE.replace("rules:", second)) as stand:
        stand.remembered = Remembered(locks=(Lock("duct", "Wang", "hands inside", 0),))
        person = stand.run(stand.wish("panel.*", allow=frozenset()))
        assert not [one for one in person.planned if one.set_up]
        assert stand.verdicts("panel.comm_timeout")["set-up"] == "skipped"


def test_a_loss_is_told_believed_no_more_and_over_again(stand: Stand) -> None:
    stand.run(stand.wish(lose=["di-1"]))
    assert stand.verdicts("di-1") == {"lost": "passed", "stale": "passed", "back": "passed"}


def test_an_interrupted_trial_is_put_back(stand: Stand) -> None:
    stand.follows = lambda told: False

    async def interrupted() -> None:
        task = asyncio.create_task(stand.session(stand.wish("pump.run_cmd"), Person(stand)))
        await asyncio.sleep(130.0)
        assert stand.has("do-1.ch1"), "past its rest time, and its feedback is waited for"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    stand.within(interrupted())
    assert (stand.has("do-1.ch1"), stand.writes("do-1")) == (False, 2)
    assert stand.keeper.progress.left == {}


def left_on(stand: Stand) -> None:
    """As a run that was killed leaves it: noted first, then written."""
    stand.keeper.leave(Left("do-1.ch7", False, None, True, "Li", 0))
    stand.simulation.another("do-1.ch7", True)


def test_what_a_killed_run_left_is_told_and_put_back_by_the_next(stand: Stand) -> None:
    left_on(stand)
    refused = stand.run(person=Person(stand, yes=False))
    assert (refused.asked_back, stand.has("do-1.ch7")) == (["do-1.ch7"], True)
    assert stand.run().asked_back == ["do-1.ch7"]
    assert (stand.has("do-1.ch7"), stand.keeper.progress.left) == (False, {})
    assert stand.run().asked_back == []


def test_what_an_edit_has_made_another_output_is_not_written(tmp_path: Path) -> None:
    with Stand(tmp_path) as stand:
        stand.follows = lambda told: False
        noted: list[Left] = []

        async def watched() -> None:
            run = asyncio.create_task(stand.session(stand.wish("pump.run_cmd"), Person(stand)))
            await asyncio.sleep(130.0)
            noted.extend(stand.keeper.progress.left.values())
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)

        stand.within(watched())
        (left,) = noted
        stand.keeper.leave(left)  # as if that run had been killed
    with Stand(tmp_path, SITE.replace("line: T1, unit: 1,", "line: T1, unit: 9,")) as stand:
        stand.simulation.another("do-1.ch1", True)
        person = stand.run()
        assert (person.asked_back, stand.has("do-1.ch1"), stand.writes("do-1")) == ([], True, 0)
        assert any("another output" in said for said in person.said)
        stand.simulation.another("do-1.ch1", False)
        stand.run()
        assert "do-1.ch1" in stand.keeper.progress.left, "what reads so now is another's"
        stand.run(stand.wish(forget=True))
        assert stand.keeper.progress.left == {}
    with Stand(tmp_path) as stand:
        stand.keeper.leave(left)
        stand.simulation.another("do-1.ch1", True)
        assert stand.run().asked_back == ["do-1.ch1"]
        assert stand.has("do-1.ch1") is False


def test_what_reads_as_it_was_found_needs_nobody(stand: Stand) -> None:
    left_on(stand)
    stand.simulation.another("do-1.ch7", False)
    assert stand.run().asked_back == []
    assert (stand.keeper.progress.left, stand.writes("do-1")) == ({}, 0)


def test_a_second_run_goes_on_where_the_first_stopped(stand: Stand) -> None:
    stand.simulation.force("panel.hood_temperature", 999.0)
    stand.run(stand.wish("lamp.switch"))
    assert stand.writes("do-1") == 2
    stand.simulation.force("panel.hood_temperature", 40.0)
    again = stand.run(stand.wish("lamp.switch"))
    assert again.said == ["reading 1 points of 1 devices"], "a set-up register that is not right yet"
    assert (stand.writes("do-1"), stand.verdicts("panel.hood_temperature")["read"]) == (2, "failed")
    stand.run(stand.wish("lamp.switch", failed=True))
    assert (stand.writes("do-1"), stand.verdicts("panel.hood_temperature")["read"]) == (2, "passed")
    stand.run(stand.wish("lamp.switch", again=frozenset({stand.id("lamp.switch")})))
    assert stand.writes("do-1") == 4


def test_a_point_that_became_another_is_tried_anew(tmp_path: Path) -> None:
    with Stand(tmp_path) as stand:
        stand.run(stand.wish("lamp.switch", "do-1.ch6"))
    edited = SITE.replace("switch: do-1.ch7", "switch: do-1.ch6")
    with Stand(tmp_path, edited) as stand:
        found = stand.keeper.look_for_changes(1)
        assert found == ["do-1.ch6", "do-1.ch7"]
        assert stand.verdicts("do-1.ch7") == {}
        stand.run(stand.wish("lamp.switch"))
        assert stand.verdicts("do-1.ch6")["write"] == "passed"
        assert "write" not in stand.verdicts("do-1.ch7")


VALVE = """
site: {name: rest, label: 卫生间, language: en, calendar: none,
  place: {time_zone: Asia/Shanghai, latitude: 30.5, longitude: 103.9}}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11, timeout: 300 ms}}
devices:
  node: {profile: restroom-node, line: T1, unit: 1, label: 节点, if_unheard: {after: 60 s, goes_to: presence}}
equipment:
  urinal: {kind: valve, label: 冲洗阀, open: node.urinal_permit, open_fb: node.valve_open}
"""


def test_a_permit_behind_which_a_sensor_opens_has_not_failed(tmp_path: Path) -> None:
    with Stand(tmp_path, VALVE) as stand:
        assert stand.has("urinal.open") is True
        stand.run(stand.wish("urinal.open"))
        assert stand.verdicts("node.urinal_permit")["feedback"] == "passed"
        assert stand.why("node.urinal_permit", Aspect.FEEDBACK).startswith("it did not open within 60 s")
        assert stand.has("urinal.open") is True
        stand.simulation.force("node.valve_open", True)
        stand.run(stand.wish("urinal.open", again=frozenset({stand.id("urinal.open")})))
        assert stand.verdicts("node.urinal_permit")["feedback"] == "failed", "told to close, it stays open"
