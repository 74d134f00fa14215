"""Alarms for people: a table, with what else is to be known of each below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.markup import escape

from config.language import Text, render, text
from config.plan.alarms import PRIORITIES
from controller.cli.moments import moment
from controller.cli.tables import Column, console, show_fitting

PRIORITY_WORDS = {
    "critical": text("critical"), "high": text("high"), "medium": text("medium"), "low": text("low"),
}  # fmt: skip
_STATES = {
    "normal": text("over"),
    "active-unacked": text("active, not acknowledged"),
    "active-acked": text("active, acknowledged"),
    "returned-unacked": text("over, not acknowledged"),
    "shelved": text("shelved"),
    "suppressed": text("suppressed"),
}
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "default"}
_LEAST_WORDS = 30


def alarms(found: dict[str, Any], language: str, *, past: bool) -> None:
    """What stands, or what there was."""
    out = console()
    rows = found["alarms"]
    if not rows:
        said = text("there was no alarm") if past else text("there is no alarm")
        out.print(render(said, language), highlight=False)
    else:
        now = found["site_time"]
        number = Column(text("alarm"), [str(row["id"]) for row in rows])
        grade = Column(text("priority"), [_priority(row, language) for row in rows])
        since = Column(text("since"), [moment(row["raised"], now) for row in rows])
        state = Column(text("alarm state"), [render(_STATES[row["state"]], language) for row in rows])
        words = Column(text("what"), [escape(row["message"]) for row in rows])
        below = [_below(row, now, language) for row in rows]
        short = words._replace(least=_LEAST_WORDS)
        show_fitting(
            [
                [number, grade, since, state, words],
                [number, grade, since, short],
                [number, since, words],
            ],
            language,
            below,
        )
    counts = found["counts"]
    if counts["shelved"] and not past:
        out.print(render(text("shelved: {count}", count=counts["shelved"]), language), highlight=False)


def summary(counts: dict[str, int]) -> Text | None:
    """The counts in a line; None where there is nothing."""
    found = [(grade, counts[grade]) for grade in PRIORITIES if counts[grade]]
    if not found and not counts["unacked"]:
        return None
    said: Text | None = None
    for grade, count in found:
        one = text("{count} {priority}", count=count, priority=PRIORITY_WORDS[grade])
        said = one if said is None else text("{some}, {more}", some=said, more=one)
    some = text("none active") if said is None else said
    return text("alarms: {some}; not acknowledged: {count}", some=some, count=counts["unacked"])


def _priority(row: dict[str, Any], language: str) -> str:
    said = render(PRIORITY_WORDS[row["priority"]], language)
    return f"[{_STYLES[row['priority']]}]{escape(said)}[/]"


def _below(row: dict[str, Any], now: str, language: str) -> str:
    return "\n".join(render(line, language) for line in _more(row, now))


def _more(row: dict[str, Any], now: str) -> Iterator[Text]:
    if row["consequence_of"] is not None:
        yield text("comes of alarm {id}", id=row["consequence_of"])
    elif row["suppressed_by"] == "condition":
        yield text("suppressed by its own condition")
    if row["times"] > 1:
        yield text("it came {count} times", count=row["times"])
    if row["chattering"]:
        yield text("it comes and goes: nothing is told of it until it is calm")
    if row["acked"] is not None:
        said = text("acknowledged {when} by {who}", when=moment(row["acked"], now), who=row["acked_by"])
        yield text("{said}: {why}", said=said, why=row["comment"]) if row["comment"] else said
    if row["shelved_until"] is not None:
        yield text(
            "shelved until {until} by {who}: {why}",
            until=moment(row["shelved_until"], now),
            who=row["shelved_by"],
            why=row["shelved_why"],
        )
    if row["reset"] is not None:
        yield text("when its cause is gone: {command}", command=f"{row['reset']} --reason …")
