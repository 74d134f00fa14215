"""The data directory whose log is read, and whose it is: with or without a daemon."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import typer

from config.language import text
from config.language.details import detail
from config.plan.metering import NO_METERING, Metering
from config.plan.site import Plan
from controller.cli.remote import data_directory
from controller.cli.speech import Failure, tell
from controller.consumption.made import made_meters, with_parts
from controller.store import history
from controller.store.errors import StoreError
from controller.store.history import MeterEntry
from controller.store.logdb import FILE
from controller.store.migrations.log import LOG


class Whose(NamedTuple):
    """The site of a data directory, as accepted last."""

    name: str
    zone: tzinfo
    meters: frozenset[str] | None
    """Names of its meters now; None when nobody knows."""
    plan: Plan | None = None
    """None when nobody knows it."""

    @property
    def metering(self) -> Metering:
        """What is made of its meters."""
        return NO_METERING if self.plan is None else self.plan.metering

    @property
    def time_zone(self) -> str:
        return "UTC" if self.plan is None else self.plan.site.time_zone

    def label(self, meter: str) -> str:
        """What people call a meter; "" when nobody said."""
        if self.plan is None:
            return ""
        named = {device.name: device.label for device in self.plan.devices}
        named |= {item.name: item.label for item in self.metering.virtual}
        named |= {item.name: item.label for item in self.metering.integrated}
        named |= dict(self.metering.labels)
        return named.get(meter, "")


def directory(data: Path | None, site: Path | None) -> Path:
    """As `data_directory`; one here that has a log needs no daemon."""
    if data is None and site is None and Path("data", FILE).exists():
        return Path("data")
    return data_directory(data, site)


@contextmanager
def opened(data: Path) -> Iterator[sqlite3.Connection]:
    """log.db at one moment. Raises Failure."""
    try:
        with closing(history.open_file(data / FILE, LOG)) as connection:
            yield connection
    except StoreError as error:
        raise Failure(
            error.text, hint=text("Say where it is with --data DIR or --site SITE."), kind="no-log"
        ) from error
    except (sqlite3.Error, ValueError) as error:
        words = text("{file} cannot be read: {reason}", file=str(data / FILE), reason=detail(str(error)))
        raise Failure(words, kind="unreadable") from error


def whose(data: Path) -> Whose:
    """The site; where no accepted plan can be read, universal time, and that is said."""
    from controller.cli.in_force import plan_in_force
    from controller.consumption.meters import meters_of

    with suppress(Failure, ValueError):
        plan = plan_in_force(data)
        zone = ZoneInfo(plan.site.time_zone)
        return Whose(plan.site.name, zone, frozenset(item.name for item in meters_of(plan)), plan)
    tell(text("no accepted plan can be read in {data}: times are in UTC", data=str(data)))
    return Whose("", UTC, None)


def chosen(entries: list[MeterEntry], names: list[str] | None, owner: Whose) -> list[MeterEntry]:
    """The meters of these names, or all. Raises Failure, also for one that is worked out from others."""
    known = {entry.name: entry for entry in entries}
    made = made_meters(owner.metering, {})
    for one in made:
        if one.name in (names or ()) and one.name not in known:
            parts = " ".join(f"--meter {name}" for name in sorted(set(with_parts([one], made))))
            raise Failure(
                text(
                    "{name} has no intervals of its own: it is worked out from {formula}",
                    name=one.name,
                    formula=one.formula,
                ),
                hint=text("Ask for those: {parts}", parts=parts),
                kind="worked-out",
                where="meter",
            )
    return [known[name] for name in picked(list(known), names)]


def picked(known: Sequence[str], names: list[str] | None) -> list[str]:
    """The names that were given, or all. Raises Failure for one that is not known."""
    for name in names or ():
        if name not in known:
            near = ", ".join(sorted(known)[:8])
            raise Failure(
                text("no meter named {name} in the log", name=name),
                hint=text("There are: {names}", names=near or "—"),
                kind="unknown-name",
                where="meter",
            )
    return list(dict.fromkeys(names or known))


def span(start: str | None, end: str | None, zone: tzinfo) -> tuple[int, int]:
    """From local midnight of `start` to that after `end`. Raises Failure."""
    first = 0 if start is None else _midnight(_date(start), zone)
    last = 2**62 if end is None else _midnight(date.fromordinal(_date(end).toordinal() + 1), zone)
    if last <= first:
        raise Failure(text("{end} is before {start}", end=end or "", start=start or ""), code=2)
    return first, last


def _date(written: str) -> date:
    try:
        found = date.fromisoformat(written)
        if date(1971, 1, 1) < found < date(9000, 1, 1):
            return found
    except ValueError:
        pass
    raise Failure(text("{given} is no date; write 2026-03-05", given=written), code=2)


def _midnight(day: date, zone: tzinfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


DateFrom = typer.Option("--from", help="First local day: 2026-03-01.", metavar="DATE", show_default=False)
DateTo = typer.Option(
    "--to", help="Last local day, which is included: 2026-03-31.", metavar="DATE", show_default=False
)
Meters = typer.Option(
    "--meter", help="Only this meter; may be given more than once.", metavar="NAME", show_default=False
)
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="csv (the default), json (one object a line) or parquet.",
        metavar="FORMAT",
        show_default=False,
    ),
]
AsRows = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the rows as JSON, one object a line; with -o say in JSON what was written."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="The file to write, whole or not at all (default: print).", metavar="FILE"
    ),
]
