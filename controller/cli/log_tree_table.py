"""The tree of meters for people, in a terminal of 80 columns where names allow it."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from config.language import Text, render, text
from controller.cli.tables import Column, fits, show

_GAP = 2
_MOST_NAMES = 3
"""So many are named at most; programs get all of them."""
_LEAST_REMARK = 16
"""Columns that remarks need beside the rest."""


def show_tree(rows: list[dict[str, Any]], language: str) -> None:
    """A meter a line; what there is to say of one below it where there is no room beside."""
    name = Column(text("meter"), _names(rows))
    label = Column(text("label"), [escape(row["label"]) for row in rows])
    used = Column(
        text("consumption"),
        ["—" if row["consumption"] is None else f"{row['consumption']} {row['unit']}" for row in rows],
    )
    part = Column(
        text("of the one above"),
        ["" if row["share"] is None else f"{row['share']:.1%}".replace("%", " %") for row in rows],
    )
    brief = part._replace(heading=text("share"))
    remarks = [_remarks(row, language) for row in rows]
    labelled = any(label.cells)
    choices = [[name, label, used, part], [name, used, part], [name, used, brief]][0 if labelled else 1 :]
    room = _GAP + _LEAST_REMARK if any(remarks) else 0
    beside = next((columns for columns in choices if fits(columns, language, room)), None)
    table = Table(box=None, pad_edge=False)
    columns = choices[-1] if beside is None else beside
    for column in columns:
        figures = column in (used, part, brief)
        heading = render(column.heading, language)
        table.add_column(heading, no_wrap=True, justify="right" if figures else "left")
    if beside is not None and room:
        table.add_column(render(text("remarks"), language), overflow="fold")
        columns = [*columns, Column(text("remarks"), [escape(remark) for remark in remarks])]
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*cells)
    show(table, remarks if beside is None else ())


def _names(rows: list[dict[str, Any]]) -> list[str]:
    """Names behind the branches they hang on."""
    open_branches: list[bool] = []
    """Of each level above, whether more of it comes below."""
    found = []
    for row in rows:
        del open_branches[row["depth"] :]
        lead = "".join("│ " if more else "  " for more in open_branches[1:])
        twig = "" if not row["depth"] else ("└ " if row["last"] else "├ ")
        found.append(escape(f"{lead}{twig}{row['meter']}"))
        open_branches.append(not row["last"])
    return found


def _remarks(row: dict[str, Any], language: str) -> str:
    """What it is, and what of it is not known."""
    said: list[Text] = []
    if row["kind"] == "virtual":
        said.append(text("worked out: {formula}", formula=row["of"]))
    elif row["kind"] == "integrated":
        said.append(text("made of power"))
    elif row["kind"] == "unknown":
        said.append(text("not in the log"))
    if row["lacking"]:
        said.append(text("not all known of {names}", names=_some(row["lacking"])))
    elif row["kind"] in ("logged", "integrated"):
        for key, words in (("unknown_s", "unknown"), ("later_s", "later"), ("missing_s", "missing")):
            if row[key]:
                said.append(_hours(words, row[key]))
    if row["other_units"]:
        said.append(text("also counted in {units}", units=", ".join(row["other_units"])))
    return "; ".join(render(one, language) for one in said)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} … ({len(names)})"


def _hours(what: str, seconds: int) -> Text:
    hours = f"{seconds / 3600:.1f}"
    if what == "unknown":
        return text("{hours} h not known", hours=hours)
    if what == "later":
        return text("{hours} h in later intervals", hours=hours)
    return text("{hours} h without intervals", hours=hours)
