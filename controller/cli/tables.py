"""What the daemon answered, for people: tables.

Names and times are never broken. Where the terminal is too narrow for them, lines are longer than it; where
there is none, they are as long as they need be, one row a line.
"""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text as Styled

from config.language import Text, render, text, word
from config.language.details import detail
from config.plan.amounts import amount
from controller.cli.moments import moment

QUALITY_WORDS = {"good": text("good"), "stale": text("stale"), "bad": text("bad")}
_STYLE = {"good": "green", "stale": "yellow", "bad": "red"}
_FULL = 4000
"""Columns where nobody counts them."""


def shown(row: dict[str, Any], language: str) -> str:
    """A point's value with its unit, as people write it."""
    return value(row.get("value"), row.get("state"), str(row.get("unit", "")), language)


def value(of: object, state: object, unit: str, language: str) -> str:
    """A value with its state's name or its unit."""
    if of is None:
        return "—"
    if state is not None:
        return word(str(state), language)
    if isinstance(of, bool):
        return render(text("on") if of else text("off"), language)
    return amount(of, unit) if isinstance(of, int | float) else f"{of} {unit}".strip()


def quality(row: dict[str, Any], language: str) -> str:
    """The quality in colour, with the reason of anything not good."""
    name = str(row["quality"])
    said = render(QUALITY_WORDS[name], language)
    reason = str(row.get("reason") or "")
    if reason:
        translated = word(reason, language)
        reason = f" ({translated if translated != reason else render(detail(reason), language)})"
    elif row.get("device_answers") is False:
        reason = f" ({render(text('the device does not answer now'), language)})"
    return f"[{_STYLE[name]}]{said}{escape(reason)}[/]"


def points(rows: list[dict[str, Any]], language: str) -> None:
    """The list of points."""
    table = Table(box=None, pad_edge=False)
    _column(table, text("point"), language)
    _column(table, text("used as"), language)
    _column(table, text("label"), language, folds=True)
    for heading in (text("value"), text("quality"), text("commanded by")):
        _column(table, heading, language)
    for row in rows:
        table.add_row(
            row["point"],
            " ".join(row["equipment"]),
            escape(row["label"]),
            escape(shown(row, language)),
            quality(row, language),
            _commander(row, language),
        )
    show(table)


def equipment(rows: list[dict[str, Any]], language: str) -> None:
    """The list of equipment; the roles of a single one."""
    table = Table(box=None, pad_edge=False)
    _column(table, text("name"), language)
    _column(table, text("label"), language, folds=True)
    for heading in (text("asked"), text("is"), text("tags")):
        _column(table, heading, language)
    _column(table, text("why"), language, folds=True)
    for row in rows:
        asked = value(row["asked"], row["asked_state"], row["unit"], language)
        table.add_row(
            row["name"],
            escape(row["label"]),
            escape(asked),
            escape(shown(row, language)),
            escape(" ".join(row["tags"])),
            escape(row["why"]),
        )
    show(table)
    if len(rows) == 1:
        roles = Table(box=None, pad_edge=False)
        _column(roles, text("role"), language)
        _column(roles, text("point"), language)
        for role, point in rows[0]["roles"].items():
            roles.add_row(f"{rows[0]['name']}.{role}", point)
        console().print()
        show(roles)


def point(row: dict[str, Any], language: str) -> None:
    """One point and the slots that ask for it."""
    out, now = console(), row.get("site_time")
    out.print(
        f"[bold]{row['point']}[/]  {escape(row['label'])}  {' '.join(row['equipment'])}", highlight=False
    )
    taken = moment(row["at"], now, seconds=True)
    out.print(f"{escape(shown(row, language))}  {quality(row, language)}  {taken}", highlight=False)
    if not row.get("commandable"):
        return
    if row["slots"]:
        show(_slots(row, now, language))
    elif row["by_device"]:
        out.print(render(text("nothing commands it now, the device goes by its own"), language))
    else:
        out.print(render(text("nothing commands it now, it stays as it is"), language))
    if row.get("command_failed"):
        words = text("the command does not take; a new set tries it at once")
        out.print(render(words, language), style="red", highlight=False)
    if row.get("held_back"):
        words = text("not written: {why}", why=row["held_back"])
        out.print(render(words, language), highlight=False, markup=False)


def _slots(row: dict[str, Any], now: str | None, language: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in (text("slot"), text("asks"), text("from")):
        _column(table, heading, language)
    _column(table, text("reason"), language, folds=True)
    _column(table, text("until"), language)
    for slot in row["slots"]:
        mark = "→ " if slot["winner"] else "  "
        asked = f"{slot['op']} {value(slot['value'], slot.get('state'), row['unit'], language)}"
        table.add_row(
            f"{mark}{slot['slot']}",
            escape(asked),
            escape(slot["source"]),
            escape(slot["reason"]),
            moment(slot.get("until"), now),
        )
    return table


def _commander(row: dict[str, Any], language: str) -> str:
    by = escape(str((row.get("command") or {}).get("by", "")))
    if row.get("command_failed"):
        failed = render(text("the command does not take"), language)
        return f"{by} [red]({failed})[/]".strip()
    return by


def _column(table: Table, heading: Text, language: str, *, folds: bool = False) -> None:
    """`folds`: words may go on the next line where there is no room; names, times and values may not."""
    table.add_column(render(heading, language), no_wrap=not folds, overflow="fold")


def show(table: Table) -> None:
    """Print a table whole."""
    out = console()
    for column in table.columns:
        if column.no_wrap:
            column.min_width = max(
                Styled.from_markup(str(cell)).cell_len for cell in (column.header, *column.cells)
            )
    least = Measurement.get(out, out.options.update(width=_FULL), table).minimum
    width = max(least, out.width) if out.is_terminal else _FULL
    wide = Console(width=width, force_terminal=out.is_terminal)
    with wide.capture() as captured:
        wide.print(table, highlight=False)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


def console() -> Console:
    """Standard output."""
    return Console(soft_wrap=True)
