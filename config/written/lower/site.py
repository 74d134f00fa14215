"""Site, calendar and lines to the records of the Plan."""

from __future__ import annotations

from dataclasses import replace

from config.language import text
from config.plan.lines import Line
from config.plan.programmes import BUILT_IN_KINDS, WEEKDAYS, CalendarEntry, CalendarPlan
from config.plan.site import Rollback, Site
from config.written.gather import Written
from config.written.model.lines import ANYWHERE, BacnetWritten, LineWritten, RtuWritten
from config.written.model.site import SiteWritten
from config.written.named import Named
from config.written.problems import Findings, one_of

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
        flash_budget_mb=site.log.flash_budget,
        apply=site.apply,
        rollback=Rollback(site.rollback.devices, site.rollback.share, site.rollback.within),
    )


def lower_calendar(written: Written, findings: Findings) -> CalendarPlan:
    """All calendar sections as one; tells unknown kinds and dates that are claimed twice."""
    own = tuple(dict.fromkeys(kind for calendar in written.calendars for kind in calendar.written.kinds))
    known = (*DAY_KINDS, *own)
    entries: list[CalendarEntry] = []
    for calendar in written.calendars:
        for index, day in enumerate(calendar.written.days):
            if day.kind not in known:
                findings.problem(
                    calendar.entry.place(["days", index, "kind"]),
                    text('no kind of day named "{name}"', name=day.kind),
                    one_of(known),
                    findings.guess(day.kind, known),
                )
            at = calendar.entry.place(["days", index])
            for dates in day.dates:
                clash = next(
                    (
                        item
                        for item in entries
                        if item.dates.first <= dates.last and dates.first <= item.dates.last
                    ),
                    None,
                )
                if clash is not None and clash.kind != day.kind:
                    findings.problem(
                        calendar.entry.place(["days", index, "dates"]),
                        text("this date is {kind} already, in {place}", kind=clash.kind, place=clash.source),
                    )
                entries.append(CalendarEntry(dates, day.kind, day.reason, at))
    country = written.site.written.calendar if written.site else "none"
    return CalendarPlan(country, own, tuple(entries))


def lower_lines(written: Written, findings: Findings) -> dict[str, Line]:
    """Every line by name; tells two on one address."""
    lines: dict[str, Line] = {}
    for number, named in enumerate(written.lines.values()):
        line = _line(number, named)
        clash = next((other for other in lines.values() if _same_place(line, other)), None)
        lines[named.name] = line
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
        if not any(device.written.line == named.name for device in written.devices.values()):
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
