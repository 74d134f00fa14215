"""What is told of each cycle: decisions, what is sent, what is held back, what people are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from config.language import Text, render
from config.plan.reading import Value
from config.plan.site import Plan
from controller.cycle import Engine
from controller.decide.arbiter import Result
from controller.decide.naming import equipment_named
from controller.decide.records import Notice
from controller.decide.step import Step
from controller.operations.names import shown
from drivers.api import Fate
from schedules.local import LocalTime

_WORDS = {
    "en": {
        "decided": "decided", "nobody": "nobody asks", "slot": "slot {slot}", "sent": "sent",
        "back": "given back", "nulled": "and slot {slots} given back", "barred": "nothing is written to",
        "free": "may be written to again", "again": "asserted again", "not": "did not take",
        "told": "told", "over": "over", "held": "held by minimum times", "would": "would send",
        "remembers": "latched",
    },
    "zh_CN": {
        "decided": "决定", "nobody": "没有谁要求", "slot": "{slot} 级", "sent": "下发",
        "back": "释放", "nulled": "并释放 {slots} 级", "barred": "不再写入", "free": "可以写入",
        "again": "重新下发", "not": "没有生效", "told": "提示", "over": "结束", "held": "受最短时间限制",
        "would": "本应下发", "remembers": "锁定",
    },
}  # fmt: skip


class Teller:
    """The lines of one story in one language."""

    def __init__(self, plan: Plan, language: str) -> None:
        self.lines: list[str] = []
        self._plan = plan
        self._language = language
        self._local = LocalTime(plan.site.time_zone)
        self._say = _WORDS[language]
        self._barred: dict[str, str] = {}
        self._again = 0

    def happens(self, wall_ms: int, says: str) -> None:
        """Something that the script has."""
        self.lines.append(f"{self._clock(wall_ms)}  > {says}")

    def refused(self, wall_ms: int, why: Text) -> None:
        """A person is told no."""
        self.lines.append(f"{self._clock(wall_ms)}    ! {render(why, self._language)}")

    def step(self, step: Step, engine: Engine) -> None:
        """What one cycle did."""
        clock = self._clock(step.wall_ms)
        self.lines += [f"{clock}    {words}" for words in self._of(step, engine)]

    def end(self) -> None:
        """Re-asserts are counted, not listed."""
        if self._again:
            self.lines.append(f"          ({self._say['again']}: {self._again})")

    def _of(self, step: Step, engine: Engine) -> Iterator[str]:
        say = self._say
        for notice in sorted(step.notices, key=lambda item: item.on):
            yield self._notice(notice)
        for equipment in self._plan.equipment:
            barrier = engine.barrier_of(equipment.name)
            why = "" if barrier is None else render(barrier.text, self._language)
            if why != self._barred.get(equipment.name, ""):
                self._barred[equipment.name] = why
                name = render(equipment_named(equipment), self._language)
                yield f"{say['barred']} {name} — {why}" if why else f"{name} {say['free']}"
        for decision in step.decisions:
            became = self._result(decision.point, decision.after)
            yield f"{say['decided']:<8} {self._name(decision.point)}: {became}"
        for would in step.would:
            yield f"{say['would']:<8} {self._name(would.point)} = {self._value(would.point, would.value)}"
        for record in step.fates:
            if record.fate not in (Fate.READ_BACK, Fate.ACKNOWLEDGED):
                yield f"{say['not']:<8} {self._name(record.write.point)} ({record.fate.value})"
        for write in step.writes:
            if write.reassert and engine.readings[write.point].value == write.value:
                self._again += 1
                continue
            slot = say["slot"].format(slot=write.slot)
            nulled = ", ".join(map(str, write.null_slots))
            more = f", {say['nulled'].format(slots=nulled)}" if nulled else ""
            value = say["back"] if write.value is None else f"= {self._value(write.point, write.value)}"
            done = say["again" if write.reassert else "sent"]
            yield f"{done:<8} {self._name(write.point)} {value} ({slot}{more})"

    def _notice(self, notice: Notice) -> str:
        return f"{self._say['told' if notice.on else 'over']:<8} [{render(notice.text, self._language)}]"

    def _result(self, point: int, result: Result) -> str:
        winner = result.winner
        if winner is None:
            return self._say["nobody"]
        slot = self._say["slot"].format(slot=winner.slot)
        said = f"{self._value(point, result.value)}, {slot} — {render(winner.reason, self._language)}"
        if result.held is not None:
            said += f" ({self._say['held']}: {render(result.held.reason, self._language)})"
        return said

    def _name(self, point: int) -> str:
        return self._plan.points[point].key

    def _value(self, point: int, value: Value | None) -> str:
        return shown(self._plan.points[point], value, self._language)

    def _clock(self, wall_ms: int) -> str:
        return f"{datetime.fromtimestamp(wall_ms / 1000, self._local.zone):%H:%M:%S}"
