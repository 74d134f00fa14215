"""A profile's points to the records of the Plan, for one device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from config.plan.points import BacnetObject, Command, Counter, Point, Register
from config.written import addresses
from config.written.check.values import allowed_states, in_point_unit, inside_unit
from config.written.lower.numbers import decimal_text, fraction, ratio_of, unit_factor
from config.written.model.devices import PointOverride
from config.written.model.profile import CommandWritten, PointWritten, VerifyPoint
from config.written.profiles import REGISTERS, Profile, kind_of, raw_type, written_type

_LEAST_AGE_S = 5.0
_WHOLE = ("integer-value", "positive-integer-value")
"""BACnet objects that hold whole numbers."""
_RESOLUTION = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}
"""Relative step of a float: two neighbours differ by at most this share."""


@dataclass(frozen=True, slots=True)
class Making:
    """What the points of one device are made from."""

    device: str
    device_id: int
    first_id: int
    profile: Profile
    params: Mapping[str, Fraction]
    overrides: Mapping[str, PointOverride]
    language: Literal["zh", "en"]
    _index: dict[str, int] = field(default_factory=dict)

    def id_of(self, name: str | None) -> int | None:
        """Id of the device's point of that name."""
        if not self._index:
            self._index.update({point: self.first_id + at for at, point in enumerate(self.profile.points)})
        return None if name is None else self._index.get(name)


def lower_points(making: Making) -> dict[str, Point]:
    """Every usable point of the device by name, in the profile's order."""
    return {name: _point(making, name, point) for name, point in making.profile.points.items()}


def _point(making: Making, name: str, point: PointWritten) -> Point:
    override = making.overrides.get(name, PointOverride())
    poll = override.poll if override.poll is not None else point.poll
    max_age = override.max_age if override.max_age is not None else point.max_age
    low, high = (None, None) if point.valid is None else (in_point_unit(point, item) for item in point.valid)
    number = making.id_of(name)
    assert number is not None
    return Point(
        id=number,
        key=f"{making.device}.{name}",
        name=name,
        label=override.label if override.label is not None else point.label[making.language],
        device=making.device_id,
        kind=kind_of(point),
        unit=inside_unit(point),
        source=_source(making, point),
        poll_s=poll,
        max_age_s=max(3 * poll, _LEAST_AGE_S) if max_age is None else max_age,
        normally_closed=point.normally_closed,
        states=tuple((point.states or {}).items()),
        valid_low=None if low is None else float(low),
        valid_high=None if high is None else float(high),
        command=None if point.command is None else _command(making, point, point.command),
        counter=_counter(making, point),
        life_safety=making.profile.life_safety(name),
    )


def _source(making: Making, point: PointWritten) -> Register | BacnetObject:
    scale = fraction(point.scale) * ratio_of(point, making.params) * unit_factor(point)
    if not making.profile.modbus:
        return BacnetObject(
            object_type=point.at.space,
            instance=point.at.number,
            cov_increment=point.cov,
            scale=float(scale),
            commandable=point.command is not None,
        )
    space, address = addresses.on_the_wire(point.at, making.profile.head.addresses == "printed")
    raw = raw_type(point)
    assert raw is not None
    bit, bits = _field(point.bit, point.bits)
    return Register(
        space=space,
        address=address,
        type="bool" if point.type == "bool" else raw,
        count=point.count or REGISTERS.get(raw, 1),
        order=point.order,
        bit=bit,
        bits=bits,
        scale=float(scale),
        offset=float(fraction(point.offset) * unit_factor(point)),
        not_available=tuple(point.not_available),
        on_raw=tuple(point.on or ()),
        off_raw=tuple(point.off or ()),
    )


def _field(bit: int | None, bits: list[int] | None) -> tuple[int | None, int]:
    """(lowest bit, width) of a bit field."""
    return (bits[0], bits[1] - bits[0] + 1) if bits else (bit, 1)


def _command(making: Making, point: PointWritten, command: CommandWritten) -> Command:
    low, high = (
        (None, None) if command.range is None else (in_point_unit(point, item) for item in command.range)
    )
    verify_point, after = None, command.verify_after
    verify: Literal["same", "point", "none"] = "same"
    if isinstance(command.verify, VerifyPoint):
        verify, verify_point, after = "point", making.id_of(command.verify.point), command.verify.after
    elif command.verify == "none" or (command.pulse is not None and "verify" not in command.model_fields_set):
        # A momentary output is off again before it could be read back.
        verify = "none"
    register = _written_register(making, point, command) if making.profile.modbus else None
    target = register or _source(making, point)
    bounds = (None if low is None else float(low), None if high is None else float(high))
    allowed = allowed_states(point)
    return Command(
        low=bounds[0],
        high=bounds[1],
        states=tuple(allowed) if len(allowed) < len(point.states or {}) else (),
        function=_function(target, command),
        register=register,
        bit_in_word=isinstance(target, Register) and target.space == "holding" and target.bit is not None,
        pulse_s=command.pulse,
        reassert_s=None if command.pulse is not None else command.reassert,
        verify=verify,
        verify_point=verify_point,
        verify_after_s=after,
        tolerance=_tolerance(point, command, target, bounds),
        targetable=not command.set_up,
    )


def _function(target: Register | BacnetObject, command: CommandWritten) -> Literal[0, 5, 6, 15, 16]:
    if isinstance(target, BacnetObject):
        return 0
    if command.function is not None:
        return command.function
    if target.space == "coil":
        return 5
    return 6 if target.count == 1 else 16


def _written_register(making: Making, point: PointWritten, command: CommandWritten) -> Register | None:
    """Where and how it is written, when that differs from where and how it is read."""
    otherwise = {"at", "type", "order", "scale", "offset", "bit", "bits", "on", "off"}
    if not otherwise & command.model_fields_set:
        return None
    moved = command.at is not None
    place = command.at or point.at
    space, address = addresses.on_the_wire(place, making.profile.head.addresses == "printed")
    raw = "bool" if space == "coil" else written_type(point, command)
    assert raw is not None
    own_field = moved or command.bit is not None or command.bits is not None
    bit, bits = _field(command.bit, command.bits) if own_field else _field(point.bit, point.bits)
    scale = fraction(point.scale if command.scale is None else command.scale)
    offset = fraction(point.offset if command.offset is None else command.offset)
    is_bool = kind_of(point) == "bool"
    return Register(
        space=space,
        address=address,
        type="bool" if is_bool and bit is None and raw == "uint16" else raw,
        count=REGISTERS.get(raw, 1),
        order=command.order or point.order,
        bit=bit,
        bits=bits,
        scale=float(scale * ratio_of(point, making.params) * unit_factor(point)),
        offset=float(offset * unit_factor(point)),
        not_available=() if moved else tuple(point.not_available),
        on_raw=tuple(point.on or () if command.on is None else command.on),
        off_raw=tuple(point.off or () if command.off is None else command.off),
    )


def _tolerance(
    point: PointWritten,
    command: CommandWritten,
    target: Register | BacnetObject,
    bounds: tuple[float | None, float | None],
) -> float:
    """What a read-back may differ by: as declared, or what writing into the register rounds away."""
    if command.tolerance is not None:
        return float(in_point_unit(point, command.tolerance))
    if kind_of(point) != "number":
        return 0.0
    largest = max(abs(bound) for bound in bounds if bound is not None) if None not in bounds else 0.0
    if isinstance(target, BacnetObject):
        if target.object_type in _WHOLE:
            return abs(target.scale) / 2
        return largest * _RESOLUTION["float32"]
    if target.type in _RESOLUTION:
        return largest * _RESOLUTION[target.type]
    return abs(target.scale) / 2


def _counter(making: Making, point: PointWritten) -> Counter | None:
    counter = point.counter
    if counter is None:
        return None
    factor = ratio_of(point, making.params) * unit_factor(point)
    quantum = fraction(counter.quantum)
    # A ratio without exact decimal is refused with the device's params; the Plan is not made then.
    written = decimal_text(quantum * factor) or "0"
    return Counter(
        quantity=counter.quantity,
        quantum=written,
        modulus=None if counter.modulus is None else int(fraction(counter.modulus) / quantum),
        max_rate=float(fraction(counter.max_rate) * factor),
        power_point=making.id_of(counter.power),
    )
