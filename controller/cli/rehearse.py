"""rehearse: a site's days ahead of time, the daemon's own decisions against the simulated plant."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.preview_source import first_day, today
from controller.cli.site import AsJson, SiteDir
from controller.cli.speech import put_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.plan.site import Plan
    from controller.clock import VirtualClock
    from controller.rehearsal.loop import Field
    from controller.rehearsal.result import Result


def rehearse(
    site: SiteDir,
    days: Annotated[int, typer.Option("--days", help="How many days.", metavar="N")] = 30,
    start: Annotated[
        str | None,
        typer.Option("--from", help="First local day: 2026-03-01 (default: today).", metavar="DATE"),
    ] = None,
    cycle: Annotated[
        str, typer.Option("--cycle", help="How often it is decided: 10s; divides a minute.", metavar="TIME")
    ] = "10s",
    seed: Annotated[int, typer.Option(help="Seed of the simulated loads.", metavar="N")] = 1,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Compare with a run without programmes or rules.", metavar="WHAT"),
    ] = None,
    as_default: Annotated[
        bool, typer.Option("--as-default", help="Compare with a run with all programmes at their defaults.")
    ] = False,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            help="Compare with the site left to itself (default) or on plain timers (time-clock).",
            metavar="WHAT",
        ),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(
            "--faults",
            help="Faults to come: a time and a fault a line. random: whatever may happen, by the seed.",
            metavar="FILE",
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", help="Bookings of places to come, a table (CSV).", metavar="FILE"),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write series by the hour into this directory.", metavar="DIR"),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw pictures (SVG) into this directory.", metavar="DIR")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a site's days ahead of time, without a device, and say what would be used, what ran and what was
    missed."""
    from controller.cli import rehearse_source as source
    from controller.cli.event_source import of_table
    from controller.cli.rehearse_faults import faults_of, tell_beyond
    from controller.rehearsal.result import Frame, as_data
    from controller.rehearsal.result import rehearse as rehearsed
    from schedules.context import Context

    cycle_s, asked_for = source.checked_cycle(cycle), first_day(start)
    source.check_days(days)
    if faults is not None and str(faults) == "random":
        from controller.cli import rehearse_random

        given = {
            "--without": without,
            "--as-default": as_default,
            "--against": against,
            "--events": events,
            "--csv": csv,
            "--plot": plot,
        }
        beside = [name for name, value in given.items() if value]
        if not rehearse_random.run(site, days, asked_for, cycle_s, seed, beside, as_json=as_json):
            raise typer.Exit(1)
        return
    source.check_without(without or [], as_default=as_default)
    plan, facts = source.site_of(site)
    other = source.without(plan, without or [], as_default=as_default)
    compared = bool(without) or as_default
    coming = faults_of(faults, plan, facts)
    bookings = None if events is None else of_table(events, plan)
    frame = Frame(asked_for or today(plan), days, cycle_s, seed)
    context = Context.of(plan)
    tell_beyond(faults, coming, frame.start_ms(context), frame.end_ms(context), context)
    baselines = source.baselines(against or [], plan, frame.first, days, compared=compared)

    def run(of: Plan) -> Result:
        def field(clock: VirtualClock) -> Field:
            return source.field_of(of, facts, clock, cycle_s, seed, coming, bookings)

        return rehearsed(of, frame, field, needs_of=plan, each_day=_progress(days), bookings=bookings or ())

    began_s = time.process_time()
    with_ = run(plan)
    others = {name: run(of) for name, of in (baselines or ({"": other} if compared else {})).items()}
    took_s = time.process_time() - began_s
    if csv is not None:
        from controller.cli.rehearse_csv import write_series

        write_series(csv, with_)
    if plot is not None:
        from controller.cli.rehearse_plot import draw

        draw(plot, with_, next(iter(others.values()), None))
    if as_json:
        data = as_data(with_)
        if baselines:
            data = {"with": data, "against": {name: as_data(one) for name, one in others.items()}}
        elif compared:
            data = {"with": data, "without": as_data(others[""])}
        put_json(data)
        return
    from controller.cli import rehearse_tables

    rehearse_tables.show(with_, others, took_s, wired=bool(facts.get("meters")))


def _progress(days: int) -> Callable[[int], None] | None:
    """A line that counts the days, for a person who waits."""
    if not sys.stderr.isatty():
        return None
    gone = 0

    def each_day(_: int) -> None:
        nonlocal gone
        gone += 1
        sys.stderr.write(f"\r{gone}/{days}" + ("\n" if gone == days else ""))
        sys.stderr.flush()

    return each_day


def register(app: typer.Typer) -> None:
    """Add this group's command."""
    app.command("rehearse")(rehearse)
