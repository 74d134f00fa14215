"""Sections to validated entries, each device, programme and equipment alone: a bad one spoils no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import Any

from config.language import Text, text
from config.plan.devices import Source
from config.written.library import BUILT_IN, read_profile
from config.written.load import SECTIONS, Files
from config.written.model.alarms import AlarmWritten
from config.written.model.base import name
from config.written.model.devices import DeviceWritten
from config.written.model.equipment import EQUIPMENT_KINDS, EquipmentWritten
from config.written.model.lines import LINES, LineWritten
from config.written.model.meters import OF_INTEGRALS, OF_SIMULATOR, OF_SUMS, MeterWritten, meter_name
from config.written.model.notify import CHANNELS, ChannelWritten
from config.written.model.places import BookableWritten
from config.written.model.programmes import ProgrammeWritten
from config.written.model.sinks import SINKS, SinkWritten
from config.written.model.site import CalendarWritten, SiteWritten
from config.written.model.tariff import OwnWritten, UseWritten
from config.written.model.trends import TrendWritten
from config.written.named import Named
from config.written.nodes import Entry, Items, Scalar, Table
from config.written.problems import Findings, Wrong, nearest
from config.written.profiles import Profile
from config.written.rules.common import RuleWritten
from config.written.rules.registry import MODELS as RULES
from config.written.validate import shaped, shaped_by

_SLIP = 0.85
"""Likeness of two names that are one but for a letter or two."""


@dataclass(slots=True)
class Written:
    """Everything of a site that could be validated, what is left of faulty entries too. `broken` are names
    that exist but cannot be used."""

    site: Named[SiteWritten] | None = None
    calendars: list[Named[CalendarWritten]] = field(default_factory=list)
    lines: dict[str, Named[LineWritten]] = field(default_factory=dict)
    devices: dict[str, Named[DeviceWritten]] = field(default_factory=dict)
    equipment: dict[str, Named[EquipmentWritten]] = field(default_factory=dict)
    places: dict[str, Named[BookableWritten]] = field(default_factory=dict)
    programmes: dict[str, Named[ProgrammeWritten]] = field(default_factory=dict)
    meters: dict[str, Named[MeterWritten]] = field(default_factory=dict)
    trends: dict[str, Named[TrendWritten]] = field(default_factory=dict)
    tariff: Named[UseWritten] | Named[OwnWritten] | None = None
    rules: dict[str, Named[RuleWritten]] = field(default_factory=dict)
    alarms: dict[str, Named[AlarmWritten]] = field(default_factory=dict)
    notify: dict[str, Named[ChannelWritten]] = field(default_factory=dict)
    sinks: dict[str, Named[SinkWritten]] = field(default_factory=dict)
    profiles: dict[str, Profile | None] = field(default_factory=dict)
    """Every profile a device names; None when it is not there or cannot be used."""
    broken: dict[str, set[str]] = field(default_factory=dict)
    """Section → names."""
    tags: set[str] = field(default_factory=set)
    """Every tag written anywhere, even on an entry that cannot be used."""

    def is_broken(self, section: str, name: str) -> bool:
        return name in self.broken.get(section, ()) or name in self.strange

    def lost_equipment(self, name: str) -> bool:
        """Whether there is one of that name, of which nothing is known."""
        return self.is_broken("equipment", name) or self.maybe_meant(name, "equipment")

    def maybe_meant(self, name: str, *sections: str) -> bool:
        """Whether an entry of these, whose name cannot be used, may be meant by a name that nobody has."""
        if self.nameless.isdisjoint(sections):
            return False
        return all(nearest(name, getattr(self, section), _SLIP) is None for section in sections)

    def lost_tag(self, tag: str) -> bool:
        """Whether some equipment has the tag, even one of which nothing else is known."""
        return tag in self.equipment_tags

    def lost_part(self, name: str, key: str) -> bool:
        """Whether that key of the equipment was written and cannot be used."""
        return (name, key) in self.misfits or (
            name in self.equipment and self.equipment[name].entry.lacks(key)
        )

    strange: set[str] = field(default_factory=set)
    """Names in sections of which nobody knows what they were meant to be."""
    equipment_tags: set[str] = field(default_factory=set)
    """Those of equipment."""
    nameless: set[str] = field(default_factory=set)
    """Sections with an entry whose name cannot be used."""
    misfits: set[tuple[str, str]] = field(default_factory=set)
    """(equipment, key) whose value does not fit."""
    day_kinds: set[str] = field(default_factory=set)
    """Every kind of day of the site's own that is written anywhere."""

    @property
    def lost_points(self) -> bool:
        """Whether devices or equipment are missing here that people wrote: what they have is not known."""
        return (
            any(self.broken.get(section) for section in ("devices", "equipment"))
            or None in self.profiles.values()
            or not all(named.entry.whole("tags") and named.written.profile for named in self.devices.values())
            or not all(named.sound for named in self.equipment.values())
        )


def gather(files: Files, findings: Findings) -> Written:
    """Validate what was loaded."""
    written = Written()
    _site(files, written, findings)
    for entry in files.sections.get("calendar", []):
        written.day_kinds.update(_listed(entry, "kinds", ("days",)))
        calendar = shaped(CalendarWritten, entry, findings)
        if calendar is not None:
            written.calendars.append(calendar)
    for entry in _entries(files, "lines", written, findings):
        _keep(written, "lines", entry, shaped_by("transport", LINES, entry, findings), findings)
    for entry in _entries(files, "devices", written, findings):
        written.tags.update(_listed(entry, "tags", DeviceWritten.model_fields))
        _keep(written, "devices", entry, shaped(DeviceWritten, entry, findings), findings)
    for entry in _entries(files, "equipment", written, findings):
        written.equipment_tags.update(_listed(entry, "tags", _OF_EQUIPMENT))
        _keep(written, "equipment", entry, shaped_by("kind", EQUIPMENT_KINDS, entry, findings), findings)
    written.tags |= written.equipment_tags
    for entry in _entries(files, "places", written, findings):
        _keep(written, "places", entry, shaped(BookableWritten, entry, findings), findings)
    for entry in _entries(files, "programmes", written, findings):
        _keep(written, "programmes", entry, shaped(ProgrammeWritten, entry, findings), findings)
    _meters(files, written, findings)
    for entry in _entries(files, "trends", written, findings):
        _keep(written, "trends", entry, shaped(TrendWritten, entry, findings), findings)
    _tariff(files, written, findings)
    for entry in _entries(files, "rules", written, findings):
        _keep(written, "rules", entry, shaped_by("kind", RULES, entry, findings), findings)
    for entry in _entries(files, "alarms", written, findings):
        _keep(written, "alarms", entry, shaped(AlarmWritten, entry, findings), findings)
    for entry in _entries(files, "notify", written, findings):
        _keep(written, "notify", entry, shaped_by("kind", CHANNELS, entry, findings), findings)
    for entry in _entries(files, "sinks", written, findings):
        _keep(written, "sinks", entry, shaped_by("kind", SINKS, entry, findings), findings)
    _profiles(files, written, findings)
    _strangers(files, written)
    return written


def _strangers(files: Files, written: Written) -> None:
    """What stands in an unknown section may be meant by any name that nobody has, and the whole of it for a
    section that is not there."""
    for stranger in files.strangers:
        for entry in stranger.children():
            written.strange.add(entry.name)
            tags = _words(entry.child("tags"))
            written.tags.update(tags)
            written.equipment_tags.update(tags)
            for section in SECTIONS:
                if section not in files.sections:
                    written.broken.setdefault(section, set()).add(entry.name)


def _listed(entry: Entry, key: str, others: Container[str]) -> list[str]:
    """Words of the list at `key`, and at every key that is none of the `others`: it may be meant."""
    return [
        word
        for part in entry.children()
        if part.name == key or part.name not in others
        for word in _words(part)
    ]


def _site(files: Files, written: Written, findings: Findings) -> None:
    sections = files.sections.get("site", [])
    if not sections and files.hashes and not files.lost and not files.strangers:
        findings.problem(Source("site.yaml", 0, 0), text("the section site is missing"))
    for entry in _only(files, "site", findings):
        written.site = shaped(SiteWritten, entry, findings)


def _only(files: Files, section: str, findings: Findings) -> list[Entry]:
    """The section, which may stand but once. A misspelt one beside it is told as that alone."""
    sections = files.sections.get(section, [])
    named = [entry for entry in sections if entry.name == section]
    for entry in named[1:]:
        findings.problem(
            entry.at, text('"{key}" is written twice, first in {place}', key=section, place=named[0].at)
        )
    return (named or sections)[:1]


def _tariff(files: Files, written: Written, findings: Findings) -> None:
    for entry in _only(files, "tariff", findings):
        # Without a key of a table of its own it is one that is used, however that is misspelt.
        own = entry.child("use") is None and any(entry.child(key) for key in _OF_A_TABLE)
        written.tariff = shaped(OwnWritten, entry, findings) if own else shaped(UseWritten, entry, findings)
        if written.tariff is None:
            written.broken["tariff"] = {entry.name}


def _meters(files: Files, written: Written, findings: Findings) -> None:
    """The site's meters; what belongs to the simulator's section of that name is told, and the other way."""
    for entry in _entries(files, "meters", written, findings, meter_name):
        foreign = next((part for part in entry.children() if part.name in OF_SIMULATOR), None)
        if foreign is not None:
            findings.problem(
                foreign.at,
                text('"{key}" is for the simulator: it belongs into plant.yaml', key=foreign.name),
                hint=text("here each meter says submeter_of"),
            )
        _keep(written, "meters", entry, None if foreign else shaped(MeterWritten, entry, findings), findings)
    simulated = None if files.plant is None else files.plant.child("meters")
    for entry in simulated.children() if simulated else []:
        for part in entry.children():
            if part.name in (*OF_SUMS, *OF_INTEGRALS, "submeter_of"):
                findings.problem(
                    part.at,
                    text('"{key}" says nothing to the simulator', key=part.name),
                    hint=text('write it into the section "meters" of another file, such as meters.yaml'),
                )


def _entries(
    files: Files,
    section: str,
    written: Written,
    findings: Findings,
    called: Callable[[object], str] = name,
) -> Iterator[Entry]:
    """The section's entries of all files with good names, each name once."""
    first: dict[str, Source] = {}
    for part in files.sections.get(section, []):
        if not isinstance(part.node, Table) and not (
            isinstance(part.node, Scalar) and part.node.value is None
        ):
            findings.problem(
                part.at, text('"{name}" must be a table', name=part.name), text('lines such as "key: value"')
            )
        for entry in part.children():
            try:
                called(entry.name)
            except Wrong as error:
                findings.problem(entry.at, error.message, error.expected, _nameable(entry.name) or error.hint)
                written.nameless.add(section)
                written.broken.setdefault(section, set()).add(entry.name)
                continue
            if entry.name in first:
                findings.problem(
                    entry.at,
                    text(
                        '"{key}" is written twice, first in {place}', key=entry.name, place=first[entry.name]
                    ),
                )
                continue
            first[entry.name] = entry.at
            yield entry


def _nameable(word: str) -> Text | None:
    """How an entry can be called that somebody called so."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", word.strip()).strip("-")
    if name and word.isascii():
        return text('did you mean "{name}"?', name=name[:40])
    return text("Chinese belongs into label: {example}", example=f"name-1: {{label: {word[:40]}, …}}")


_OF_A_TABLE = tuple(key for key, field in OwnWritten.model_fields.items() if field.is_required())
_OF_EQUIPMENT = frozenset(key for model in EQUIPMENT_KINDS.values() for key in model.model_fields)
_LABELLED = ("lines", "devices", "equipment", "places", "meters")
"""Sections whose names stand elsewhere."""


def _keep(written: Written, section: str, entry: Entry, named: Named[Any] | None, findings: Findings) -> None:
    if named is None:
        written.broken.setdefault(section, set()).add(entry.name)
        return
    getattr(written, section)[entry.name] = named
    findings.names.add(entry.name)
    label = getattr(named.written, "label", None)
    if section in _LABELLED and isinstance(label, str) and label and label != entry.name:
        findings.labels.setdefault(label, entry.name)
    if section in ("devices", "equipment"):
        # A key that was misspelt has been put right by now.
        tags = written.tags if section == "devices" else written.equipment_tags
        tags.update(_words(named.entry.child("tags")))


def _words(listed: Entry | None) -> list[str]:
    """Every word of a list, or the one that stands in its place, whether it can be used or not."""
    node = None if listed is None else listed.node
    return [
        item.text for item in (node.items if isinstance(node, Items) else (node,)) if isinstance(item, Scalar)
    ]


def _profiles(files: Files, written: Written, findings: Findings) -> None:
    """Read each profile that is named, the site's own before the built-in one."""
    known: set[str] | None = None
    for profile, (file, data) in files.profiles.items():
        written.profiles[profile] = read_profile(file, data, findings, files.budget)
    for device in written.devices.values():
        wanted = device.written.profile
        if wanted in written.profiles or device.entry.lacks("profile"):
            continue
        path = BUILT_IN / f"{wanted}.yaml"
        if path.is_file():
            written.profiles[wanted] = read_profile(
                f"louguan/profiles/{path.name}", path.read_bytes(), findings
            )
            continue
        written.profiles[wanted] = None
    for device in written.devices.values():
        wanted = device.written.profile
        if wanted in written.profiles and written.profiles[wanted] is None and wanted not in files.profiles:
            if (BUILT_IN / f"{wanted}.yaml").is_file():
                continue
            known = known or {path.stem for path in BUILT_IN.glob("*.yaml")} | set(files.profiles)
            findings.problem(
                device.entry.place(["profile"]),
                text('no profile named "{name}"', name=wanted),
                hint=findings.guess(wanted, sorted(known)),
            )
