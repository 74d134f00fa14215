"""What outputs and barriers do not look at anew is as it was: random days, held against looking each time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.reading import Quality, Value
from controller.decide.barriers import Barriers
from controller.decide.output import Standing
from controller.decide.records import Lock, Observe, Refused, Unlock
from controller.decide.step import Step
from drivers.api import Fate, Write
from tests.controller.house import READINGS, house
from tests.controller.rig import Rig
from tests.schedules.build import at

VALUES: dict[str, list[Value]] = {
    "lamp.level": [0.0, 10.0, 50.0, 80.0],
    "lamp.spare": [True, False],
    "relay.latch": [True, False],
    "panel.mode": [0, 1, 2],
    "panel.auto": [True, False],
    "panel.motor": [True, False],
    "stove.permit": [True, False],
}
"""What can be read, and what people ask for."""
POINTS = [(key, value) for key, values in VALUES.items() for value in values]
EVENTS = st.one_of(
    st.tuples(st.just("read"), st.sampled_from(POINTS)),
    st.tuples(st.just("as told"), st.sampled_from(sorted(VALUES))),
    st.tuples(st.just("bad"), st.sampled_from(sorted(VALUES))),
    st.tuples(st.just("set"), st.sampled_from(POINTS)),
    st.tuples(st.sampled_from(["lost", "back", "restarted"]), st.sampled_from(["lamp", "panel", "relay"])),
    st.tuples(st.sampled_from(["lock", "unlock"]), st.sampled_from(["lamps", "pump", "lamp"])),
    st.tuples(st.sampled_from(["observe", "send"]), st.sampled_from(["", "lamp", "pump"])),
)
CYCLES = st.lists(
    st.tuples(
        st.sampled_from([1.0, 2.0, 10.0, 900.0, 3600.0]),
        st.lists(EVENTS, max_size=3),
        st.sampled_from([Fate.READ_BACK, Fate.READ_BACK, Fate.NO_ANSWER, Fate.MISMATCH, None]),
    ),
    max_size=25,
)


@settings(max_examples=40)
@given(CYCLES)
def test_a_reading_that_changes_nothing_to_be_written_need_not_be_looked_at(
    cycles: list[tuple[float, list[tuple[str, object]], Fate | None]],
) -> None:
    steps = played(cycles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Standing, "quiet", False)
        patch.setattr(Barriers, "on", Barriers._look)
        for kept, anew in zip(steps, played(cycles), strict=True):
            assert kept == anew


def played(cycles: list[tuple[float, list[tuple[str, object]], Fate | None]]) -> list[Step]:
    plan = house()
    devices = tuple(replace(device, hand_s=1800.0) for device in plan.devices)
    made = Rig(replace(plan, devices=devices), at("2026-03-05 07:30"))
    for key in ("lamp.level", "panel.motor", "panel.auto"):
        made.read(key, READINGS[key])
    steps = [made.step()]
    told: dict[str, Value] = {}
    sent: list[Write] = steps[0].writes
    for after_s, events, fate in cycles:
        for write in sent if fate is not None else []:
            assert fate is not None
            made.answer(write, fate)
            if fate is Fate.READ_BACK and write.value is not None:
                told[made.plan.points[write.point].key] = write.value
        for key, value in told.items():
            made.read(key, value)
        for kind, what in events:
            happen(made, kind, what, told)
        steps.append(made.step(after_s))
        sent = steps[-1].writes
    return steps


def happen(made: Rig, kind: str, what: object, told: dict[str, Value]) -> None:
    now_ms = made.clock.now().wall_ms
    match kind, what:
        case "read", (str(key), bool() | int() | float() as value):
            made.read(key, value)
        case "as told", str(key):
            made.read(key, told.get(key, READINGS[key]))
        case "bad", str(key):
            made.read(key, None, Quality.BAD)
        case "set", (str(key), bool() | int() | float() as value):
            try:
                made.override(key, value, 0.5)
            except Refused:
                return
        case (("lost" | "back" | "restarted"), str(device)):
            made.device(device, kind != "lost", restarted=kind == "restarted")
        case "lock", str(target):
            made.do(Lock(target, "Wang", "new ballast", now_ms))
        case "unlock", str(target):
            try:
                made.do(Unlock(target, "Wang"))
            except Refused:
                return
        case _, str(target):
            made.do(Observe(target, kind == "observe", "Wang", "", now_ms))
