"""Site, calendar and lines to the records of the Plan."""

from __future__ import annotations

from dataclasses import replace

from config.language import text
from config.plan.lines import Line
from config.plan.programmes import BUILT_IN_KINDS, WEEKDAYS, CalendarEntry, CalendarPlan
from config.plan.site import Rollback, Site
from config.written.gather import Written
from config.written.model.base import unnamed
from config.written.model.lines import ANYWHERE, BacnetWritten, LineWritten, RtuWritten
from config.written.model.site import SiteWritten
from config.written.named import Named
from config.written.problems import Findings, nearest, one_of

DAY_KINDS = tuple(kind for kind in BUILT_IN_KINDS if kind not in WEEKDAYS and kind != "everyday")
"""Built-in kinds of day that a date can be declared to be."""


def lower_site(site: SiteWritten) -> Site:
    """The site's record."""
    return Site(
        name=site.name,
        label=site.label,
        time_zone=site.place.time_zone,
        latitude=site.place.latitude,
        longitude=site.place.longitude,
        language=site.language,
        observe=site.observe,
        override_max_s=site.override.at_most,
        interval_s=int(site.log.interval),
        full_disk=site.log.full_disk,
        shelve_max_s=site.shelving.at_most,
        flash_budget_mb=site.log.flash_budget,
        apply=site.apply,
        rollback=Rollback(site.rollback.devices, site.rollback.share, site.rollback.within),
    )


def lower_calendar(written: Written, findings: Findings) -> CalendarPlan:
    """All calendar sections as one; tells unknown kinds and dates that are claimed twice."""
    usable = (kind for calendar in written.calendars for kind in calendar.written.kinds)
    # One that cannot be used is told where it is declared, and nowhere else.
    own = tuple(dict.fromkeys((*usable, *sorted(written.day_kinds))))
    known = (*DAY_KINDS, *own)
    entries: list[CalendarEntry] = []
    for calendar in written.calendars:
        for index, day in enumerate(calendar.written.days):
            lost = calendar.entry.lacks("days", index, "kind")
            if not lost and day.kind not in known and not (unnamed(own) and not nearest(day.kind, known)):
                findings.problem(
                    calendar.entry.place(["days", index, "kind"]),
                    text('no kind of day named "{name}"', name=day.kind),
                    one_of(known),
                    findings.guess(day.kind, known),
                )
            at = calendar.entry.place(["days", index])
            for dates in () if calendar.entry.lacks("days", index, "dates") else day.dates:
                clash = next(
                    (
                        item
                        for item in entries
                        if item.dates.first <= dates.last and dates.first <= item.dates.last
                    ),
                    None,
                )
                if clash is not None and clash.kind != day.kind and not lost:
                    findings.problem(
                        calendar.entry.place(["days", index, "dates"]),
                        text("this date is {kind} already, in {place}", kind=clash.kind, place=clash.source),
                    )
                if not lost:
                    entries.append(CalendarEntry(dates, day.kind, day.reason, at))
    country = written.site.written.calendar if written.site else "none"
    return CalendarPlan(country, own, tuple(entries))


def lower_lines(written: Written, findings: Findings) -> dict[str, Line]:
    """Every line by name; tells two on one address."""
    lines: dict[str, Line] = {}
    placed: list[Line] = []
    for number, named in enumerate(written.lines.values()):
        line = _line(number, named)
        lines[named.name] = line
        if any(named.entry.lacks(key) for key in ("path", "host", "bind", "port")):
            continue
        clash = next((other for other in placed if _same_place(line, other)), None)
        placed.append(line)
        if clash is not None:
            findings.problem(
                named.entry.place(
                    ["path" if line.path else "bind" if line.transport == "bacnet-ip" else "host"]
                ),
                text(
                    'line "{name}" is at the same address as line "{other}"',
                    name=named.name,
                    other=clash.name,
                ),
            )
    used = {device.written.line for device in written.devices.values()}
    for named in written.lines.values():
        if named.name not in used:
            findings.note(named.entry.at, text('line "{name}" has no device', name=named.name))
    return lines


def _same_place(one: Line, other: Line) -> bool:
    """Whether two lines would get in each other's way: one serial device, one peer, one own port."""
    bacnet = one.transport == "bacnet-ip"
    if one.path or other.path or bacnet != (other.transport == "bacnet-ip"):
        return bool(one.path) and one.path == other.path
    if bacnet and ANYWHERE in (one.host, other.host):
        return one.port == other.port
    return (one.host.lower(), one.port) == (other.host.lower(), other.port)


def _line(number: int, named: Named[LineWritten]) -> Line:
    line = named.written
    common = Line(
        id=number,
        name=named.name,
        label=line.label or named.name,
        transport=line.transport,
        timeout_s=line.timeout,
        pause_s=line.pause,
    )
    if isinstance(line, RtuWritten):
        return replace(common, path=line.path, baud=line.baud, parity=line.parity, stop_bits=line.stop_bits)
    if isinstance(line, BacnetWritten):
        return replace(common, host=line.bind, port=line.port, networks=tuple(line.networks))
    return replace(common, host=line.host, port=line.port, connect_timeout_s=line.connect_timeout)
