"""Set-up registers: what a device must hold so that it knows what to do when nobody talks to it any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from config.plan.clock import Clock
from config.plan.devices import Device
from config.plan.points import Point
from config.plan.reading import Value
from drivers.api import BadFrame, ById, Fate, Inbox, NoAnswer, Refused, SetUp
from drivers.codec import EncodeError, decode_point, encode_point
from drivers.modbus.asking import Asking, write_request, written_register
from drivers.permit import wrong_value
from drivers.speaking import Errand

_NOTHING: Mapping[int, Value] = {}
_AGAIN_S = 300.0
"""Shortest time between two set-ups of a device that did not go away in between."""


class SettingUp:
    """Keeps the set-up registers of one line's devices. `allowed(device)` is asked before anything is
    written."""

    def __init__(
        self,
        asking: Asking,
        points: ById[Point],
        devices: ById[Device],
        allowed: Callable[[int], bool],
        inbox: Inbox,
        clock: Clock,
    ) -> None:
        self._asking = asking
        self._points = points
        self._devices = devices
        self._allowed = allowed
        self._inbox = inbox
        self._clock = clock
        self._done_s: dict[int, float] = {}
        self._held_back: set[int] = set()
        """Devices of which a register was found wrong while nothing might be written."""
        self._wanted: dict[int, dict[int, Value]] = {}

    def add(self, device: Device) -> None:
        """One more device of the line."""
        if device.unheard is not None:
            self._wanted[device.id] = dict(device.unheard.set_up)

    def wanted(self, device: int) -> Mapping[int, Value]:
        """Point → what it has to hold, of one device."""
        return self._wanted.get(device, _NOTHING)

    def errand(self, device: int) -> Errand | None:
        """See to the device's registers; None when it has none."""
        unheard = self._devices[device].unheard
        if unheard is None or not unheard.set_up:
            return None

        async def run() -> None:
            self._held_back.discard(device)
            for point, value in unheard.set_up:
                await self._hold(self._devices[device], self._points[point], value)
            self._done_s[device] = self._now_s()

        return Errand(device, run, lambda _: None)

    def let_go(self, device: int) -> bool:
        """Whether what was held back may be written by now. At a start a device with a selector is held back
        until that is read, and a look in ten minutes would leave it without its time-out for so long."""
        return device in self._held_back and self._allowed(device)

    def due_again(self, device: int) -> bool:
        """Whether a set-up register that was seen with another value may be written again."""
        done_s = self._done_s.get(device)
        return done_s is None or self._now_s() >= done_s + _AGAIN_S

    async def _hold(self, device: Device, point: Point, value: Value) -> None:
        register = written_register(point)
        assert point.command is not None
        try:
            raw = await self._asking.register(device.unit, register)
            if decode_point(point, register, raw) == value:
                return
            if not self._allowed(device.id):
                self._held_back.add(device.id)
                return
            if why := wrong_value(point, value):
                self._say(point, value, Fate.REJECTED, why)
                return
            words = encode_point(point, register, value, raw)
            await self._asking.ask(
                write_request(device.unit, point.command, register, words), self._asking.timeout_s
            )
            found = decode_point(point, register, await self._asking.register(device.unit, register))
        except (EncodeError, ValueError, ArithmeticError, Refused) as error:
            self._say(point, value, Fate.REJECTED, str(error))
        except (NoAnswer, BadFrame) as error:
            self._say(point, value, Fate.NO_ANSWER, str(error))
            raise
        else:
            same = found == value
            self._say(
                point,
                value,
                Fate.READ_BACK if same else Fate.MISMATCH,
                "" if same else f"reads back {found} instead of {value}",
            )

    def _say(self, point: Point, value: Value, fate: Fate, detail: str) -> None:
        self._inbox.put(SetUp(point.device, point.id, value, fate, detail))

    def _now_s(self) -> float:
        return self._clock.now().mono_ns / 1e9
