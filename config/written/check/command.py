"""One command of a profile: can the device be commanded so, and is it fenced?"""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from config.language import Text, text
from config.written import addresses
from config.written.check.fitting import check_field, check_states, field_of, raw_bounds
from config.written.check.values import LEAST_SCALE, check_pair, in_point_unit
from config.written.model.profile import CommandWritten, PointWritten, VerifyPoint
from config.written.problems import Findings, Wrong, one_of
from config.written.profiles import REGISTERS, Profile, kind_of, written_type

_FITS: dict[str, tuple[int, ...]] = {"coil": (5, 15), "holding": (6, 16)}
_OTHERWISE = ("at", "type", "order", "scale", "offset", "bit", "bits", "on", "off")


def check_command(profile: Profile, name: str, findings: Findings) -> None:
    """Tell everything that is wrong with the command of the point `name`."""
    point = profile.points[name]
    command = cast(CommandWritten, point.command)
    if profile.life_safety(name):
        findings.problem(
            profile.place("points", name, "command", key=True),
            text("a life-safety point is never commanded"),
            hint=text("delete the command"),
        )
        return
    kind = kind_of(point)
    if kind == "text":
        findings.problem(
            profile.place("points", name, "command", key=True), text("a text cannot be commanded")
        )
        return
    if profile.modbus:
        _check_function(profile, name, point, command, findings)
    else:
        _check_object(profile, name, point, command, findings)
    if kind == "number":
        _check_range(profile, name, point, command, findings)
    else:
        for key in ("range", "tolerance", "scale", "offset"):
            if key in command.model_fields_set:
                _unfit(profile, name, key, text("the point is no number"), findings)
    _check_pulse(profile, name, kind, command, findings)
    _check_states(profile, name, point, command, findings)
    _check_verify(profile, name, command, findings)


def _unfit(profile: Profile, name: str, key: str, why: Text, findings: Findings) -> None:
    findings.problem(
        profile.place("points", name, "command", key, key=True),
        text('"{key}" does not belong here: {why}', key=key, why=why),
    )


def _check_object(
    profile: Profile, name: str, point: PointWritten, command: CommandWritten, findings: Findings
) -> None:
    if point.at.space not in addresses.COMMANDABLE:
        findings.problem(
            profile.place("points", name, "command", key=True),
            text('"{space}" cannot be commanded', space=point.at.space),
            one_of(sorted(addresses.COMMANDABLE)),
        )
    for key in ("function", *_OTHERWISE):
        if key in command.model_fields_set:
            _unfit(profile, name, key, text("only Modbus registers have it"), findings)


def _check_function(
    profile: Profile, name: str, point: PointWritten, command: CommandWritten, findings: Findings
) -> None:
    place = command.at or point.at
    path = ("points", name, "command", "at") if command.at else ("points", name, "command")
    if place.space not in _FITS:
        findings.problem(
            profile.place(*path, key=not command.at),
            text('"{space}" cannot be written', space=place.space),
            hint=text("say where it is written: {example}", example="command: {at: holding 0x1000}"),
        )
        return
    try:
        addresses.on_the_wire(place, profile.head.addresses == "printed")
    except Wrong as error:
        findings.wrong(profile.place(*path), error)
    check_field(profile, name, point, command, findings)
    count = 1
    if place.space == "holding":
        raw = written_type(point, command)
        if raw is None:
            findings.problem(
                profile.place(*path, key=True),
                text('"{key}" is missing', key="type"),
                text("something like {example}", example="uint16"),
            )
            return
        count = REGISTERS.get(raw, 1)
    if command.function is not None and command.function not in _FITS[place.space]:
        findings.problem(
            profile.place("points", name, "command", "function"),
            text(
                "function {function} does not write a {space} register",
                function=command.function,
                space=place.space,
            ),
            one_of(str(item) for item in _FITS[place.space]),
        )
    elif command.function == 6 and count > 1:
        findings.problem(
            profile.place("points", name, "command", "function"),
            text("function 6 writes one register, this value takes {count}", count=count),
            text("one of {words}", words="16"),
        )


def _check_range(
    profile: Profile, name: str, point: PointWritten, command: CommandWritten, findings: Findings
) -> None:
    if command.range is None:
        findings.problem(
            profile.place("points", name, "command", key=True),
            text('"{key}" is missing', key="range"),
            text("something like {example}", example="range: [0, 100]"),
        )
        return
    bounds = check_pair(profile, point, ("points", name, "command", "range"), command.range, findings)
    if command.tolerance is not None:
        try:
            if in_point_unit(point, command.tolerance) < 0:
                raise Wrong(
                    text('"{value}" is less than nothing', value=command.tolerance),
                    text("a number {sign} {limit}", sign="≥", limit=0),
                )
        except Wrong as error:
            findings.wrong(profile.place("points", name, "command", "tolerance"), error)
    if _check_scale(profile, name, command, findings) and bounds:
        _check_fits(profile, name, point, command, bounds, findings)


def _check_scale(profile: Profile, name: str, command: CommandWritten, findings: Findings) -> bool:
    scale = command.scale
    if scale is not None and abs(scale) < LEAST_SCALE:
        findings.problem(
            profile.place("points", name, "command", "scale"),
            text("a scale of {value} leaves nothing", value=f"{scale:g}"),
            hint=text("leave it out where the register holds the value itself"),
        )
        return False
    return True


def _check_fits(
    profile: Profile,
    name: str,
    point: PointWritten,
    command: CommandWritten,
    bounds: tuple[Decimal, Decimal],
    findings: Findings,
) -> None:
    """Both ends of the range must be writable; where the site's numbers come in, its devices are judged."""
    field = field_of(profile, point, command)
    if field is None or point.times or abs(point.scale) < LEAST_SCALE:
        return
    for index, code in enumerate(raw_bounds(point, command, bounds, in_point_unit(point, 1))):
        if why := field.misfit(code):
            findings.problem(profile.place("points", name, "command", "range", index), why)


def _check_pulse(profile: Profile, name: str, kind: str, command: CommandWritten, findings: Findings) -> None:
    if command.pulse is None:
        return
    if kind != "bool":
        _unfit(profile, name, "pulse", text("the point is no switch"), findings)
    if "reassert" in command.model_fields_set and command.reassert is not None:
        _unfit(profile, name, "reassert", text("a pulse is never given again by itself"), findings)
    if "verify" in command.model_fields_set and command.verify == "same":
        _unfit(profile, name, "verify", text("a pulse is over before it could be read back"), findings)


def _check_states(
    profile: Profile, name: str, point: PointWritten, command: CommandWritten, findings: Findings
) -> None:
    if point.states is not None:
        check_states(profile, name, point, command, findings)
    if command.states is None:
        return
    if point.states is None:
        _unfit(profile, name, "states", text("the point has no states"), findings)
        return
    for index, word in enumerate(command.states):
        if word not in point.states.values():
            findings.problem(
                profile.place("points", name, "command", "states", index),
                text('no state named "{value}"', value=word),
                one_of(point.states.values()),
                findings.guess(word, point.states.values()),
            )


def _check_verify(profile: Profile, name: str, command: CommandWritten, findings: Findings) -> None:
    if not isinstance(command.verify, VerifyPoint):
        return
    other = command.verify.point
    if not profile.knows(other):
        findings.problem(
            profile.place("points", name, "command", "verify", "point"),
            text('no point named "{name}" in profile {profile}', name=other, profile=profile.name),
            hint=findings.guess(other, profile.names()),
        )
    elif other in profile.points and kind_of(profile.points[other]) != kind_of(profile.points[name]):
        findings.problem(
            profile.place("points", name, "command", "verify", "point"),
            text('"{name}" has values of another type', name=other),
        )
