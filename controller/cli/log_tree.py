"""log tree: what each meter used, which share of the one above it that is, and what submeters leave."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from config.language import text
from controller.cli import log_figures, log_source
from controller.cli.log_source import DateFrom, DateTo, Whose, opened, span, whose
from controller.cli.remote import DataDir, SiteOption
from controller.cli.site import AsJson
from controller.cli.speech import Failure, language, put_json
from controller.consumption import made
from controller.consumption.exports import local_iso
from controller.consumption.periods import Span
from controller.consumption.rollups import Rollup, Slicing, over
from controller.consumption.upload.rowjson import exact_text, flag_words
from controller.store.history import MeterEntry


def tree(
    start: Annotated[str, DateFrom],
    end: Annotated[str, DateTo],
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what each meter used in a span of days, below the meter it is part of: its share, what submeters
    leave of it, and what is not known."""
    where = log_source.directory(data, site)
    with opened(where) as connection:
        owner = whose(where)
        asked = span(start, end, owner.zone)
        meters = log_figures.meters(connection, where, owner)
        names = list(meters.about)

        def slicing(due: Span) -> Slicing:
            return over(asked, due[1], due[0])

        used = log_figures.used(connection, meters, names, asked, slicing, by_day=True, wholes=[asked])
    if not any(used.values()):
        raise Failure(text("nothing was logged from {start} to {end}", start=start, end=end), kind="no-match")
    ends = min(asked[1], meters.until_ms)
    now = {name: _in_its_unit(used[name], meters.about[name].unit) for name in names}
    rows: list[dict[str, Any]] = []
    for node in made.tree(owner.metering, (name for name in names if meters.about[name].kind != "remainder")):
        about = meters.about.get(node.name)
        one = now.get(node.name)
        part_of = made.share(one, now.get(node.parent))
        rows.append(
            {
                "meter": node.name,
                "kind": "unknown" if about is None else about.kind,
                "label": "" if about is None else about.label,
                "parent": node.parent or None,
                "depth": node.depth,
                "last": node.last,
                "quantity": "" if about is None else about.quantity,
                "unit": "" if about is None else about.unit,
                "of": "" if about is None else about.formula,
                "consumption": None if one is None else exact_text(one.consumption),
                "share": None if part_of is None else round(float(part_of), 6),
                **_seconds(one, _due_s(asked, meters.due.meters.get(node.name))),
                "flags": [] if one is None else flag_words(one.flags),
                "lacking": [] if one is None else list(one.lacking),
                "other_units": [other.unit for other in used.get(node.name, []) if other is not one],
            }
        )
    if as_json:
        put_json(
            {
                "start": local_iso(asked[0], owner.zone),
                "end": local_iso(asked[1], owner.zone),
                "logged_until": local_iso(ends, owner.zone),
                "due_s": max((_due_s(asked, due) for due in meters.due.meters.values()), default=0),
                "meters": rows,
            }
        )
        return
    from controller.cli import log_tree_table

    log_tree_table.show_tree(rows, language())


def with_made(rows: list[dict[str, Any]], owner: Whose, entries: list[MeterEntry]) -> list[dict[str, Any]]:
    """The list of meters, with those that are worked out, and of what."""
    metering = owner.metering
    points = {
        item.name: owner.plan.points[item.point].key for item in metering.integrated if owner.plan is not None
    }
    units = {
        entry.name: (entry.quantity, entry.fittings[-1].unit if entry.fittings else "") for entry in entries
    }
    found = [
        row
        | {
            "kind": "integrated" if row["meter"] in points else "logged",
            "label": owner.label(row["meter"]),
            "of": points.get(row["meter"], ""),
        }
        for row in rows
    ]
    there = {row["meter"] for row in rows}
    found += [
        _listed(item.name, "integrated", owner, item.quantity, item.unit, points.get(item.name, ""))
        | {"quantum": item.quantum}
        for item in metering.integrated
        if item.name not in there
    ]
    for one in made.made_meters(metering, units):
        kind = "remainder" if one.remainder else "virtual"
        found.append(_listed(one.name, kind, owner, one.quantity, one.unit, one.formula))
    return found


def _listed(name: str, kind: str, owner: Whose, quantity: str, unit: str, of: str) -> dict[str, Any]:
    return {
        "meter": name,
        "point": None,
        "quantity": quantity,
        "unit": unit,
        "quantum": None,
        "fittings": [],
        "last": None,
        "kind": kind,
        "label": owner.label(name),
        "of": of,
    }


def _in_its_unit(found: list[Rollup], unit: str) -> Rollup | None:
    """What was counted in the unit of now."""
    return next((one for one in found if one.unit == unit), None)


def _due_s(asked: Span, due: Span | None) -> int:
    """Seconds of what is asked for of which there should be intervals."""
    return 0 if due is None else max(0, min(asked[1], due[1]) - max(asked[0], due[0])) // 1000


def _seconds(one: Rollup | None, due_s: int) -> dict[str, int]:
    """Of the time that is asked for: known, and what of it is not."""
    if one is None:
        return {"known_s": 0, "unknown_s": 0, "later_s": 0, "missing_s": due_s}
    return {
        "known_s": one.known_s,
        "unknown_s": one.unknown_s,
        "later_s": one.later_s,
        "missing_s": one.missing_s,
    }


def register(app: typer.Typer) -> None:
    """Add this command to its group."""
    app.command("tree")(tree)
