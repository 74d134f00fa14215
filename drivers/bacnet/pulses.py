"""Momentary outputs of one BACnet device: what was put into a slot is taken out again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from config.plan.points import Point
from drivers.api import BadFrame, Fate, NoAnswer, Refused, Write
from drivers.backoff import OFF_TRIES, off_again_s
from drivers.bacnet.commanding import Commander, Done

_log = logging.getLogger(__name__)

Tell = Callable[[Point, Write, Done], None]
"""The one answer to a write; told again it is passed over."""


@dataclass(slots=True, eq=False)
class _Pulse:
    point: Point
    write: Write
    due_s: float
    failures: int = 0


class Pulses:
    """The pulses that are on, or may be. Each is ended in time, whoever waits, and tried until the device
    confirms it, over its loss and return; also one whose "on" got no answer."""

    def __init__(self, commander: Commander, tell: Tell) -> None:
        self._commander = commander
        self._tell = tell
        self._open: dict[tuple[int, int], _Pulse] = {}
        """By point and slot: a newer pulse there has the older one's end in its own."""

    def next(self) -> float:
        """When the first is to be ended, or that tried again; infinity with none."""
        return min(pulse.due_s for pulse in self._open.values()) if self._open else float("inf")

    async def begin(self, point: Point, write: Write) -> None:
        """Switch on. Raises NoAnswer, BadFrame after its report."""
        assert point.command is not None
        assert point.command.pulse_s is not None
        key = (point.id, write.slot)
        older = self._open.get(key)
        if older is not None:
            self._tell(point, older.write, Done(Fate.NO_ANSWER, None, "a newer pulse began"))
        # Held from before the "on": whatever comes between, it is taken back.
        pulse = self._open[key] = _Pulse(point, write, self._now())
        try:
            await self._commander.put(point, write.value, write.slot)
        except (Refused, ValueError) as error:
            self._never_began(key, older)
            detail = str(error.code) if isinstance(error, Refused) else str(error)
            self._tell(point, write, Done(Fate.REJECTED, None, detail))
        except (NoAnswer, BadFrame) as error:
            fate = Fate.NO_ANSWER if error.sent else Fate.NOT_SENT
            if not error.sent:
                self._never_began(key, older)
            self._tell(point, write, Done(fate, None, str(error)))
            raise
        else:
            pulse.due_s = self._now() + point.command.pulse_s

    async def end_next(self) -> None:
        """Take back the one that is due first. Raises NoAnswer, BadFrame."""
        await self._end(min(self._open.values(), key=lambda pulse: pulse.due_s))

    def lost(self, detail: str) -> None:
        """The device does not answer: what is not known by now is told so; the ends are tried again later."""
        for pulse in self._open.values():
            self._failed(pulse)
            self._tell_doubt(pulse, detail)

    async def end_all(self) -> None:
        """The driver stops: each is tried once more, due or not."""
        try:
            for pulse in list(self._open.values()):
                try:
                    await self._end(pulse)
                except (NoAnswer, BadFrame):
                    continue
                except Exception:  # noqa: BLE001 - one mistake must not keep the others on
                    _log.exception("bacnet: the end of a pulse on %s", pulse.point.key)
        finally:
            for pulse in self._open.values():
                self._tell_doubt(pulse, "stopped")
            self._open.clear()

    async def _end(self, pulse: _Pulse) -> None:
        point, write = pulse.point, pulse.write
        try:
            await self._commander.put(point, None, write.slot)
        except (NoAnswer, BadFrame, Refused) as error:
            self._failed(pulse)
            if pulse.failures == OFF_TRIES:
                self._tell_doubt(pulse, str(error))
            if isinstance(error, Refused):
                return
            raise
        del self._open[point.id, write.slot]
        try:
            trouble = await self._commander.null(point, write.null_slots)
        except (NoAnswer, BadFrame) as error:
            self._tell(point, write, Done(Fate.NO_ANSWER, None, f"accepted, then {error}"))
            raise
        self._tell(point, write, Done(Fate.ACKNOWLEDGED, None, trouble))

    def _never_began(self, key: tuple[int, int], older: _Pulse | None) -> None:
        del self._open[key]
        if older is not None:
            self._open[key] = older

    def _failed(self, pulse: _Pulse) -> None:
        pulse.due_s = self._now() + off_again_s(pulse.failures)
        pulse.failures += 1

    def _tell_doubt(self, pulse: _Pulse, detail: str) -> None:
        done = Done(Fate.NO_ANSWER, None, f"the pulse may not have ended: {detail}")
        self._tell(pulse.point, pulse.write, done)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
