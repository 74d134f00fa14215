"""Two lamps and a hall whose values somebody may change at the device."""

from __future__ import annotations

from dataclasses import replace

from config.plan.reading import Value
from config.plan.site import Plan
from controller import recorder
from controller.decide.step import Step
from tests.controller.house import HELD, PULSE
from tests.controller.rig import Rig
from tests.plans import LEVEL, SHUANGLIU, SWITCH, PlanMaker, everyday
from tests.schedules.build import at

RESPECT_S = 7200.0


def plan(hand_s: float = RESPECT_S) -> Plan:
    """Two lamps on a box that is polled every second, a hall on BACnet, all left alone for two hours.
    The lamps are on from 8 to 12, at 80 % and on; the hall at 40 %."""
    maker = PlanMaker(replace(SHUANGLIU, language="en"))
    box = maker.add_device("box", hand_s=hand_s)
    first = maker.add_point(box, "first", SWITCH, poll_s=1.0, max_age_s=5.0)
    level = maker.add_point(box, "level", LEVEL, poll_s=1.0, max_age_s=5.0)
    maker.add_point(box, "bell", PULSE, poll_s=1.0, max_age_s=5.0)
    auto = maker.add_point(box, "auto", kind="bool", poll_s=1.0, max_age_s=1e6)
    maker.add_point(box, "timeout", replace(LEVEL, targetable=False))
    hall = maker.add_device("hall", bacnet=True, hand_s=hand_s)
    zone = maker.add_point(hall, "level", LEVEL, max_age_s=1e6)
    maker.add_equipment("lamps", "lamp-group", level=level, auto=auto)
    maker.add_programme(everyday("lamp", [first], (8, 12, True), default=False, line=1))
    maker.add_programme(everyday("dim", [level], (8, 12, 80.0), default=10.0, line=2))
    maker.add_programme(everyday("zone", [zone], (8, 12, 40.0), default=10.0, line=3))
    return maker.build()


class House:
    """The devices as they are, polled every second."""

    def __init__(self, made: Plan, minute: str = "2026-03-05 09:11:00") -> None:
        self.rig = Rig(made, at(minute))
        self.says: dict[str, Value] = {
            "box.first": True,
            "box.level": 80.0,
            "box.bell": False,
            "box.auto": True,
            "hall.level": 40.0,
        }
        self.rig.array("hall.level", s15=40.0)
        self.told: list[tuple[str, bool]] = []
        self.rows: list[str] = []
        assert self.run(3) == []

    def run(self, seconds: int, *, silent: bool = False) -> list[str]:
        """Poll so often; what was sent."""
        sent: list[str] = []
        for _ in range(seconds):
            self.rig.clock.advance(1.0)
            if not silent:
                for key, value in self.says.items():
                    self.rig.read(key, value)
            sent += self.cycle()
        return sent

    def cycle(self) -> list[str]:
        step = self.rig.step()
        for write in step.writes:
            self.rig.answer(write, HELD)
            if write.value is not None:
                self.says[self.rig.plan.points[write.point].key] = write.value
        self.note(step)
        return self.rig.words(step.writes)

    def note(self, step: Step) -> None:
        self.told += [(str(item.text), item.on) for item in step.notices if item.kind == "changed-by-hand"]
        changes = recorder.changes(step, {point.id: point.key for point in self.rig.plan.points})
        if changes is not None:
            self.rows += [f"{row.point}: {row.detail}" for row in changes.entries if row.kind == "hand"]

    def by_hand(self, key: str, value: Value) -> list[str]:
        self.says[key] = value
        return self.run(2)

    def pass_time(self, minutes: float) -> None:
        """Nothing but time passes, and the readings stay fresh."""
        self.rig.clock.advance(minutes * 60 - 1)
        self.run(1)
