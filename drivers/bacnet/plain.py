"""The hot path: polls of present values whose answers are plain. Pure.

The first answer to a question is read the general way (`services`). If all values in it are plain (one number
of a fixed size each, no error, no fault) it becomes the question's form: what every such answer consists of
byte by byte, but for the values. An answer that fits its form is taken apart by one call of `struct`; any
other one is read the general way again. So nothing is taken here that `services` would read otherwise, which
tests hold against it and against bacpypes3 for every type.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from config.plan.points import BacnetObject, Point
from drivers.bacnet import services, values
from drivers.bacnet.names import Property
from drivers.bacnet.services import Answer, Fault, Ref
from drivers.bacnet.tags import (
    APPLICATION,
    CLOSING,
    DOUBLE,
    ENUMERATED,
    OPENING,
    REAL,
    SIGNED,
    UNSIGNED,
    ObjectId,
    Tag,
    context,
    context_object,
    tagged,
)
from drivers.handover import Found

_CODES: Final = {
    (REAL, 4): "f",
    (DOUBLE, 8): "d",
    **{(UNSIGNED, size): code for size, code in ((1, "B"), (2, "H"), (4, "I"))},
    **{(ENUMERATED, size): code for size, code in ((1, "B"), (2, "H"), (4, "I"))},
    **{(SIGNED, size): code for size, code in ((1, "b"), (2, "h"), (4, "i"))},
}
"""Of values that are plain: application tag and size → how struct calls it."""
_MOST: Final = sys.float_info.max


class Gauge(NamedTuple):
    """What makes a reading of one point's plain value."""

    point: Point
    id: int
    scale: float | None
    """None: not a number."""
    low: float
    high: float


class _Form(NamedTuple):
    """What an answer consists of: constants and values in turn, a constant first and last."""

    layout: struct.Struct
    constants: tuple[bytes, ...]
    reasons: tuple[str, ...]
    """Of each point's readings: what stands in the flags that go with them."""


class Question:
    """One ReadPropertyMultiple: present values of some points, with status flags where there are such."""

    __slots__ = ("_answer", "_form", "_gauges", "_objects", "_raw", "points", "refs", "request")

    def __init__(self, points: Sequence[Point], flagless: frozenset[int] = frozenset()) -> None:
        self.points = tuple(point.id for point in points)
        self._gauges = tuple(gauge(point) for point in points)
        self._objects = [(_identity(point), point.id not in flagless) for point in points]
        self.refs: list[Ref] = []
        for owner, flagged in self._objects:
            self.refs.append(Ref(owner, Property.PRESENT_VALUE))
            if flagged:
                self.refs.append(Ref(owner, Property.STATUS_FLAGS))
        self.request: Final = services.read_property_multiple(self.refs)
        self._form: _Form | None = None
        self._answer: bytes | None = None
        """As long as it is `latest`."""
        self._raw: tuple[float, ...] = ()
        """The values in it."""

    def learn(self, payload: bytes, answers: Mapping[Ref, Answer]) -> None:
        """`payload` was read the general way."""
        self._form = _form(payload, self._objects, answers)
        self._answer = None

    @property
    def latest(self) -> bool:
        """Whether all points' latest readings came of it."""
        return self._answer is not None

    def forget(self) -> None:
        """One of the points was read otherwise."""
        self._answer = None

    def repeats(self, payload: bytes) -> bool:
        """Whether all points say what their latest readings said."""
        return payload == self._answer

    def take(self, payload: bytes) -> list[Found] | None:
        """What points say that is new, the others say what they said; None when it fits no form."""
        form = self._form
        if form is None or len(payload) != form.layout.size:
            return None
        fields = form.layout.unpack(payload)
        if fields[::2] != form.constants:
            return None
        raw = fields[1::2]
        if self._answer is None:
            found = [read(*one) for one in zip(self._gauges, raw, form.reasons, strict=True)]
        else:
            both = zip(self._gauges, raw, form.reasons, self._raw, strict=True)
            found = [read(one, number, reason) for one, number, reason, before in both if number != before]
        self._answer, self._raw = payload, raw
        return found


def gauge(point: Point) -> Gauge:
    """How to read it."""
    source = point.source
    assert isinstance(source, BacnetObject)
    if point.kind != "number":
        return Gauge(point, point.id, None, 0.0, 0.0)
    low, high = point.valid_low, point.valid_high
    return Gauge(
        point,
        point.id,
        source.scale,
        -_MOST if low is None else low,
        _MOST if high is None else high,
    )


def read(of: Gauge, raw: float, reason: str) -> Found:
    """A plain present value, judged as `values.judge` does it."""
    _, point, scale, low, high = of
    if scale is not None:
        number = raw * scale + 0.0  # of either zero the one without a sign
        if low <= number <= high:
            return Found(point, number, reason)
    try:
        return Found(point, values.engineering(of.point, raw), reason)
    except values.Unusable as error:
        return Found(point, None, str(error))


def _identity(point: Point) -> ObjectId:
    assert isinstance(point.source, BacnetObject)
    return values.identity(point.source)


def _form(
    payload: bytes, objects: Sequence[tuple[ObjectId, bool]], answers: Mapping[Ref, Answer]
) -> _Form | None:
    """None when it is not plain."""
    layout, constants, reasons = ">", [], []
    constant, whole = b"", b""
    for owner, flagged in objects:
        present = _single(answers.get(Ref(owner, Property.PRESENT_VALUE)))
        code = _CODES.get((present.number, len(present.data))) if present is not None else None
        said = answers.get(Ref(owner, Property.STATUS_FLAGS)) if flagged else None
        flags, bits = _single(said), values.flag_bits(said)
        if present is None or code is None or (flagged and flags is None) or values.unsound(bits):
            return None
        encoded = tagged(APPLICATION, present.number, present.data)
        head = encoded[: -len(present.data)]
        constant += context_object(0, owner) + tagged(OPENING, 1) + _opened(Property.PRESENT_VALUE) + head
        layout += f"{len(constant)}s{code}"
        constants.append(constant)
        whole += constant + present.data
        constant = tagged(CLOSING, 4)
        if flags is not None:
            constant += _opened(Property.STATUS_FLAGS) + tagged(APPLICATION, flags.number, flags.data)
            constant += tagged(CLOSING, 4)
        constant += tagged(CLOSING, 1)
        reasons.append(values.noted(bits))
    if whole + constant != payload:
        return None  # in another order, or written at greater length than it need be
    layout += f"{len(constant)}s"
    return _Form(struct.Struct(layout), (*constants, constant), tuple(reasons))


def _opened(what: Property) -> bytes:
    return context(2, what) + tagged(OPENING, 4)


def _single(answer: Answer | None) -> Tag | None:
    """The one application tag it consists of."""
    if answer is None or isinstance(answer, Fault) or len(answer) != 1 or answer[0].kind != APPLICATION:
        return None
    return answer[0]
