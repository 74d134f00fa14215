"""Devices to the records of the Plan, with what they do on stop and when nobody talks to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from config.language import Text, text
from config.plan.devices import Device, Limits
from config.plan.lines import Line
from config.plan.points import Point
from config.plan.units import UNITS
from config.written.gather import Written
from config.written.lower.numbers import decimal_text, fraction
from config.written.lower.points import Making, lower_points
from config.written.lower.ranges import check_writable
from config.written.lower.stopping import lower_stop
from config.written.lower.unheard import lower_unheard
from config.written.model.devices import DeviceWritten
from config.written.named import Named
from config.written.problems import Findings, Wrong
from config.written.profiles import Profile
from config.written.quantities import amount, inside, ratio


@dataclass(frozen=True, slots=True)
class Made:
    """A device and its points, as they will stand in the Plan."""

    named: Named[DeviceWritten]
    profile: Profile
    device: Device
    points: Mapping[str, Point]

    @property
    def name(self) -> str:
        return self.named.name


def lower_devices(written: Written, lines: Mapping[str, Line], findings: Findings) -> dict[str, Made]:
    """Every device whose profile can be used, by name; tells everything wrong with each."""
    made: dict[str, Made] = {}
    points = 0
    for named in written.devices.values():
        line = _line_of(named, written, lines, findings)
        profile = None if named.entry.lacks("profile") else written.profiles.get(named.written.profile)
        if profile is None:
            continue
        device = _device(named, profile, line, len(made), points, written, findings)
        made[named.name] = device
        points += len(device.points)
    return made


def _line_of(
    named: Named[DeviceWritten], written: Written, lines: Mapping[str, Line], findings: Findings
) -> Line | None:
    wanted = named.written.line
    if named.entry.lacks("line") or (wanted not in lines and written.maybe_meant(wanted, "lines")):
        return None
    if wanted not in lines and not written.is_broken("lines", wanted):
        findings.problem(
            named.entry.place(["line"]),
            text('no line named "{name}"', name=wanted),
            hint=findings.guess(wanted, lines),
        )
    return lines.get(wanted)


def _device(
    named: Named[DeviceWritten],
    profile: Profile,
    line: Line | None,
    number: int,
    first_point: int,
    written: Written,
    findings: Findings,
) -> Made:
    device = named.written
    params = _params(named, profile, findings)
    _check_overrides(named, profile, findings)
    language = "en" if written.site and written.site.written.language == "en" else "zh"
    making = Making(
        device=named.name,
        device_id=number,
        first_id=first_point,
        profile=profile,
        params=params,
        overrides=device.points,
        language="en" if language == "en" else "zh",
    )
    points = lower_points(making)
    _check_ages(named, points, findings)
    if line is not None:
        _check_address(named, profile, line, findings)
        if line.transport == "bacnet-ip" and device.instance is not None:
            whole = written.lines[line.name].entry.whole("networks")
            _check_reach(named, line, whole, findings)
    check_writable(named, profile, params, findings)
    limits = profile.head.limits
    record = Device(
        id=number,
        name=named.name,
        label=device.label,
        profile=profile.name,
        line=line.id if line else 0,
        unit=device.unit or 0,
        instance=-1 if device.instance is None else device.instance,
        address=device.address or "",
        points=tuple(point.id for point in points.values()),
        limits=Limits(limits.max_registers, limits.max_bits, limits.max_gap, limits.max_properties),
        on_stop=lower_stop(named, profile, points, findings),
        unheard=lower_unheard(named, profile, points, findings),
        tags=tuple(device.tags),
        place=device.place,
        observe=device.observe,
        hand_s=device.hand,
        turnaround_s=profile.head.turnaround,
        quirks=tuple(profile.head.quirks),
        params=tuple((name, float(value)) for name, value in params.items()),
        source=named.entry.at,
    )
    return Made(named, profile, record, points)


def _params(named: Named[DeviceWritten], profile: Profile, findings: Findings) -> dict[str, Fraction]:
    """The profile's numbers as this site gives them."""
    declared = profile.head.params
    values = {name: fraction(param.default) for name, param in declared.items() if param.default is not None}
    missing = [name for name, one in declared.items() if one.required and name not in named.written.params]
    # An unknown one may be the only one missing, by another name: then its own place tells it.
    meant = missing if len(missing) == 1 and named.written.params.keys() - declared.keys() else []
    for name, value in named.written.params.items():
        if name not in declared:
            findings.problem(
                named.entry.place(["params", name], key=True),
                text('profile {profile} has no parameter "{name}"', profile=profile.name, name=name),
                hint=text('did you mean "{name}"?', name=meant[0])
                if meant
                else findings.guess(name, declared),
            )
            continue
        try:
            number = _number(value, declared[name].unit)
            if number <= 0:
                raise Wrong(text("{value} leaves nothing to count", value=value))
        except Wrong as error:
            findings.wrong(named.entry.place(["params", name]), error)
            continue
        if decimal_text(number) is None and any(
            point.counter is not None and name in point.times for point in profile.points.values()
        ):
            findings.problem(
                named.entry.place(["params", name]),
                text("{value} has no exact decimal, a counter cannot be kept by it", value=value),
            )
        values[name] = number
    for name in missing:
        param = declared[name]
        lost = bool(meant) or named.entry.lacks("params") or named.entry.lacks("params", name)
        if not lost:
            findings.problem(
                named.entry.at,
                text('profile {profile} needs the parameter "{name}"', profile=profile.name, name=name),
                hint=text(
                    "add {example}",
                    example=f"params: {{{name}: {f'100 {param.unit}' if param.unit else '…'}}}",
                ),
            )
    return values


def _number(value: object, unit: str | None) -> Fraction:
    """A parameter: a ratio, or a number that may carry the declared unit. Raises Wrong."""
    if unit is None:
        return ratio(value)
    number, written = amount(value)
    if not written:
        return Fraction(number)
    record = UNITS[unit]
    return Fraction(inside(value, record.inside)) / fraction(record.factor)


def _check_overrides(named: Named[DeviceWritten], profile: Profile, findings: Findings) -> None:
    for point in named.written.points:
        if not profile.knows(point):
            findings.problem(
                named.entry.place(["points", point], key=True),
                text('no point named "{name}" in profile {profile}', name=point, profile=profile.name),
                hint=findings.guess(point, profile.names()),
            )


def _check_ages(named: Named[DeviceWritten], points: Mapping[str, Point], findings: Findings) -> None:
    for name, override in named.written.points.items():
        point = points.get(name)
        if point is None or point.max_age_s >= point.poll_s or not named.entry.whole("points", name):
            continue
        key = "poll" if override.poll is not None else "max_age"
        findings.problem(
            named.entry.place(["points", name, key]),
            text(
                "readings would be stale before the next poll ({age} s, polled every {poll} s)",
                age=f"{point.max_age_s:g}",
                poll=f"{point.poll_s:g}",
            ),
        )


def _check_address(named: Named[DeviceWritten], profile: Profile, line: Line, findings: Findings) -> None:
    """The device's protocol, unit or instance against its line."""
    bacnet = line.transport == "bacnet-ip"
    if bacnet == profile.modbus:
        findings.problem(
            named.entry.place(["line"]),
            text(
                'profile {profile} speaks {protocol}, line "{line}" does not',
                profile=profile.name,
                protocol=profile.head.protocol,
                line=line.name,
            ),
        )
        return
    wanted, others = ("instance", ("unit",)) if bacnet else ("unit", ("instance", "address"))
    given: Mapping[str, object] = {
        key: getattr(named.written, key)
        for key in ("unit", "instance", "address")
        if getattr(named.written, key) is not None
    }
    if wanted not in given and not named.entry.lacks(wanted):
        findings.problem(named.entry.at, text('"{key}" is missing', key=wanted))
    for key in others:
        if key in given:
            why: Text = text("the line is {transport}", transport=line.transport)
            findings.problem(
                named.entry.place([key], key=True),
                text('"{key}" does not belong here: {why}', key=key, why=why),
            )
    unit = named.written.unit
    if line.transport.startswith("modbus-rtu") and unit is not None and not 1 <= unit <= 247:
        findings.problem(
            named.entry.place(["unit"]),
            text('"{value}" does not fit', value=unit),
            text("1 to 247 on a serial line"),
        )


def _check_reach(named: Named[DeviceWritten], line: Line, whole: bool, findings: Findings) -> None:
    """A BACnet device must be found by its address or by a search, and is not ourselves. `whole`: everything
    written of the line's networks is known."""
    address = named.written.address
    if address is None and not line.networks:
        if not whole or named.entry.lacks("address"):
            return
        findings.problem(
            named.entry.at,
            text('"{key}" is missing', key="address"),
            hint=text('or give line "{line}" its networks, to search for the device', line=line.name),
        )
    elif address == f"{line.host}:{line.port}":
        findings.problem(
            named.entry.place(["address"]),
            text('"{value}" is the own address of line "{line}"', value=address, line=line.name),
        )
