"""Lines of a rehearsal's report: a name, and a figure for each of those that are held side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size

from config.language import Text
from config.plan.bill import rounded
from controller.cli.speech import say

WIDTH = 80
NAME = 32
"""Columns for a name and its label."""
_NUMBER = 14
_PAIR = 2
"""So many columns have their difference beside them."""
Cell: TypeAlias = Decimal | float | str | None


class Row(NamedTuple):
    """One line: a name, and a number, or words, for each rehearsal. Without any it is a remark."""

    name: str
    cells: tuple[Cell, ...] = ()
    unit: str = ""
    digits: int = 1


def section(title: Text, rows: Sequence[Row]) -> Iterator[str]:
    """With its title; nothing without a row."""
    if not rows:
        return
    yield ""
    yield say(title)
    yield from map(_line, rows)


def heading(names: Sequence[Text]) -> str:
    """What each column is."""
    return pad("", NAME) + "".join(_right(say(name), _NUMBER) for name in names)


def pad(what: str, width: int) -> str:
    return set_cell_size(what, width) if cell_len(what) > width else what + " " * (width - cell_len(what))


def _line(row: Row) -> str:
    if not row.cells:
        return "  " + row.name
    cells = [rounded(cell, row.digits) if isinstance(cell, Decimal | float) else cell for cell in row.cells]
    if len(cells) == _PAIR and not any(isinstance(cell, str) for cell in cells):
        cells.append(_difference(*cells))
    shown = "".join(
        _right("—" if cell is None else cell if isinstance(cell, str) else f"{cell:,}", _NUMBER)
        for cell in cells
    )
    return "  " + pad(row.name, NAME - 2) + shown + " " + row.unit


def _difference(first: Cell, second: Cell) -> Decimal | None:
    """Of what is printed beside it."""
    return second - first if isinstance(first, Decimal) and isinstance(second, Decimal) else None


def _right(what: str, width: int) -> str:
    return " " * max(width - cell_len(what), 1) + what
