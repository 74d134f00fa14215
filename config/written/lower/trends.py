"""Trends to the records of the Plan: one for each point."""

from __future__ import annotations

from config.language import text
from config.plan.devices import Source
from config.plan.metering import Trend
from config.plan.points import BacnetObject, Point
from config.written.gather import Written
from config.written.lower.naming import PointNames
from config.written.model.trends import TrendWritten
from config.written.named import Named
from config.written.problems import Findings, Wrong, listing
from config.written.quantities import amount, difference

_SHARE_OF_RANGE = 0.005


def lower_trends(written: Written, names: PointNames, findings: Findings) -> tuple[Trend, ...]:
    """Every trend, in the order written; tells everything wrong with each."""
    trends: list[Trend] = []
    taken: dict[int, str] = {}
    for named in written.trends.values():
        for point, at in _points(named, names, findings):
            if point.kind == "text":
                findings.problem(at, text("{point} is a text: it has no course", point=point.key))
            elif taken.setdefault(point.id, named.name) != named.name:
                findings.problem(
                    at, text('{point} is in "{name}" already', point=point.key, name=taken[point.id])
                )
            else:
                deadband = _deadband(named, point, findings)
                trends.append(Trend(point.id, deadband, named.written.every))
    return tuple(trends)


def _points(named: Named[TrendWritten], names: PointNames, findings: Findings) -> list[tuple[Point, Source]]:
    """Every point of the entry once, with the place that brought it."""
    found: dict[int, tuple[Point, Source]] = {}
    for index, item in enumerate([] if named.entry.lacks("points") else named.written.points):
        path: list[object] = ["points", index]
        if "name" in item:
            at = named.entry.place(path)
            point = names.named(item["name"], at)
            points = [] if point is None else [point]
        else:
            at = named.entry.place([*path, "tag"])
            key = "role" if "role" in item else "point"
            points = names.tagged(item["tag"], key, item[key], at)
            if points:
                findings.expansion(
                    at,
                    text(
                        'tag "{tag}" of trend "{trend}" stands for {points}',
                        tag=item["tag"],
                        trend=named.name,
                        points=listing(point.key for point in points),
                    ),
                )
        for point in points:
            found.setdefault(point.id, (point, at))
    return list(found.values())


def _deadband(named: Named[TrendWritten], point: Point, findings: Findings) -> float:
    """In the point's unit; what was written must fit each point of the entry."""
    given = named.written.deadband
    if given is None:
        return _usual(point)
    at = named.entry.place(["deadband"])
    number, unit = amount(given)
    if point.kind != "number":
        if number or unit:
            findings.member(
                at,
                point.key,
                text("{point} is no number: it has no deadband", point=point.key),
                hint=text("give it an entry of its own"),
            )
        return 0.0
    try:
        return float(difference(given, point.unit))
    except Wrong as error:
        findings.member(
            at,
            point.key,
            text("{name}: {problem}", name=point.key, problem=error.message),
            error.expected,
            error.hint,
        )
        return 0.0


def _usual(point: Point) -> float:
    """Where nobody said: what the device thinks worth telling, else a share of what it can read, else each
    change."""
    if point.kind != "number":
        return 0.0
    if isinstance(point.source, BacnetObject) and point.source.cov_increment is not None:
        return point.source.cov_increment * abs(point.source.scale)
    if point.valid_low is not None and point.valid_high is not None:
        return _SHARE_OF_RANGE * (point.valid_high - point.valid_low)
    return 0.0
