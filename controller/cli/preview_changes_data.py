"""What an edit changes, as data."""

from __future__ import annotations

from typing import Any

from config.language import render
from config.plan.reading import Value
from controller.cli.preview_data import day_data
from controller.cli.speech import language
from controller.consumption.exports import local_iso
from controller.swap.touched import changed_parts
from schedules.changes import Changes, Pair, PointChange, Side, Sums
from schedules.energy import Amount
from schedules.preview import Foreseen
from schedules.unheard import Unheard


def changes_data(old: Foreseen, new: Foreseen, changes: Changes) -> dict[str, Any]:
    """The whole of it."""
    zone, window = new.context.local.zone, new.window
    return {
        "site": new.plan.site.name,
        "old_plan": old.plan.hash,
        "new_plan": new.plan.hash,
        "from": local_iso(window.start_ms, zone),
        "to": local_iso(window.end_ms, zone),
        "gained": [_side(side) for side in changes.gained],
        "lost": [_side(side) for side in changes.lost],
        "points": [_point(item, new) for item in changes.points],
        "groups": [
            {"points": [item.key for item in group.points], "electricity": _energy(group.energy)}
            for group in changes.groups
        ],
        "days": [
            {
                "date": item.date.isoformat(),
                "before": day_data(item.before),
                "after": day_data(item.after),
                "points_differing": item.points,
            }
            for item in changes.days
        ],
        "electricity": {
            "by": _measures(changes),
            "as_logged": _sums(changes.logged),
            "switched_and_dimmed": _sums(changes.fully),
            "permitted_at_most": _sums(changes.at_most),
            "not_counted": [{"point": key, "why": why.value} for key, why in changes.uncounted],
        },
        "hidden": [_hidden(item) for item in changes.hidden],
        "changes": {sort: part._asdict() for sort, part in changed_parts(old.plan, new.plan).items()},
    }


def _measures(changes: Changes) -> str:
    if not changes.logged.points:
        return "rated power"
    return "logged load and rated power" if changes.fully.points + changes.at_most.points else "logged load"


def _side(side: Side) -> dict[str, Any]:
    return {"point": side.point.key, "programmes": [item.name for item in side.timeline.programmes]}


def _point(item: PointChange, new: Foreseen) -> dict[str, Any]:
    on = None if item.on is None else {"before": round(item.on.before, 4), "after": round(item.on.after, 4)}
    return {
        "point": item.key,
        "unit": item.after.point.unit,
        "programmes_before": [one.name for one in item.before.timeline.programmes],
        "programmes_after": [one.name for one in item.after.timeline.programmes],
        "differences": [_difference(pair, item, new) for pair in item.differences],
        "hours_on": on,
        "counted": item.counted.value,
        "logged_by": item.logged_by or None,
        "electricity": _energy(item.energy),
    }


def _difference(pair: Pair, item: PointChange, new: Foreseen) -> dict[str, Any]:
    zone = new.context.local.zone
    return {
        "from": local_iso(pair.start_ms, zone),
        "to": local_iso(pair.end_ms, zone),
        "before": pair.before,
        "before_state": _state(item.before, pair.before),
        "after": pair.after,
        "after_state": _state(item.after, pair.after),
    }


def _state(side: Side, value: Value | None) -> str | None:
    return None if value is None else side.point.state_name(value)


def _sums(sums: Sums) -> dict[str, Any]:
    return {"points": sums.points, "before": _amount(sums.before), "after": _amount(sums.after)}


def _energy(energy: tuple[Amount, Amount] | None) -> dict[str, Any] | None:
    return None if energy is None else {"before": _amount(energy[0]), "after": _amount(energy[1])}


def _amount(amount: Amount) -> dict[str, float | None]:
    return {
        "energy_kwh": float(amount.kwh),
        "cost_yuan": None if amount.yuan is None else float(amount.yuan),
    }


def _hidden(item: Unheard) -> dict[str, Any]:
    return {
        "programme": item.programme.name,
        "entry": render(item.what, language()),
        "value": item.value,
        "source": str(item.source),
        "behind": [one.name for one in item.behind],
    }
