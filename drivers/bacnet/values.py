"""Between BACnet's present values and engineering values, with quality. Pure.

Quality: the status flags `fault` and `out-of-service`, a reliability other than "no-fault-detected", and a
number that is not finite make a reading BAD with its reason. `in-alarm` alone is a good reading; `overridden`
(a hand at the device) is good and noted as the reading's reason.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from drivers.api import BadFrame
from drivers.bacnet.names import object_type, reliability_name, type_name
from drivers.bacnet.services import Answer, Fault
from drivers.bacnet.tags import (
    Atom,
    ObjectId,
    app_double,
    app_enumerated,
    app_real,
    app_signed,
    app_text,
    app_unsigned,
    atom,
)

_FLAG_FAULT: Final = 1
_FLAG_OVERRIDDEN: Final = 2
_FLAG_OUT_OF_SERVICE: Final = 3

_REAL = {"analog-input", "analog-output", "analog-value", "lighting-output"}
_BINARY = {"binary-input", "binary-output", "binary-value", "binary-lighting-output"}
_STATES = {"multi-state-input", "multi-state-output", "multi-state-value"}


class Outcome(NamedTuple):
    """A present value judged. `value` is None exactly when it is BAD for `reason`."""

    value: Value | None
    reason: str = ""


class Unusable(Exception):
    """A present value that is no reading of this point; the text is the reason."""


def identity(source: BacnetObject) -> ObjectId:
    """Which object it is on the wire."""
    return ObjectId(object_type(source.object_type), source.instance)


def judge(point: Point, present: Answer, flags: Answer | None, reliability: Answer | None) -> Outcome:
    """A reading's value and reason.

    `flags` and `reliability` are None where they were not read; an error in their place (a device without the
    property) counts as nothing to say.
    """
    if isinstance(present, Fault):
        return Outcome(None, present.name)
    bits = flag_bits(flags)
    if bits[_FLAG_OUT_OF_SERVICE]:
        return Outcome(None, "out of service")
    unreliable = _reliability(reliability)
    if bits[_FLAG_FAULT] or unreliable:
        return Outcome(None, unreliable or "fault")
    try:
        value = engineering(point, _single(present))
    except Unusable as error:
        return Outcome(None, str(error))
    return Outcome(value, noted(bits))


def flag_bits(flags: Answer | None) -> tuple[bool, ...]:
    """The four status flags: in-alarm, fault, overridden, out-of-service; all false where there are none."""
    if flags is not None and not isinstance(flags, Fault):
        try:
            bits = _single(flags)
        except Unusable:
            bits = None
        if isinstance(bits, tuple) and not isinstance(bits, ObjectId) and len(bits) >= 4:
            return bits
    return (False, False, False, False)


def noted(bits: tuple[bool, ...]) -> str:
    """What is said of a good reading with these flags."""
    return "overridden" if bits[_FLAG_OVERRIDDEN] else ""


def unsound(bits: tuple[bool, ...]) -> bool:
    """Whether a reading with these flags is not a good one."""
    return bits[_FLAG_OUT_OF_SERVICE] or bits[_FLAG_FAULT]


def faulty(flags: Answer | None) -> bool:
    """Whether to ask for the reliability as well."""
    return flag_bits(flags)[_FLAG_FAULT]


def _reliability(answer: Answer | None) -> str:
    if answer is None or isinstance(answer, Fault):
        return ""
    try:
        number = _single(answer)
    except Unusable:
        return ""
    return reliability_name(number) if isinstance(number, int) and number else ""


def _single(answer: Answer) -> Atom:
    if isinstance(answer, Fault) or len(answer) != 1:
        raise Unusable("not a single value")
    try:
        return atom(answer[0])
    except BadFrame as error:
        raise Unusable(f"bad value: {error}") from None


def engineering(point: Point, raw: Atom) -> Value:
    """A raw present value (or an entry of a priority array) in engineering units. Raises Unusable."""
    source = point.source
    assert isinstance(source, BacnetObject)
    match point.kind:
        case "text":
            return raw if isinstance(raw, str) else str(_number(raw))
        case "bool":
            return (_finite(raw) != 0) != point.normally_closed
        case "enum":
            state = _finite(raw)
            if point.states and state not in dict(point.states):
                raise Unusable(f"unknown state {state:g}")
            return int(state)
        case _:
            number = _finite(float(_number(raw)) * source.scale)
            low, high = point.valid_low, point.valid_high
            if (low is not None and number < low) or (high is not None and number > high):
                raise Unusable("out of range")
            return number


def _number(raw: Atom) -> float | int:
    """Nothing tells zeros of either sign apart: they are one."""
    if isinstance(raw, int | float):
        return 0.0 if isinstance(raw, float) and raw == 0 else raw
    raise Unusable("no value" if raw is None else "not a number")


def _finite(raw: Atom) -> float | int:
    number = _number(raw)
    if not math.isfinite(number):
        raise Unusable("not finite")
    return number


def encode(point: Point, value: Value) -> bytes:
    """`value` (engineering units) as the application tag its object takes. Raises ValueError."""
    source = point.source
    assert isinstance(source, BacnetObject)
    if isinstance(value, str):
        return app_text(value)
    if point.kind == "bool":
        value = int(bool(value) != point.normally_closed)
    kind = type_name(source.object_type)
    if kind in _BINARY:
        if value not in (0, 1):
            raise ValueError(f"{value} is neither active nor inactive")
        return app_enumerated(int(value))
    number = value / source.scale if source.scale != 1.0 else value
    if not math.isfinite(number):
        raise ValueError(f"{value} is not finite")
    if kind in _REAL:
        return app_real(number)
    if kind == "large-analog-value":
        return app_double(number)
    whole = round(number)
    if kind in _STATES or kind == "positive-integer-value":
        if whole < (1 if kind in _STATES else 0):
            raise ValueError(f"{value} is below what {kind} takes")
        return app_unsigned(whole)
    if kind == "integer-value":
        return app_signed(whole)
    raise ValueError(f"{kind} is not written")


def same(point: Point, written: Value, found: Value, tolerance: float) -> bool:
    """Whether a value read back is what was written, float32 rounding and `tolerance` allowed."""
    if point.kind == "number" and not isinstance(written, str) and not isinstance(found, str):
        return math.isclose(written, found, rel_tol=1e-6, abs_tol=max(tolerance, 1e-6))
    return written == found


def slots(point: Point, answer: Answer) -> tuple[tuple[int, Value], ...] | None:
    """A whole priority array as (slot, value) of what is not null; None when it was not readable."""
    if isinstance(answer, Fault) or len(answer) != 16:
        return None
    found: list[tuple[int, Value]] = []
    for slot, tag in enumerate(answer, 1):
        try:
            raw = atom(tag)
            if raw is not None:
                found.append((slot, slot_value(point, raw)))
        except (BadFrame, Unusable):
            return None
    return tuple(found)


def slot_value(point: Point, raw: Atom) -> Value:
    """An entry of a priority array. Another's command may lie outside our valid range. Raises Unusable."""
    try:
        return engineering(point, raw)
    except Unusable:
        number = _number(raw)
        source = point.source
        assert isinstance(source, BacnetObject)
        scaled = number * source.scale if point.kind == "number" else number
        if not math.isfinite(scaled):
            raise
        return scaled if point.kind == "number" else int(scaled)
