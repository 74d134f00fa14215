"""What the daemon answered, for people: tables and sentences."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from config.language import Text, render, text, word

QUALITY_WORDS = {"good": text("good"), "stale": text("stale"), "bad": text("bad")}
_STYLE = {"good": "green", "stale": "yellow", "bad": "red"}


def shown(row: dict[str, Any], language: str) -> str:
    """A point's value with its unit, as people write it."""
    return _value(row.get("value"), row.get("state"), row.get("unit", ""), language)


def _value(value: object, state: object, unit: object, language: str) -> str:
    if value is None:
        return "—"
    if state is not None:
        return word(str(state), language)
    if isinstance(value, bool):
        return render(text("on") if value else text("off"), language)
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value} {unit}".strip()


def quality(row: dict[str, Any], language: str) -> str:
    """The quality in colour, with the reason of anything not good."""
    name = str(row["quality"])
    said = render(QUALITY_WORDS[name], language)
    reason = f" ({word(row['reason'], language)})" if row.get("reason") else ""
    return f"[{_STYLE[name]}]{said}{reason}[/]"


def points(rows: list[dict[str, Any]], language: str) -> None:
    """The list of points."""
    table = Table(box=None, pad_edge=False)
    for heading in (text("point"), text("label"), text("value"), text("quality"), text("commanded by")):
        table.add_column(render(heading, language), overflow="fold")
    for row in rows:
        command = row.get("command") or {}
        table.add_row(
            row["point"],
            row["label"],
            shown(row, language),
            quality(row, language),
            str(command.get("by", "")),
        )
    _console().print(table)


def point(row: dict[str, Any], language: str) -> None:
    """One point and the slots that ask for it."""
    console = _console()
    console.print(f"[bold]{row['point']}[/]  {row['label']}")
    console.print(f"{shown(row, language)}  {quality(row, language)}  {row['at'] or ''}")
    if not row.get("commandable"):
        return
    table = Table(box=None, pad_edge=False)
    for heading in (text("slot"), text("asks"), text("from"), text("reason"), text("until")):
        table.add_column(render(heading, language), overflow="fold")
    for slot in row["slots"]:
        mark = "→ " if slot["winner"] else "  "
        asked = f"{slot['op']} {_value(slot['value'], slot.get('state'), row['unit'], language)}"
        table.add_row(f"{mark}{slot['slot']}", asked, slot["source"], slot["reason"], slot.get("until") or "")
    console.print(table)
    if row.get("held_back"):
        console.print(render(text("not written: {why}", why=row["held_back"]), language))


def status(found: dict[str, Any], language: str) -> None:
    """The daemon at a glance."""

    def put(what: Text) -> None:
        console.print(render(what, language), highlight=False)

    console = _console()
    console.print(f"[bold]{found['label']}[/] ({found['site']})  {found['site_time']}")
    put(
        text(
            "devices online: {online} of {total}",
            online=found["devices_online"],
            total=found["devices_total"],
        )
    )
    put(text("points good: {good} of {total}", good=found["points_good"], total=found["points_total"]))
    put(
        text(
            "commands: {sent} sent, {held} held; intervals written: {intervals}",
            sent=found["commands_sent"],
            held=found["commands_held"],
            intervals=found["intervals_written"],
        )
    )
    put(
        text(
            "cycles: {cycles}, worst {worst} ms; memory {rss} MiB",
            cycles=found["cycles"],
            worst=found["worst_cycle_ms"],
            rss=found["rss_mib"],
        )
    )
    if found["observe"]:
        put(text("observe mode: nothing is sent to any device"))
    for line in found["lines"]:
        state = text("up") if line["connected"] else text("down")
        put(
            text(
                "line {name}: {state}, {requests} requests, {timeouts} time-outs {error}",
                name=line["name"],
                state=state,
                requests=line["requests"],
                timeouts=line["timeouts"],
                error=line["last_error"],
            )
        )
    for override in found["overrides"]:
        put(
            text(
                "override: {point} = {value} by {person} until {until}",
                point=override["point"],
                value=override["value"],
                person=override["person"],
                until=override["until"],
            )
        )
    for lock in found["locks"]:
        put(
            text(
                "locked: {target} by {person}: {reason}",
                **{k: lock[k] for k in ("target", "person", "reason")},
            )
        )
    for notice in found["notices"]:
        console.print(f"[yellow]{notice['since']}  {notice['message']}[/]", highlight=False)


def answer(result: dict[str, Any]) -> Text:
    """The sentence for a person's command that was accepted."""
    done = result["done"]
    if done == "set":
        return text(
            "{point} is set to {value} until {until}",
            point=result["point"],
            value=result["value"],
            until=result["until"],
        )
    if done == "release":
        return text("{point} is given back to its programme", point=result["point"])
    if done == "lock":
        return text("{target} is locked: nothing is written to it", target=result["target"])
    if done == "unlock":
        return text("{target} is unlocked", target=result["target"])
    if result["on"]:
        return text("{target} is in observe mode", target=result["target"])
    return text("{target} is out of observe mode", target=result["target"])


def _console() -> Console:
    return Console(soft_wrap=True)
