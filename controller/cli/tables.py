"""What the daemon answered, for people: tables.

Names and times are never broken. Lists give up their least needed columns where the terminal is too narrow
for a row on one line, and where even names and values do not fit, lines are longer than it; in a pipe they
are as long as they need be, one row a line.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

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
_GAP = 2
"""Columns between two columns of a table."""
LEAST_LABEL = 8
_LEAST_WHY = 12
_BELOW = "    "
"""Before words below a row."""
_FULL = 4000
"""Columns where nobody counts them."""


class Column(NamedTuple):
    """One column of a list, each cell in markup."""

    heading: Text
    cells: list[str]
    least: int | None = None
    """With so many columns it is still worth showing, cut off; None: whole or not at all."""

    def width(self, language: str) -> int:
        return max(
            Styled.from_markup(cell).cell_len for cell in (render(self.heading, language), *self.cells)
        )


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
    name = Column(text("point"), [row["point"] for row in rows])
    used = Column(text("used as"), [" ".join(row["equipment"]) for row in rows])
    label = Column(text("label"), [escape(row["label"]) for row in rows])
    short = label._replace(least=LEAST_LABEL)
    found = Column(text("value"), [escape(shown(row, language)) for row in rows])
    how = Column(text("quality"), [quality(row, language) for row in rows])
    whole, brief, failed = (
        Column(text("commanded by"), [_commander(row, source(row), language) for row in rows])
        for source in (_source, _file, _nobody)
    )
    show_fitting(
        [
            [name, used, label, found, how, whole],
            [name, used, short, found, how, whole],
            [name, used, short, found, how, brief],
            [name, used, found, how, brief],
            [name, used, short, found, how, failed],
            [name, used, found, how, failed],
            [name, short, found, how, failed],
            [name, found, how, failed],
        ],
        language,
    )


def equipment(rows: list[dict[str, Any]], language: str) -> None:
    """The list of equipment; the roles of a single one."""
    name = Column(text("name"), [row["name"] for row in rows])
    label = Column(text("label"), [escape(row["label"]) for row in rows])
    asked = Column(
        text("asked"),
        [escape(value(row["asked"], row["asked_state"], row["unit"], language)) for row in rows],
    )
    found = Column(text("is"), [escape(shown(row, language)) for row in rows])
    tags = Column(text("tags"), [escape(" ".join(row["tags"])) for row in rows])
    why = Column(text("why"), [escape(row["why"]) for row in rows])
    some, short = why._replace(least=_LEAST_WHY), label._replace(least=LEAST_LABEL)
    show_fitting(
        [
            [name, label, asked, found, tags, why],
            [name, label, asked, found, tags, some],
            [name, label, asked, found, some],
            [name, short, asked, found],
            [name, asked, found],
        ],
        language,
    )
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


def _source(row: dict[str, Any]) -> str:
    return str((row.get("command") or {}).get("by", ""))


def _file(row: dict[str, Any]) -> str:
    """Without its folder."""
    return _source(row).rpartition("/")[2]


def _nobody(_: dict[str, Any]) -> str:
    return ""


def _commander(row: dict[str, Any], source: str, language: str) -> str:
    """What commands a point, said as `source`, and whether its command takes."""
    by = escape(source)
    if row.get("command_failed"):
        failed = render(text("the command does not take"), language)
        return f"{by} [red]({failed})[/]".strip()
    return by


def fits(columns: Sequence[Column], language: str, beside: int = 0) -> bool:
    """Whether their rows are one line each, with `beside` columns more; in a pipe they are."""
    out = console()
    return not out.is_terminal or _width(columns, language) + beside <= out.width


def _width(columns: Sequence[Column], language: str) -> int:
    return sum(column.width(language) for column in columns) + _GAP * (len(columns) - 1)


def show_fitting(choices: list[list[Column]], language: str, below: Sequence[str] = ()) -> None:
    """The first of `choices` whose rows are one line each, else the last; in a pipe the first. `below`: what
    comes on lines of its own below each row."""
    out = console()
    for number, columns in enumerate(choices):
        kept = [column for column in columns if any(column.cells) or not out.is_terminal]
        widths = [column.width(language) for column in kept]
        over = _width(kept, language) - out.width
        elastic = next((index for index, column in enumerate(kept) if column.least is not None), None)
        left = 0 if elastic is None else widths[elastic] - max(0, over)
        fits = over <= 0 or (elastic is not None and left >= (kept[elastic].least or 0))
        if not out.is_terminal or fits or number == len(choices) - 1:
            table = Table(box=None, pad_edge=False)
            for index, column in enumerate(kept):
                shortened = index == elastic and fits and out.is_terminal
                table.add_column(
                    render(column.heading, language),
                    no_wrap=True,
                    overflow="ellipsis" if shortened else "fold",
                    max_width=left if shortened else None,
                )
            for row in zip(*(column.cells for column in kept), strict=True):
                table.add_row(*row)
            show(table, below)
            return


def _column(table: Table, heading: Text, language: str, *, folds: bool = False) -> None:
    """`folds`: words may go on the next line where there is no room; names, times and values may not."""
    table.add_column(render(heading, language), no_wrap=not folds, overflow="fold")


def show(table: Table, below: Sequence[str] = (), above: Sequence[str] = ()) -> None:
    """Print a table whole, each row in one line. `above`, `below`: words on lines of their own around each
    row, as wide as the terminal at the most; "" = none."""
    out = console()
    for column in table.columns:
        if column.no_wrap and column.max_width is None:
            column.min_width = max(
                Styled.from_markup(str(cell)).cell_len for cell in (column.header, *column.cells)
            )
    least = Measurement.get(out, out.options.update(width=_FULL), table).minimum
    width = max(least, out.width) if out.is_terminal else _FULL
    wide = Console(width=width, force_terminal=out.is_terminal)
    with wide.capture() as captured:
        wide.print(table, highlight=False)
    for number, line in enumerate(captured.get().splitlines(), -1):  # after the headings
        for words in above[number : number + 1] if number >= 0 else ():
            _put_words(words, "")
        sys.stdout.write(line.rstrip() + "\n")
        for words in below[number : number + 1] if number >= 0 else ():
            _put_words(words, _BELOW)


def _put_words(words: str, lead: str) -> None:
    for line in Styled(words).wrap(console(), console().width - len(lead)) if words else ():
        sys.stdout.write(f"{lead}{line.plain.rstrip()}\n")


def console() -> Console:
    """Standard output."""
    return Console(soft_wrap=True)


def headed(headings: Sequence[Text], language: str) -> Table:
    """An empty table without a frame, with these headings."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(render(heading, language), no_wrap=True)
    return table
