"""One point of a profile: does what is written about it fit together?"""

from __future__ import annotations

from config.language import Text, text
from config.plan.units import UNITS
from config.written import addresses
from config.written.check.command import check_command
from config.written.check.values import LEAST_SCALE, check_pair
from config.written.model.profile import PointWritten
from config.written.problems import Findings, Wrong, one_of
from config.written.profiles import REGISTERS, Profile, kind_of, raw_type
from config.written.quantities import exact

_COUNTED = {"electricity": ("energy",), "water": ("volume",), "gas": ("volume",), "heat": ("heat", "energy")}


def check_point(profile: Profile, name: str, findings: Findings) -> None:
    """Tell everything that is wrong with the point `name`."""
    point = profile.points[name]
    if point.at.modbus != profile.modbus:
        findings.problem(
            profile.place("points", name, "at"),
            text(
                '"{space}" is no place on a {protocol} device',
                space=point.at.space,
                protocol=profile.head.protocol,
            ),
            one_of(addresses.SPACES if profile.modbus else addresses.OBJECTS),
        )
        return
    if profile.modbus:
        _check_registers(profile, name, point, findings)
    else:
        _check_object(profile, name, point, findings)
    _check_number(profile, name, point, findings)
    _check_age(profile, name, point, findings)
    _check_counter(profile, name, point, findings)
    if point.command is not None:
        check_command(profile, name, findings)


def _unfit(profile: Profile, name: str, keys: list[str], why: Text, findings: Findings) -> None:
    """The written ones of `keys` do not belong to this point."""
    for key in keys:
        if key in profile.points[name].model_fields_set:
            findings.problem(
                profile.place("points", name, key, key=True),
                text('"{key}" does not belong here: {why}', key=key, why=why),
            )


def _check_registers(profile: Profile, name: str, point: PointWritten, findings: Findings) -> None:
    try:
        _, address = addresses.on_the_wire(point.at, profile.head.addresses == "printed")
    except Wrong as error:
        findings.wrong(profile.place("points", name, "at"), error)
        return
    _unfit(profile, name, ["cov"], text("only BACnet objects have it"), findings)
    if point.at.space in {"coil", "discrete"}:
        keys = ["order", "count", "bit", "bits", "on", "off", "not_available", "states"]
        _unfit(profile, name, keys, text("a coil is one bit"), findings)
        if point.type not in {None, "bool"}:
            _unfit(profile, name, ["type"], text("a coil is one bit"), findings)
        return
    raw = raw_type(point)
    if raw is None:
        findings.problem(
            profile.place("points", name, key=True),
            text('"{key}" is missing', key="type"),
            text("something like {example}", example="uint16"),
        )
        return
    if raw == "string":
        if point.count is None:
            findings.problem(
                profile.place("points", name, key=True),
                text('"{key}" is missing', key="count"),
                text("how many registers the text takes"),
            )
        _unfit(
            profile,
            name,
            ["bit", "bits", "on", "off", "not_available", "states"],
            text("the point is a text"),
            findings,
        )
    else:
        _unfit(profile, name, ["count"], text("only a text has it"), findings)
    count = point.count or REGISTERS.get(raw, 1)
    if address + count > 65536:
        findings.problem(profile.place("points", name, "at"), text("the value reaches beyond register 65535"))
    if count > profile.head.limits.max_registers:
        findings.problem(
            profile.place("points", name, "at"),
            text(
                "the value takes {count} registers; this device gives {limit} at once",
                count=count,
                limit=profile.head.limits.max_registers,
            ),
        )
    if raw != "string":
        _check_raw(profile, name, point, REGISTERS[raw] * 16, raw.startswith("float"), findings)


def _check_raw(
    profile: Profile, name: str, point: PointWritten, width: int, is_float: bool, findings: Findings
) -> None:
    """Bits, raw codes and states against the width of the value."""
    if is_float:
        _unfit(
            profile,
            name,
            ["bit", "bits", "on", "off", "states"],
            text("it is a floating-point number"),
            findings,
        )
    if point.bit is not None and point.bits is not None:
        findings.problem(
            profile.place("points", name, "bits", key=True),
            text('"{key}" does not belong here: {why}', key="bits", why=text("bit is given")),
        )
    highest = max(point.bits) if point.bits else point.bit
    if highest is not None and highest >= width:
        findings.problem(
            profile.place("points", name, "bits" if point.bits else "bit"),
            text("bit {bit} of a value of {width} bits", bit=highest, width=width),
        )
    if point.bits and point.bits[0] > point.bits[1]:
        findings.problem(profile.place("points", name, "bits"), text("the lower bit comes first"))
    field = point.bits[1] - point.bits[0] + 1 if point.bits else 1 if point.bit is not None else width
    largest = (1 << max(field, 1)) - 1
    for key, codes in (("on", point.on or []), ("off", point.off or [])):
        for index, code in enumerate(codes):
            if code > largest:
                findings.problem(
                    profile.place("points", name, key, index),
                    text("{code} does not fit into {width} bits", code=code, width=field),
                )
    for index, code in enumerate(point.not_available):
        if code >= 1 << width:
            findings.problem(
                profile.place("points", name, "not_available", index),
                text("{code} does not fit into {width} bits", code=code, width=width),
            )
    signed = field == width and (point.type or "").startswith("int")
    for number in point.states or {}:
        if number > (largest >> signed) or number < 0:
            findings.problem(
                profile.place("points", name, "states"),
                text("{code} does not fit into {width} bits", code=number, width=field),
            )
    if point.off is not None and point.on is None and point.off != [0]:
        findings.problem(
            profile.place("points", name, "off", key=True),
            text("off codes other than 0 need on codes as well"),
        )
    if both := set(point.on or []) & set(point.off or []):
        findings.problem(
            profile.place("points", name, "off"), text("{code} cannot mean both on and off", code=min(both))
        )


def _check_object(profile: Profile, name: str, point: PointWritten, findings: Findings) -> None:
    why = text("only Modbus registers have it")
    keys = ["type", "order", "count", "offset", "not_available", "bit", "bits", "on", "off"]
    _unfit(profile, name, keys, why, findings)
    if point.at.space in addresses.MULTI:
        if point.states is None:
            findings.problem(
                profile.place("points", name, key=True),
                text('"{key}" is missing', key="states"),
                text("something like {example}", example="{1: stop, 2: auto}"),
            )
        elif min(point.states) < 1:
            findings.problem(
                profile.place("points", name, "states"), text("states of a BACnet object begin at 1")
            )
        elif (most := max(point.states)) >= 1 << 32:
            findings.problem(
                profile.place("points", name, "states"),
                text("{code} does not fit into {width} bits", code=most, width=32),
            )
    elif point.states is not None:
        _unfit(profile, name, ["states"], text("only multi-state objects have it"), findings)


def _check_number(profile: Profile, name: str, point: PointWritten, findings: Findings) -> None:
    kind = kind_of(point)
    if kind != "number":
        keys = ["scale", "offset", "times", "unit", "valid", "counter"]
        _unfit(profile, name, keys, text("the point is no number"), findings)
    if kind != "bool":
        _unfit(profile, name, ["normally_closed"], text("the point is no contact"), findings)
    for index, param in enumerate(point.times):
        if param not in profile.head.params:
            findings.problem(
                profile.place("points", name, "times", index),
                text('no parameter named "{name}"', name=param),
                hint=findings.guess(param, profile.head.params),
            )
    if abs(point.scale) < LEAST_SCALE:
        findings.problem(
            profile.place("points", name, "scale"),
            text("a scale of {value} leaves nothing", value=f"{point.scale:g}"),
            hint=text("leave it out where the register holds the value itself"),
        )
    if point.valid is not None:
        check_pair(profile, point, ("points", name, "valid"), point.valid, findings)


def _check_age(profile: Profile, name: str, point: PointWritten, findings: Findings) -> None:
    if point.max_age is not None and point.max_age < point.poll:
        findings.problem(
            profile.place("points", name, "max_age"),
            text(
                "readings would be stale before the next poll ({age} s, polled every {poll} s)",
                age=f"{point.max_age:g}",
                poll=f"{point.poll:g}",
            ),
        )


def _check_counter(profile: Profile, name: str, point: PointWritten, findings: Findings) -> None:
    counter = point.counter
    if counter is None or kind_of(point) != "number":
        return
    quantity = UNITS[point.unit].quantity if point.unit else ""
    if quantity not in _COUNTED[counter.quantity]:
        findings.problem(
            profile.place("points", name, "counter", "quantity"),
            text(
                "{quantity} is not counted in {unit}", quantity=Text(counter.quantity), unit=point.unit or "1"
            ),
        )
    if counter.modulus is not None and (exact(counter.modulus) / exact(counter.quantum)) % 1:
        findings.problem(
            profile.place("points", name, "counter", "modulus"),
            text("the modulus is no multiple of the quantum"),
        )
    elif (
        counter.modulus is not None and (counts := exact(counter.modulus) / exact(counter.quantum)) >= 1 << 63
    ):
        findings.problem(
            profile.place("points", name, "counter", "modulus"),
            text("{code} does not fit into {width} bits", code=f"{counts:.10g}", width=63),
        )
    if counter.power is None:
        return
    if not profile.knows(counter.power):
        findings.problem(
            profile.place("points", name, "counter", "power"),
            text('no point named "{name}" in profile {profile}', name=counter.power, profile=profile.name),
            hint=findings.guess(counter.power, profile.names()),
        )
    elif counter.power in profile.points and kind_of(profile.points[counter.power]) != "number":
        findings.problem(
            profile.place("points", name, "counter", "power"),
            text('"{name}" is no number', name=counter.power),
        )
