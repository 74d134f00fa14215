"""A site directory to a Plan, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from config.plan.codec import FORMAT, seal
from config.plan.programmes import BUILT_IN_KINDS
from config.plan.site import Plan
from config.written.check.boilers import note_thermostats
from config.written.check.clashes import check_devices
from config.written.check.hands import check_hands
from config.written.check.hidden import note_hidden
from config.written.check.lighting import check_lighting
from config.written.check.shedding import check_shedding
from config.written.doubts import Asking
from config.written.gather import Written, gather
from config.written.load import Files, load
from config.written.lower.alarms import lower_alarms
from config.written.lower.devices import lower_devices
from config.written.lower.equipment import lower_equipment
from config.written.lower.metering import lower_metering
from config.written.lower.meters import gather_meters
from config.written.lower.naming import PointNames
from config.written.lower.notify import lower_notify
from config.written.lower.places import Places
from config.written.lower.programmes import lower_programmes
from config.written.lower.restart import lower_restart
from config.written.lower.rules import lower_rules
from config.written.lower.sinks import lower_sinks
from config.written.lower.site import lower_calendar, lower_lines, lower_site
from config.written.lower.targets import Targets
from config.written.lower.tariff import lower_tariff
from config.written.lower.trends import lower_trends
from config.written.model.site import LogWritten
from config.written.problems import Enough, Findings
from config.written.rules.making import Site as RulesSite


def compile_site(directory: Path, findings: Findings) -> Plan | None:
    """The Plan of the site, or None; problems and notes go to `findings`."""
    try:
        files = load(directory, findings)
        written = gather(files, findings)
        # Each entry has been judged by itself. Names in the other files are not held against what cannot be
        # read: they would be wrong by the hundred, and nobody would find the one mistake among them.
        return None if files.lost else _lower(files, written, findings)
    except Enough:
        return None


def _lower(files: Files, written: Written, findings: Findings) -> Plan | None:
    calendar = lower_calendar(written, findings)
    lines = lower_lines(written, findings)
    made = lower_devices(written, lines, findings)
    check_devices(written, lines, findings)
    bound = lower_equipment(written, made, findings)
    check_hands(written, findings)
    targets = Targets(written, made, bound, findings)
    places = Places(written, findings)
    asking = Asking()
    programmes = lower_programmes(written, calendar, places, targets, asking.programmes, findings)
    points = tuple(point for device in made.values() for point in device.points.values())
    note_hidden(programmes, {point.id: point for point in points}, findings)
    names = PointNames(written, made, bound, findings)
    programmed = {point for programme in programmes for point in programme.targets}
    interval_s = _interval_s(written)
    tariff = lower_tariff(written, calendar, interval_s, findings)
    rules_site = RulesSite(
        names,
        targets,
        bound.equipment,
        {point.id: point for point in points},
        places,
        (*BUILT_IN_KINDS, *calendar.own_kinds),
        tariff,
        written.tariff is not None or bool(written.broken.get("tariff")),
        written,
        findings,
    )
    rules = lower_rules(written, rules_site, programmed, asking, findings)
    rules += lower_alarms(written, rules_site, rules)
    check_lighting(rules, programmes, {point.id: point for point in points}, asking.programmes, findings)
    note_thermostats(rules, programmes, bound.equipment.values(), findings)
    check_shedding(rules, programmes, written, asking, rules_site)
    restart = lower_restart(written, targets, bound, rules_site.points, findings)
    meters = gather_meters(written, made, bound, findings)
    metering = lower_metering(meters, names, interval_s, findings)
    trends = lower_trends(written, names, findings)
    sinks = lower_sinks(written, meters, findings)
    channels = lower_notify(written, findings)
    if findings.failed or written.site is None:
        return None
    plan = Plan(
        format=FORMAT,
        hash="",
        compiler=_version(),
        files=tuple(sorted(files.hashes.items())),
        site=lower_site(written.site.written),
        calendar=calendar,
        lines=tuple(lines.values()),
        devices=tuple(device.device for device in made.values()),
        points=points,
        equipment=tuple(bound.equipment.values()),
        programmes=tuple(programmes),
        rules=rules,
        sinks=sinks,
        channels=channels,
        metering=metering,
        trends=trends,
        tariff=tariff,
        places=tuple(places.known.values()),
        restart=restart,
        notes=tuple(f"{at}: {note}" for at, note in findings.notes()),
    )
    return replace(plan, hash=seal(plan))


def _interval_s(written: Written) -> int:
    """The log's interval; a minute where what is written cannot be used: nothing is held against that."""
    if written.site is not None and not written.site.entry.whole("log"):
        return 60
    return int((written.site.written.log if written.site else LogWritten()).interval)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("louguan")
    except PackageNotFoundError:
        return "unknown"
