"""Which sites a preview is of, and of which days. Raises Failure."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from config.language import text
from config.plan.places import Booking
from config.plan.site import Plan
from controller.cli.event_source import of_daemon, of_table
from controller.cli.in_force import plan_in_force, plan_of_version
from controller.cli.plans import EARLIEST, LATEST, as_in_demo, plan_of
from controller.cli.remote import data_directory
from controller.cli.speech import Failure

MOST_DAYS = 400


def plans(sites: list[Path], data: Path | None) -> tuple[Plan | None, Plan]:
    """The plan in place of which the other comes (None: it is looked at alone), and that one. `data`: the
    plan in force there comes first. A number is a version of `louguan history`; the data are only where it is
    then."""
    numbered = [path for path in sites if _is_number(path)]
    where = data_directory(data, None) if numbered else Path()
    data = None if numbered else data
    if len(sites) + (data is not None) not in (1, 2):
        if sites:
            raise Failure(text("two plans can be compared, not three"), code=2)
        raise Failure(text("say which site"), code=2)
    accepted = [] if data is None else [plan_in_force(data)]
    # Each is read by a process of its own.
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = [*accepted, *pool.map(partial(_plan, where), sites)]
    if len(found) == 1:
        return None, found[0]
    old, new = found
    made = as_in_demo(new, old)
    return old, new if made is None else made[1]


def bookings(sites: list[Path], data: Path | None, events: Path | None, plan: Plan) -> Sequence[Booking]:
    """Those of the table `events`, else those that the daemon has: of `data`, or of the site it runs in."""
    return of_daemon(data_of(sites, data)) if events is None else of_table(events, plan)


def data_of(sites: list[Path], data: Path | None) -> Path:
    """Where the daemon's data are: `data`, or those of the site it runs in."""
    return data if data is not None else sites[-1] / "data"


def _is_number(path: Path) -> bool:
    """Whether a version is meant, not a folder."""
    return path.name.isascii() and str(path).isdigit() and not path.exists()


def _plan(where: Path, site: Path) -> Plan:
    return plan_of_version(where, int(str(site))) if _is_number(site) else plan_of(site)[1]


def first_day(written: str | None) -> date | None:
    """--from; None = today at the site."""
    if written is None:
        return None
    try:
        found = date.fromisoformat(written)
    except ValueError as error:
        raise Failure(text("{given} is no date; write 2026-03-05", given=written), code=2) from error
    if not EARLIEST <= found.year < LATEST:
        words = text(
            "{given} is out of range; a preview is of the years {least} to {most}",
            given=written,
            least=EARLIEST,
            most=LATEST - 1,
        )
        raise Failure(words, code=2)
    return found


def today(plan: Plan) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(plan.site.time_zone)).date()


def checked_days(days: int) -> int:
    if 1 <= days <= MOST_DAYS:
        return days
    raise Failure(text("--days takes 1 to {most}, not {given}", most=MOST_DAYS, given=days), code=2)
