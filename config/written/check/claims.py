"""Two points of a profile on one register, object or command register."""

from __future__ import annotations

from typing import NamedTuple

from config.language import text
from config.written import addresses
from config.written.problems import Findings, Wrong
from config.written.profiles import REGISTERS, Profile, raw_type, written_type


class Claim(NamedTuple):
    """The registers [start, end) a point takes; `bits` when it takes only some of one value's bits."""

    space: str
    start: int
    end: int
    point: str
    bits: tuple[int, int] | None
    path: tuple[object, ...]


def check_claims(profile: Profile, findings: Findings) -> None:
    """Overlaps among what is read, and among what is written; bit fields may share their word."""
    _overlaps(profile, _reads(profile), findings)
    _overlaps(profile, _writes(profile), findings)


def _overlaps(profile: Profile, claims: list[Claim], findings: Findings) -> None:
    claims.sort()
    for index, first in enumerate(claims):
        for second in claims[index + 1 :]:
            if second.space != first.space or second.start >= first.end:
                break
            if not _may_share(first, second):
                later, earlier = (
                    (first, second) if _line(profile, first) > _line(profile, second) else (second, first)
                )
                findings.problem(
                    profile.place(*later.path),
                    text(
                        '"{name}" lies on the same registers as "{other}"',
                        name=later.point,
                        other=earlier.point,
                    )
                    if profile.modbus
                    else text(
                        '"{name}" is the same object as "{other}"', name=later.point, other=earlier.point
                    ),
                )


def _line(profile: Profile, claim: Claim) -> tuple[int, int]:
    place = profile.place(*claim.path)
    return place.line, place.column


def _may_share(first: Claim, second: Claim) -> bool:
    """Bit fields of exactly the same word that have no bit in common."""
    if first.bits is None or second.bits is None or (first.start, first.end) != (second.start, second.end):
        return False
    return first.bits[1] < second.bits[0] or second.bits[1] < first.bits[0]


def _field(bit: int | None, bits: list[int] | None) -> tuple[int, int] | None:
    if bits is not None:
        return bits[0], bits[1]
    return None if bit is None else (bit, bit)


def _reads(profile: Profile) -> list[Claim]:
    claims = []
    for name, point in profile.points.items():
        if point.at.modbus != profile.modbus:
            continue
        raw = raw_type(point) if profile.modbus else None
        count = point.count or (REGISTERS.get(raw, 1) if raw else 1)
        if claim := _claim(
            profile, point.at, count, name, _field(point.bit, point.bits), ("points", name, "at")
        ):
            claims.append(claim)
    return claims


def _writes(profile: Profile) -> list[Claim]:
    claims = []
    for name, point in profile.points.items():
        command = point.command
        if command is None or not profile.modbus or not point.at.modbus:
            continue
        place = command.at or point.at
        raw = written_type(point, command)
        count = REGISTERS.get(raw, 1) if raw and place.space == "holding" else 1
        moved = command.at is not None
        bit = command.bit if moved or command.bit is not None else point.bit
        bits = command.bits if moved or command.bits is not None else point.bits
        path = ("points", name, "command", "at") if moved else ("points", name, "at")
        if claim := _claim(profile, place, count, name, _field(bit, bits), path):
            claims.append(claim)
    return claims


def _claim(
    profile: Profile,
    place: addresses.At,
    count: int,
    name: str,
    bits: tuple[int, int] | None,
    path: tuple[object, ...],
) -> Claim | None:
    space, start = place.space, place.number
    if profile.modbus:
        try:
            space, start = addresses.on_the_wire(place, profile.head.addresses == "printed")
        except Wrong:
            return None
    return Claim(space, start, start + count, name, bits, path)
