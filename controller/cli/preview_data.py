"""A preview as data: every point with its spans."""

from __future__ import annotations

from typing import Any

from config.language import render
from config.plan.points import Point
from controller.cli.preview_groups import Group
from controller.cli.speech import language
from controller.consumption.exports import local_iso
from controller.decide.naming import Naming
from schedules.calendar import Day
from schedules.preview import Foreseen, Heard, Span


def preview_data(foreseen: Foreseen, chosen: list[Group]) -> dict[str, Any]:
    """The whole of it."""
    window = foreseen.window
    naming = Naming(foreseen.plan)
    kind = foreseen.context.calendar.kind
    return {
        "site": foreseen.plan.site.name,
        "plan": foreseen.plan.hash,
        "time_zone": foreseen.plan.site.time_zone,
        "from": local_iso(window.start_ms, foreseen.context.local.zone),
        "to": local_iso(window.end_ms, foreseen.context.local.zone),
        "days": [{"date": day.isoformat(), **day_data(kind(day))} for day in window.dates()],
        "points": [
            {
                "point": point.key,
                "label": naming.label(point),
                "unit": point.unit,
                "programmes": [item.name for item in group.timeline.programmes],
                "spans": [_span(span, point, foreseen) for span in group.timeline.spans],
            }
            for group in chosen
            for point in group.points
        ],
    }


def day_data(day: Day) -> dict[str, Any]:
    """One date's kind."""
    return {
        "kind": day.kinds[0],
        "kinds": list(day.kinds),
        "announced": day.announced,
        "origin": day.origin,
        "why": render(day.why, language()),
    }


def _span(span: Span, point: Point, foreseen: Foreseen) -> dict[str, Any]:
    zone = foreseen.context.local.zone
    change = None if span.change_ms is None else local_iso(span.change_ms, zone)
    return {
        "from": local_iso(span.start_ms, zone),
        "to": local_iso(span.end_ms, zone),
        "value": span.value,
        "state": None if span.value is None else point.state_name(span.value),
        **({} if span.winner is None else _heard(span.winner, point)),
        "next_change": change,
        "next_change_announced": foreseen.change_announced(span),
        "hidden": [{"value": heard.value, **_heard(heard, point)} for heard in span.hidden],
    }


def _heard(heard: Heard, point: Point) -> dict[str, Any]:
    return {
        "state": None if heard.value is None else point.state_name(heard.value),
        "programme": heard.programme.name,
        "slot": heard.programme.slot,
        "rank": heard.rank.name.lower(),
        "reason": render(heard.reason, language()),
        "source": str(heard.source),
    }
