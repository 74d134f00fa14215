"""What a command may ask for against the register it is written to: everything allowed must be writable."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from config.language import Text, text
from config.written import addresses
from config.written.check.values import allowed_states
from config.written.model.profile import CommandWritten, PointWritten
from config.written.problems import Findings, Wrong
from config.written.profiles import REGISTERS, Profile, kind_of, written_type
from config.written.quantities import exact

_LARGEST_FLOAT = {"float16": Decimal(65504), "float32": Decimal("3.4028e38"), "float64": Decimal("1.797e308")}
_OBJECT_TYPES = {"integer-value": "int32", "positive-integer-value": "uint32"}


class Field(NamedTuple):
    """The part of a register that a command writes, or a BACnet integer."""

    type: str
    """As said to people."""
    bits: int
    """0 for a floating-point number."""
    signed: bool = False
    not_available: tuple[int, ...] = ()

    def misfit(self, code: Decimal) -> Text | None:
        """Why a raw number cannot be written there; None if it can."""
        if self.bits:
            low = -(1 << self.bits - 1) if self.signed else 0
            high = (1 << self.bits - self.signed) - 1
            fits = low <= code <= high
        else:
            fits = abs(code) <= _LARGEST_FLOAT[self.type]
        if not fits:
            return text("{code} does not fit into {type}", code=f"{float(code):.10g}", type=self.type)
        top = 1 << self.bits if self.signed else 0
        absent = {raw - (top if 2 * raw >= top else 0) for raw in self.not_available}
        if code in absent:
            return text("{code} would be read as not available", code=f"{float(code):.10g}")
        return None


def field_of(profile: Profile, point: PointWritten, command: CommandWritten) -> Field | None:
    """Where a command's numbers go; None where that is no number's place, which is told elsewhere."""
    if not profile.modbus:
        kind = _OBJECT_TYPES.get(point.at.space)
        return Field("float32", 0) if kind is None else Field(kind, 32, signed=kind == "int32")
    place = command.at or point.at
    if place.space == "coil":
        return Field("coil", 1)
    raw = written_type(point, command)
    if raw is None or raw not in REGISTERS:
        return None
    if raw.startswith("float"):
        return Field(raw, 0)
    bit, bits = field_bits(point, command)
    if bits is not None and bits[0] <= bits[1]:
        return Field(f"{bits[1] - bits[0] + 1} bits", bits[1] - bits[0] + 1)
    if bit is not None:
        return Field("1 bit", 1)
    absent = () if command.at is not None else tuple(point.not_available)
    return Field(raw, REGISTERS[raw] * 16, raw.startswith("int"), absent)


def field_bits(point: PointWritten, command: CommandWritten) -> tuple[int | None, list[int] | None]:
    """The bit or bits that a command writes."""
    own = command.at is not None or command.bit is not None or command.bits is not None
    return (command.bit, command.bits) if own else (point.bit, point.bits)


def raw_bounds(
    point: PointWritten, command: CommandWritten, bounds: tuple[Decimal, Decimal], factor: Decimal
) -> tuple[Decimal, Decimal]:
    """Both ends of a range as raw numbers; `factor` is what the site and the unit make of one. The scale is
    not 0."""
    scale = exact(point.scale if command.scale is None else command.scale)
    offset = exact(point.offset if command.offset is None else command.offset)
    low, high = ((bound / factor - offset) / scale for bound in bounds)
    return low, high


def check_field(
    profile: Profile, name: str, point: PointWritten, command: CommandWritten, findings: Findings
) -> None:
    """Tell what is wrong with a Modbus command's own type, bits and codes."""
    for key, problem in _wrong_keys(profile, point, command):
        path = ("points", name, "command", key)
        findings.problem(profile.place(*path, key=key in {"bit", "bits", "type"}), problem)


def check_states(
    profile: Profile, name: str, point: PointWritten, command: CommandWritten, findings: Findings
) -> None:
    """Tell a state that the register cannot take."""
    field = field_of(profile, point, command)
    if field is None or not field.bits:
        return
    for number in allowed_states(point):
        if why := field.misfit(Decimal(number)):
            findings.problem(profile.place("points", name, "command", "states", key=True), why)
            return


def _wrong_keys(profile: Profile, point: PointWritten, command: CommandWritten) -> Iterator[tuple[str, Text]]:
    given = command.model_fields_set
    place = command.at or point.at
    if place.space == "coil":
        for key in ("type", "order", "scale", "offset", "bit", "bits", "on", "off"):
            if key in given:
                yield key, _unfit(key, text("a coil is one bit"))
        if kind_of(point) == "number":
            yield "at", _unfit("at", text("a coil is one bit"))
        return
    raw = written_type(point, command)
    if raw is None:
        return
    if raw not in REGISTERS:
        yield "type", text("a text cannot be commanded")
        return
    try:
        _, address = addresses.on_the_wire(place, profile.head.addresses == "printed")
    except Wrong:
        return  # told already
    if address + REGISTERS[raw] > 65536:
        yield "at", text("the value reaches beyond register 65535")
    if raw.startswith("float"):
        for key in ("bit", "bits", "on", "off"):
            if key in given:
                yield key, _unfit(key, text("it is a floating-point number"))
        return
    yield from _wrong_bits(point, command, REGISTERS[raw] * 16)


def _wrong_bits(point: PointWritten, command: CommandWritten, width: int) -> Iterator[tuple[str, Text]]:
    bit, bits = field_bits(point, command)
    if command.bit is not None and command.bits is not None:
        yield "bits", _unfit("bits", text("bit is given"))
    highest = max(bits) if bits else bit
    if highest is not None and highest >= width:
        key = "bits" if bits else "bit"
        yield key, text("bit {bit} of a value of {width} bits", bit=highest, width=width)
        return
    if bits and bits[0] > bits[1]:
        yield "bits", text("the lower bit comes first")
        return
    size = bits[1] - bits[0] + 1 if bits else width if bit is None else 1
    on = point.on if command.on is None else command.on
    off = point.off if command.off is None else command.off
    for key, codes in (("on", on or []), ("off", off or [])):
        for code in codes:
            if code >= 1 << size:
                yield key, text("{code} does not fit into {width} bits", code=code, width=size)
    if both := set(on or []) & set(off or []):
        yield "off", text("{code} cannot mean both on and off", code=min(both))


def _unfit(key: str, why: Text) -> Text:
    return text('"{key}" does not belong here: {why}', key=key, why=why)
