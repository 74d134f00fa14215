"""status for people: the daemon at a glance, what needs somebody first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.markup import escape

from config.language import Text, render, text
from controller.cli.alarm_tables import summary
from controller.cli.moments import moment
from controller.cli.tables import console


def status(found: dict[str, Any], language: str) -> None:
    """Print it."""
    out = console()
    out.print(
        f"[bold]{escape(found['label'])}[/] ({found['site']})  "
        f"{moment(found['site_time'], None, seconds=True)}",
        highlight=False,
    )
    for what in _lines(found):
        out.print(render(what, language), highlight=False, markup=False)
    now = found["site_time"]
    counted = summary(found["alarms"])
    if counted is not None:
        out.print(render(counted, language), style="yellow", highlight=False, markup=False)
    for alarm in found["alarm_list"]:
        if alarm["kind"] != "observe":  # said above
            said = f"{moment(alarm['raised'], now)}  {alarm['message']}"
            if not alarm["active"]:
                said = render(text("{said} (over)", said=said), language)
            out.print(said, style="yellow", highlight=False, markup=False)


def _lines(found: dict[str, Any]) -> Iterator[Text]:
    if found["observe"]:
        yield text("observe mode: nothing is sent to any device; it ends by: louguan observe off")
    elif found["observed"]:
        yield text("in observe mode, nothing is sent: {names}", names=", ".join(found["observed"]))
    yield text(
        "devices online: {online} of {total}",
        online=found["devices_online"],
        total=found["devices_total"],
    )
    yield text("points good: {good} of {total}", good=found["points_good"], total=found["points_total"])
    if found["points_good_unheard"]:
        yield text(
            "  of these {count} belong to devices that do not answer: read before, not too old yet",
            count=found["points_good_unheard"],
        )
    yield text(
        "commands: {sent} sent, {held} held; intervals written: {intervals}",
        sent=found["commands_sent"],
        held=found["commands_held"],
        intervals=found["intervals_written"],
    )
    if found["commands_failed"]:
        yield text("commands that do not take: {count}", count=found["commands_failed"])
    yield text(
        "cycles: {cycles}, worst {worst} ms; memory {rss} MiB",
        cycles=found["cycles"],
        worst=found["worst_cycle_ms"],
        rss=found["rss_mib"],
    )
    if found["cycles_missed"]:
        yield text("seconds without a cycle since the start: {count}", count=found["cycles_missed"])
    if found["written_mb_today"] is not None:
        yield _written(found["written_mb_today"], found["written_mb_a_day"], f"{found['flash_budget_mb']:g}")
    for line in found["lines"]:
        yield _line(line)
    for override in found["overrides"]:
        yield _override(override, found["site_time"])
    for lock in found["locks"]:
        yield text(
            "locked: {target} by {person}: {reason}",
            target=lock["label"],
            person=lock["person"],
            reason=lock["reason"],
        )


def _written(today: float, a_day: float | None, budget: str) -> Text:
    """What wears the disk; how much it is a day is not known before a day's end."""
    if a_day is None:
        return text(
            "written to the disk: {today} MB today; budget {budget} MB a day", today=today, budget=budget
        )
    return text(
        "written to the disk: {today} MB today, {a_day} MB a day; budget {budget} MB a day",
        today=today,
        a_day=a_day,
        budget=budget,
    )


def _line(line: dict[str, Any]) -> Text:
    state = text("up") if line["connected"] else text("down")
    said = text(
        "line {name}: {state}, {requests} requests, {timeouts} time-outs",
        name=line["name"],
        state=state,
        requests=line["requests"],
        timeouts=line["timeouts"],
    )
    if line["last_error"]:
        return text("{done}; now: {why}", done=said, why=line["last_error"])
    return said


def _override(override: dict[str, Any], now: str) -> Text:
    said = text(
        "override: {point} = {value} by {person} until {until}",
        point=override["name"],
        value=override["value"],
        person=override["person"],
        until=moment(override["until"], now),
    )
    if override["held_back"]:
        return text("{done}; not sent now: {why}", done=said, why=override["held_back"])
    if override.get("not_heard"):
        return text("{done}; not heard now: {why}", done=said, why=override["not_heard"])
    return said
