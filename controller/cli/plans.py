"""The Plan of a site for demo and simulate, and site times to begin at."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.language import Text, text
from controller.cli.speech import Failure, language, tell
from controller.options import NotStarted

if TYPE_CHECKING:
    from config.plan.devices import Source
    from config.plan.sinks import SinkPlan
    from config.plan.site import Plan

MORNING = time(6, 30)
DEMO_SINK = "demo"
"""The sink that the demo's own receiver is."""
EARLIEST, LATEST = 2000, 2099
"""Years in which a simulation may begin."""


def plan_of(site: Path) -> tuple[str, Plan]:
    """The site's files as they are now: the Plan's JSON and the Plan. Raises Failure with every mistake."""
    from controller.accepted import compiled

    try:
        return compiled(site, language())
    except NotStarted as reason:
        raise Failure(reason.what, hint=reason.hint) from reason


def with_sink(plan: Plan, url: str) -> tuple[str, Plan]:
    """The Plan with one more sink, a receiver on this machine: its JSON and itself."""
    from config.plan.sinks import Common, HttpsSink

    return _with(plan, HttpsSink(Common(DEMO_SINK, DEMO_SINK, _of_demo()), f"{url}/v1/intervals"))


def as_in_demo(plan: Plan, in_force: Plan) -> tuple[str, Plan] | None:
    """The Plan with what a demo has added to the one in force, which no file says: its JSON and itself. None
    where that is nothing."""
    added = next((sink for sink in in_force.sinks if sink.common.source == _of_demo()), None)
    return None if added is None else _with(plan, added)


def _of_demo() -> Source:
    from config.plan.devices import Source

    return Source("demo", 0, 0)


def _with(plan: Plan, sink: SinkPlan) -> tuple[str, Plan]:
    from dataclasses import replace

    from config.plan import codec

    others = tuple(other for other in plan.sinks if other.common.name != sink.common.name)
    made = replace(plan, sinks=(*others, sink), hash="")
    made = replace(made, hash=codec.seal(made))
    return codec.dump(made), made


def beginning(plan: Plan, wanted: str | None) -> str:
    """`wanted` ("2026-03-05T06:30", local unless it has an offset), or the next workday's morning; ISO 8601.

    Raises Failure.
    """
    zone = ZoneInfo(plan.site.time_zone)
    if wanted is None:
        today = datetime.now(UTC).astimezone(zone).date()
        return datetime.combine(_workday(plan, today), MORNING, zone).isoformat()
    try:
        moment = datetime.fromisoformat(wanted)
    except ValueError as error:
        raise Failure(text("{given} is not a time; write 2026-03-05T06:30", given=wanted), code=2) from error
    if not EARLIEST <= moment.year <= LATEST:
        raise Failure(
            text(
                "{given} is out of range; a simulation begins in the years {least} to {most}",
                given=wanted,
                least=EARLIEST,
                most=LATEST,
            ),
            code=2,
        )
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def left_off(state: Path, plan: Plan) -> str | None:
    """When the simulated plant whose counters are kept in `state` ended, ISO 8601; None when it begins anew.
    People are told of either."""
    from drivers.simulators.keeping import NotKept, load

    why: Text | str = text("it is damaged, or of another site")
    try:
        kept = load(state, plan.site.name)
    except NotKept:
        kept = None
    except OSError as error:
        from config.language.details import reason

        kept, why = None, reason(error)
    else:
        if kept is None:
            return None
        moment = datetime.fromtimestamp(kept.time_ms / 1000, ZoneInfo(plan.site.time_zone))
        if EARLIEST <= moment.year <= LATEST:
            when = f"{moment:%Y-%m-%d %H:%M}"
            tell(text("the simulated counters go on from where they stood at {when}", when=when))
            return moment.isoformat()
    tell(
        text(
            "{file} cannot be used ({reason}): the simulated counters begin anew", file=str(state), reason=why
        )
    )
    return None


def pace(written: float, least: float, most: float | None = None) -> float:
    """`--speed` as given, between these. Raises Failure."""
    if isfinite(written) and written >= least and (most is None or written <= most):
        return written
    if most is None:
        words = text(
            "--speed takes a number from {least}, not {given}", least=f"{least:g}", given=f"{written:g}"
        )
    else:
        words = text(
            "--speed takes a number from {least} to {most}, not {given}",
            least=f"{least:g}",
            most=f"{most:g}",
            given=f"{written:g}",
        )
    raise Failure(words, code=2)


def _workday(plan: Plan, first: date) -> date:
    from schedules.calendar import Calendar

    calendar = Calendar(plan.calendar)
    days = (first + timedelta(days=number) for number in range(30))
    return next((day for day in days if "workday" in calendar.kind(day).kinds), first)
