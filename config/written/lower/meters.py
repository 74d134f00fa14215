"""The section `meters` to the records of the Plan: what is logged, summed, and hangs below what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.language import text
from config.plan.devices import Source
from config.plan.metering import Quantity
from config.plan.meters import meter_names
from config.written.gather import Written
from config.written.lower.devices import Made
from config.written.lower.equipment import Bound
from config.written.model.base import name
from config.written.model.meters import OF_INTEGRALS, OF_SUMS, MeterWritten
from config.written.named import Named
from config.written.nodes import ANY
from config.written.problems import Findings, Wrong, one_of

REMAINDER = "unmetered"
"""A meter's remainder is shown as "meter.unmetered"."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A meter that the log has: a device's counter, or an integral."""

    name: str
    quantity: Quantity
    unit: str


@dataclass(slots=True)
class Meters:
    """All meters of a site by name, and finding them as people write them."""

    written: Written
    made: Mapping[str, Made]
    bound: Bound
    findings: Findings
    logged: dict[str, Logged] = field(default_factory=dict)
    points: dict[int, str] = field(default_factory=dict)
    """Point id of a counter → its meter."""
    sums: dict[str, Named[MeterWritten]] = field(default_factory=dict)
    integrals: dict[str, Named[MeterWritten]] = field(default_factory=dict)
    _tagged: dict[str, list[str]] = field(default_factory=dict)

    def find(self, wanted: str, at: Source, *, tags: bool = False, own: bool = False) -> str | None:
        """The name, if a meter has it; tells when none has, unless what it belongs to is at fault already.

        `tags`: a tag may be written there. `own`: it is the name of an entry, which might make the meter.
        """
        if wanted in self.logged or wanted in self.sums:
            return wanted
        if wanted in self.integrals or self._faulty(wanted):
            return None
        owner, _, part = wanted.partition(".")
        others = [known for known in self.logged if known.partition(".")[0] == owner]
        message = text('no meter named "{name}"', name=wanted)
        if others and (part or "." in others[0]):
            self.findings.problem(at, message, one_of(others))
        elif tags and wanted in self.written.tags:
            example = text("write {example}", example=f"{{tag: {wanted}}}")
            self.findings.problem(at, text('"{name}" is a tag', name=wanted), hint=example)
        elif owner in self.made:
            hint = text("what has power or flow alone becomes a meter by integrate")
            self.findings.problem(at, text('"{name}" has no counter', name=wanted), hint=hint)
        else:
            hint_or_none = self.findings.guess(wanted, [*self.logged, *self.sums])
            parts = re.split(r"\s*[+,，、]\s*", wanted)
            if len(parts) > 1 and all(parts):
                hint_or_none = text("write {example}", example=f"[{', '.join(parts)}]")
            if own and hint_or_none is None:
                hint_or_none = text("a meter that no device is needs sum or integrate")
            self.findings.problem(at, message, hint=hint_or_none)
        return None

    def _faulty(self, wanted: str) -> bool:
        """Whether what is wrong with a device or an entry hides a meter of this name."""
        owner = wanted.partition(".")[0]
        if owner in self.made:
            return bool(self.made[owner].profile.broken)
        return (
            owner in self.written.devices
            or self.written.is_broken("devices", owner)
            or self.written.is_broken("meters", wanted)
            or (wanted in self.written.meters and self.written.meters[wanted].entry.lacks(ANY))
        )

    def tagged(self, tag: str, at: Source) -> list[str]:
        """The meters of devices with the tag, or bound to equipment with it; tells when there is none."""
        if tag not in self._tagged:
            self._tagged[tag] = self._of_tag(tag)
        found = self._tagged[tag]
        if tag not in self.written.tags:
            self.findings.problem(
                at,
                text('no equipment or device has the tag "{name}"', name=tag),
                hint=self.findings.guess(tag, sorted(self.written.tags)),
            )
        elif not found and not self.written.lost_points:
            self.findings.problem(at, text('nothing with the tag "{tag}" has a counter', tag=tag))
        return found

    def _of_tag(self, tag: str) -> list[str]:
        numbers = [
            point.id
            for device in self.made.values()
            if tag in device.device.tags
            for point in device.points.values()
        ]
        for equipment in self.bound.equipment.values():
            if tag in equipment.tags:
                numbers += [number for _, number in equipment.roles]
        return list(dict.fromkeys(self.points[number] for number in numbers if number in self.points))


def gather_meters(written: Written, made: Mapping[str, Made], bound: Bound, findings: Findings) -> Meters:
    """Every meter by name; tells names that are taken and entries that say nothing."""
    meters = Meters(written, made, bound, findings)
    points = [point for device in made.values() for point in device.points.values()]
    meters.points = meter_names(points, {device.device.id: device.name for device in made.values()})
    for number, meter in meters.points.items():
        counter = points[number].counter
        assert counter is not None
        meters.logged[meter] = Logged(meter, counter.quantity, points[number].unit)
    _check_remainders(made, findings)
    for named in written.meters.values():
        keys = keys_of(named)
        if not keys.isdisjoint(OF_SUMS):
            _check_keys(named, "sum", OF_INTEGRALS, findings)
            if _has_free_name(named, meters):
                meters.sums[named.name] = named
        elif not keys.isdisjoint(OF_INTEGRALS):
            _check_keys(named, "integrate", OF_SUMS, findings)
            if _has_free_name(named, meters):
                meters.integrals[named.name] = named
    return meters


def keys_of(named: Named[MeterWritten]) -> set[str]:
    """The keys that are written, even those that cannot be used. What an unknown one was meant to be, the
    others tell."""
    if named.entry.lacks(ANY):
        return set(named.written.model_fields_set)
    lost = {key for key in MeterWritten.model_fields if named.entry.lacks(key)}
    return lost | named.written.model_fields_set


def _check_keys(named: Named[MeterWritten], needed: str, others: tuple[str, ...], findings: Findings) -> None:
    """A sum has no power, an integral no parts."""
    if getattr(named.written, needed) is None and not named.entry.lacks(needed):
        findings.problem(named.entry.at, text('"{key}" is missing', key=needed))
    for key in others:
        if key in named.written.model_fields_set:
            findings.problem(
                named.entry.place([key], key=True),
                text('"{key}" does not go with "{other}"', key=key, other=needed),
            )


def _has_free_name(named: Named[MeterWritten], meters: Meters) -> bool:
    at = named.entry.at
    try:
        name(named.name)
    except Wrong as error:
        meters.findings.wrong(at, error)
        return False
    written = meters.written
    if named.name in written.devices:
        place = written.devices[named.name].entry.at
        message = text('"{name}" is a device already, in {place}', name=named.name, place=place)
    elif named.name in written.equipment:
        place = written.equipment[named.name].entry.at
        message = text('"{name}" is equipment already, in {place}', name=named.name, place=place)
    else:
        return True
    meters.findings.problem(at, message, hint=text("devices, equipment and meters share one set of names"))
    return False


def _check_remainders(made: Mapping[str, Made], findings: Findings) -> None:
    for device in made.values():
        counts = any(point.counter is not None for point in device.points.values())
        if counts and REMAINDER in device.points:
            findings.problem(
                device.named.entry.at,
                text(
                    '"{name}" cannot be a point of a meter: the remainder of a meter is called so',
                    name=f"{device.name}.{REMAINDER}",
                ),
            )
