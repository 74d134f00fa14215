"""One Write on a BACnet device: the fence before it, the slot written, others nulled, the priority array read
back."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from typing import NamedTuple

from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from config.plan.slots import WRITABLE
from drivers.api import BadFrame, Fate, NoAnswer, Refused, Write
from drivers.bacnet import services, values
from drivers.bacnet.names import Property, Service
from drivers.bacnet.reader import Ask, Reader
from drivers.bacnet.services import Fault, Ref
from drivers.bacnet.tags import ObjectId, app_null


class Done(NamedTuple):
    """What became of a write, and the priority array as it was seen afterwards (None: not seen)."""

    fate: Fate
    value: Value | None
    detail: str
    slots: tuple[tuple[int, Value], ...] | None = None


def refusal(point: Point, write: Write) -> str | None:
    """Why this write may not be sent at all; None when it may. Pure, and asked before anything touches the
    wire."""
    command, source = point.command, point.source
    if point.life_safety or command is None or not command.targetable:
        return "not commandable"
    if not isinstance(source, BacnetObject) or not source.commandable:
        return "no priority array"
    if write.slot not in WRITABLE or any(slot not in WRITABLE for slot in write.null_slots):
        return "slot not ours to write"
    if write.slot in write.null_slots:
        return "slot both written and nulled"
    return None if write.value is None else _misfit(point, write.value)


def _misfit(point: Point, value: Value) -> str | None:
    assert point.command is not None
    if point.kind == "bool":
        return None if isinstance(value, bool) else "not on or off"
    if isinstance(value, bool | str):
        return f"not a {point.kind}"
    if point.kind == "enum":
        allowed = point.command.states or tuple(number for number, _ in point.states)
        return None if value in allowed else "state not allowed"
    low, high = point.command.low, point.command.high
    if not math.isfinite(value) or low is None or high is None or not low <= value <= high:
        return "out of range"
    return None


class Commander:
    """Carries out writes on one device. The commands of a device are carried out one after the other."""

    def __init__(self, ask: Ask, reader: Reader) -> None:
        self._ask = ask
        self._reader = reader
        self._at_once = True
        """Several slots may be written by one request, as far as is known."""

    async def carry_out(self, point: Point, write: Write, feedback: Point | None) -> Done:
        """Write, null, read back; `feedback` is the point of `Command.verify_point`, if it lies on this
        device. A pulse is begun and ended by `pulses`; only its release comes here."""
        assert point.command is not None
        try:
            at_once = await self._put_at_once(point, write)
            if not at_once:
                await self.put(point, write.value, write.slot)
        except Refused as error:
            return Done(Fate.REJECTED, None, str(error.code))
        except ValueError as error:
            return Done(Fate.REJECTED, None, str(error))
        except (NoAnswer, BadFrame) as error:
            return Done(Fate.NO_ANSWER if error.sent else Fate.NOT_SENT, None, str(error))
        try:
            trouble = "" if at_once else await self.null(point, write.null_slots)
            if point.command.verify == "none" and trouble:
                return Done(Fate.MISMATCH, None, trouble)  # an older value of ours may still stand
            if point.command.verify == "none":
                return Done(Fate.ACKNOWLEDGED, None, "")
            if point.command.verify_after_s:
                await asyncio.sleep(point.command.verify_after_s)
            done = await self._read_back(point, write, feedback)
            if at_once and done.fate is not Fate.READ_BACK:
                self._at_once = False
            if trouble and done.slots is None:
                return done._replace(fate=Fate.MISMATCH, detail=trouble)
            return done._replace(detail=done.detail or trouble)
        except (NoAnswer, BadFrame) as error:
            return Done(Fate.NO_ANSWER, None, f"accepted, then {error}")

    async def set_up(self, point: Point, value: Value) -> None:
        """Write a set-up value. Raises DriverError, ValueError."""
        source = point.source
        assert isinstance(source, BacnetObject)
        await self.put(point, value, max(WRITABLE) if source.commandable else None)

    async def look(self, point: Point) -> tuple[tuple[int, Value], ...] | None:
        """The point's priority array, entry by entry where the device cannot send it whole; None if not at
        all."""
        array = Ref(_identity(point), Property.PRIORITY_ARRAY)
        whole = (await self._reader.read([array]))[array]
        found = values.slots(point, whole)
        if found is None and isinstance(whole, Fault) and whole.name not in _NO_ARRAY:
            parts = [array._replace(element=slot) for slot in range(1, 17)]
            answers = await self._reader.read(parts)
            tags = [answers[part] for part in parts]
            if not any(isinstance(tag, Fault) for tag in tags):
                whole = tuple(tag for part in tags if not isinstance(part, Fault) for tag in part)
                found = values.slots(point, whole)
        return found

    async def put(self, point: Point, value: Value | None, slot: int | None) -> None:
        """Write a value into a slot; None takes ours out. Raises DriverError, ValueError."""
        ref = Ref(_identity(point), Property.PRESENT_VALUE)
        await self._ask(Service.WRITE_PROPERTY, services.write_property(ref, _data(point, value), slot))

    async def _put_at_once(self, point: Point, write: Write) -> bool:
        """Write the slot and null the others by one request. False where there is nothing to null, or the
        device has not taken it so: then one by one, which tells what it refuses. Raises NoAnswer, BadFrame,
        ValueError."""
        if not (self._at_once and write.null_slots):
            return False
        entries = [
            (_data(point, write.value), write.slot),
            *((app_null(), slot) for slot in write.null_slots),
        ]
        ref = Ref(_identity(point), Property.PRESENT_VALUE)
        self._at_once = False
        try:
            await self._ask(Service.WRITE_PROPERTY_MULTIPLE, services.write_property_multiple(ref, entries))
        except Refused:
            return False
        self._at_once = True
        return True

    async def null(self, point: Point, slots: Iterable[int]) -> str:
        """Release `slots`; what was refused first, "" for nothing. Raises NoAnswer, BadFrame."""
        trouble = ""
        for slot in slots:
            try:
                await self.put(point, None, slot)
            except Refused as error:
                trouble = trouble or f"slot {slot} not released: {error.code}"
        return trouble

    async def present(self, point: Point) -> Value | None:
        """The present value; None if there is no good one. Raises NoAnswer."""
        ref = Ref(_identity(point), Property.PRESENT_VALUE)
        return values.judge(point, (await self._reader.read([ref]))[ref], None, None).value

    async def _read_back(self, point: Point, write: Write, feedback: Point | None) -> Done:
        assert point.command is not None
        seen = await self.look(point)
        if seen is None:
            return await self._without_array(point, write)
        ours = dict(seen).get(write.slot)
        if write.value is None:
            if ours is not None:
                return Done(Fate.MISMATCH, ours, f"slot {write.slot} still holds {ours}", seen)
        elif ours is None or not values.same(point, write.value, ours, point.command.tolerance):
            found = "nothing" if ours is None else ours
            detail = f"slot {write.slot} holds {found} instead of {write.value}"
            return Done(Fate.MISMATCH, ours, detail, seen)
        kept = [slot for slot in write.null_slots if slot in dict(seen)]
        if kept:
            return Done(Fate.MISMATCH, ours, f"slot {kept[0]} still holds {dict(seen)[kept[0]]}", seen)
        above = [slot for slot, _ in seen if slot < write.slot]
        if feedback is not None and write.value is not None and not above:
            actual = await self.present(feedback)
            if actual is None or not values.same(feedback, write.value, actual, point.command.tolerance):
                return Done(Fate.MISMATCH, actual, f"{feedback.name} says {actual}", seen)
        return Done(Fate.READ_BACK, ours, f"overridden at slot {above[0]}" if above else "", seen)

    async def _without_array(self, point: Point, write: Write) -> Done:
        """The device does not show its priority array: the present value is all there is to go by."""
        assert point.command is not None
        actual = await self.present(point)
        fits = (
            write.value is not None
            and actual is not None
            and values.same(point, write.value, actual, point.command.tolerance)
        )
        fate = Fate.READ_BACK if fits else Fate.ACKNOWLEDGED
        return Done(fate, actual, "priority array not readable")


_NO_ARRAY = {"unknown-object", "unknown-property"}


def _identity(point: Point) -> ObjectId:
    assert isinstance(point.source, BacnetObject)
    return values.identity(point.source)


def _data(point: Point, value: Value | None) -> bytes:
    return app_null() if value is None else values.encode(point, value)
