"""A lost line is one alarm, not forty; and a lost device is not one for each of its points. Pure.

A device that is lost is held for a few seconds first: others of its line may follow. When all have, the line
is the alarm and they are part of it; else each stands for itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from config.language import Text, text
from controller.decide.alarms.alarm import HELD, Alarm
from controller.decide.alarms.belonging import Belonging
from controller.decide.alarms.classes import DEVICE, LINE

QUIET_S = 10.0
"""Machine seconds after which a line that has lost a device loses no more of them."""
LONGEST_S = 60.0
"""Machine seconds after which a device that is lost is told, whatever else is lost meanwhile."""
LINE_AFTER_S = 120.0
"""Machine seconds after a line's return in which its devices may be found again, one by one."""
DEVICE_AFTER_S = 15.0
"""The same for what was wrong with a device's points."""

Key = tuple[str, str]


class Folding:
    """Judges by the alarms as they are; remembers nothing."""

    def __init__(self, belonging: Belonging, speed: float) -> None:
        self._belonging = belonging
        pace = 1000 * max(1.0, speed)
        self._quiet_ms = round(QUIET_S * pace)
        self._longest_ms = round(LONGEST_S * pace)
        self._line_after_ms = round(LINE_AFTER_S * pace)
        self._device_after_ms = round(DEVICE_AFTER_S * pace)
        self.due_ms: int | None = None
        """When it must judge anew though nothing has happened; of what was judged since it was last None."""

    def lost_lines(self, alarms: Mapping[Key, Alarm]) -> dict[str, Text]:
        """Lines of which no device answers, with the words for it."""
        lost: dict[str, list[str]] = {}
        for alarm in alarms.values():
            if alarm.kind == DEVICE and alarm.active and alarm.subject in self._belonging.line_of:
                lost.setdefault(self._belonging.line_of[alarm.subject], []).append(alarm.subject)
        return {
            line: text("line {name}: none of its {count} devices answers", name=line, count=len(devices))
            for line, devices in lost.items()
            if len(devices) > 1 and len(devices) == len(self._belonging.lines[line])
        }

    def judge(self, alarm: Alarm, alarms: Mapping[Key, Alarm], now_ms: int) -> tuple[str, int]:
        """What an active alarm is part of, or waits for, and that alarm's id; "" = it stands for itself."""
        if alarm.kind == DEVICE:
            return self._device(alarm, alarms, now_ms)
        for name in sorted(self._belonging.devices(alarm)):
            device = alarms.get((DEVICE, name))
            if device is not None and self._covers(device, alarm, now_ms):
                return f"device {name}", device.id
        return "", 0

    def _device(self, alarm: Alarm, alarms: Mapping[Key, Alarm], now_ms: int) -> tuple[str, int]:
        name = self._belonging.line_of.get(alarm.subject, "")
        line = alarms.get((LINE, name))
        if line is not None and self._covers(line, alarm, now_ms):
            return f"line {name}", line.id
        if alarm.said or len(self._belonging.lines.get(name, ())) < 2:
            return "", 0
        others = [
            other
            for other in alarms.values()
            if other.kind == DEVICE and other.active and self._belonging.line_of.get(other.subject) == name
        ]
        quiet_ms = max(other.raised_ms for other in others) + self._quiet_ms
        until_ms = min(quiet_ms, alarm.raised_ms + self._longest_ms)
        if now_ms < until_ms:
            self._wait(until_ms)
            return HELD, 0
        return "", 0

    def _covers(self, whole: Alarm, part: Alarm, now_ms: int) -> bool:
        """Whether `part` came with the loss of the whole, which lasts or has only just ended."""
        if whole.active:
            return part.kind == DEVICE or part.raised_ms >= whole.raised_ms - self._device_after_ms
        if whole.returned_ms is None or part.raised_ms > whole.returned_ms:
            return False
        if part.raised_ms < whole.raised_ms - self._longest_ms or part.said:
            return False
        until_ms = whole.returned_ms + (self._line_after_ms if part.kind == DEVICE else self._device_after_ms)
        if now_ms < until_ms:
            self._wait(until_ms)
        return now_ms < until_ms

    def _wait(self, until_ms: int) -> None:
        self.due_ms = until_ms if self.due_ms is None else min(self.due_ms, until_ms)
