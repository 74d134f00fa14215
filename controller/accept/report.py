"""The report's data: all that is known, in one language, as plain JSON. Pure.

Times are ISO 8601 with the site's offset; values are in the units of their points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.language import render, text, word
from config.plan.amounts import amount
from config.plan.devices import Device
from config.plan.equipment import Equipment
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from controller.accept import prints
from controller.accept.addresses import address, bounds, kind, where
from controller.accept.records import (
    OF_LOSS,
    OF_WRITING,
    Aspect,
    Check,
    Left,
    Progress,
    Record,
    Run,
    Verdict,
    together,
)
from controller.decide.cover import can_be_set

_IDENTITY = ("serial", "firmware", "model", "version")
"""Points by which devices tell what they are."""
_NOTHING = Record("")


def report(plan: Plan, progress: Progress, language: str, now_ms: int) -> dict[str, Any]:
    """All of it."""
    made = _Report(plan, progress, language)
    devices = [made.device(device) for device in plan.devices]
    points = [point for device in devices for point in device["points"]]
    counted = Counter(point["verdict"] for point in points)
    skipped = Counter(
        check["why"]
        for point in points
        for check in point["checks"].values()
        if check["verdict"] == Verdict.SKIPPED
    )
    known = {point.key for point in plan.points}
    return {
        "site": plan.site.name,
        "label": plan.site.label or plan.site.name,
        "time_zone": plan.site.time_zone,
        "made": made.moment(now_ms),
        "plan": plan.hash,
        "verdict": made.verdict(devices),
        "failed": list(_failures(devices)),
        "summary": {
            "devices": len(devices),
            "devices_answering": sum(device["answers"] is True for device in devices),
            "points": len(points),
            **{verdict.value: counted.get(verdict, 0) for verdict in Verdict},
            "outputs": sum(point["output"] for point in points),
            "outputs_passed": sum(
                point["output"] and point["checks"].get("write", {}).get("verdict") == Verdict.PASSED
                for point in points
            ),
            "skipped_why": [{"why": why, "count": count} for why, count in skipped.most_common()],
        },
        "runs": [made.run(run) for run in progress.runs],
        "left": [made.left(left) for left in progress.left.values()],
        "gone": sorted(progress.points.keys() - known),
        "devices": devices,
        "equipment": [made.equipment(equipment) for equipment in plan.equipment],
    }


def failed(data: Mapping[str, Any]) -> bool:
    """Whether something failed, or is not as it was found."""
    return data["verdict"] == Verdict.FAILED or bool(data["left"])


def _failures(devices: Sequence[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """All that failed, one after the other; why a device does not answer is told once for all its points."""
    for device in devices:
        reads = [point["checks"]["read"] for point in device["points"] if "read" in point["checks"]]
        silent = reads[0] if device["answers"] is False else None
        if silent is not None:
            yield _failure(device["device"], device["label"], "read", silent)
        for aspect, check in device["checks"].items():
            if check["verdict"] == Verdict.FAILED:
                yield _failure(device["device"], device["label"], aspect, check)
        for point in device["points"]:
            for aspect, check in point["checks"].items():
                told = silent is not None and aspect == Aspect.READ and check["why"] == silent["why"]
                if check["verdict"] == Verdict.FAILED and not told:
                    yield _failure(point["point"], point["label"], aspect, check)


def _failure(name: str, label: str, aspect: str, check: Mapping[str, Any]) -> dict[str, str]:
    return {"name": name, "label": label, "aspect": aspect, "why": check["why"]}


class _Report:
    """Makes the parts; lives for one report."""

    def __init__(self, plan: Plan, progress: Progress, language: str) -> None:
        self._plan = plan
        self._progress = progress
        self._language = language
        self._zone = ZoneInfo(plan.site.time_zone)

    def moment(self, wall_ms: int | None) -> str | None:
        if wall_ms is None:
            return None
        return datetime.fromtimestamp(wall_ms / 1000, self._zone).isoformat(timespec="seconds")

    @staticmethod
    def verdict(devices: list[dict[str, Any]]) -> str:
        """Of the site. What is only open or left out is no failure."""
        return together(Verdict(device["verdict"]) for device in devices).value

    def run(self, run: Run) -> dict[str, Any]:
        return {
            "began": self.moment(run.began_ms),
            "ended": self.moment(run.ended_ms),
            "by": run.by,
            "version": run.version,
            "python": run.python,
            "plan": run.plan,
            "simulated": run.simulated,
            "clock_trusted": run.trusted,
            "clock_leap_s": run.leap_ms / 1000,
            "wrote": list(run.wrote),
        }

    def left(self, left: Left) -> dict[str, Any]:
        point = self._plan.point_named(left.point)
        found, wrote = (
            str(value) if point is None else self.value(point, value) for value in (left.found, left.wrote)
        )
        return {
            "point": left.point,
            "found": found,
            "wrote": wrote,
            "by": left.by,
            "at": self.moment(left.at_ms),
        }

    def device(self, device: Device) -> dict[str, Any]:
        points = [self._plan.points[number] for number in device.points]
        rows = [self.point(point) for point in points]
        record = self._progress.devices.get(device.name, _NOTHING)
        checks = {aspect.value: self.check(None, check) for aspect, check in _sorted(record, OF_LOSS)}
        answers = [row["checks"]["read"]["seen"].get("value") for row in rows if "read" in row["checks"]]
        verdicts = [Verdict(row["verdict"]) for row in rows] + [
            Verdict(check["verdict"]) for check in checks.values()
        ]
        return {
            "device": device.name,
            "label": device.label or device.name,
            "profile": device.profile,
            "where": render(where(self._plan.lines[device.line], device), self._language),
            "place": device.place,
            "answers": any(value is not None for value in answers) if answers else None,
            "identity": {
                row["label"]: row["checks"]["read"]["value"]
                for row in rows
                if row["name"] in _IDENTITY and row["checks"].get("read", {}).get("value")
            },
            "unheard": self._unheard(device),
            "verdict": together(verdicts).value,
            "checks": checks,
            "points": rows,
        }

    def point(self, point: Point) -> dict[str, Any]:
        record = self._progress.points.get(point.key, _NOTHING)
        changed = record is not _NOTHING and record.print != prints.of_point(self._plan, point)
        if changed:
            record = Record("", {}, record.notes, record.measured, record.changed_ms)
        checks = {aspect.value: self.check(point, check) for aspect, check in _sorted(record, Aspect)}
        output = can_be_set(point)
        verdicts = [check.verdict for check in record.checks.values()]
        verdicts += [Verdict.OPEN] * (Aspect.READ not in record.checks)
        verdicts += [Verdict.OPEN] * (output and Aspect.WRITE not in record.checks)
        last = max((check.at_ms for check in record.checks.values()), default=None)
        return {
            "point": point.key,
            "name": point.name,
            "label": point.label,
            "kind": kind(point),
            "output": output,
            "life_safety": point.life_safety,
            "unit": point.unit,
            "address": address(point),
            "bounds": bounds(point, self._language),
            "poll_s": point.poll_s,
            "verdict": together(verdicts).value,
            "checks": checks,
            "measured": self._measured(point, record),
            "notes": [
                {"words": note.words, "by": note.by, "at": self.moment(note.at_ms)} for note in record.notes
            ],
            "changed": changed,
            "changed_at": self.moment(record.changed_ms),
            "at": self.moment(last),
            "by": self._by(last),
        }

    def equipment(self, equipment: Equipment) -> dict[str, Any]:
        roles = []
        for role, number in equipment.roles:
            point = self.point(self._plan.points[number])
            roles.append(
                {
                    "role": role,
                    "point": point["point"],
                    "label": point["label"],
                    "verdict": point["verdict"],
                    "value": point["checks"].get("read", {}).get("value"),
                    "checks": {
                        name: check for name, check in point["checks"].items() if Aspect(name) in OF_WRITING
                    },
                }
            )
        return {
            "equipment": equipment.name,
            "label": equipment.label or equipment.name,
            "kind": equipment.kind,
            "place": equipment.place,
            "min_on_s": equipment.min_on_s,
            "min_off_s": equipment.min_off_s,
            "starts_per_hour": equipment.starts_per_hour,
            "verdict": together(Verdict(role["verdict"]) for role in roles).value,
            "roles": roles,
        }

    def check(self, point: Point | None, check: Check) -> dict[str, Any]:
        made: dict[str, Any] = {
            "verdict": check.verdict.value,
            "why": "" if check.why is None else render(check.why, self._language),
            "at": self.moment(check.at_ms),
            "seen": dict(check.seen),
        }
        for name in ("value", "wanted", "found"):
            seen = check.seen.get(name)
            if point is not None and seen is not None:
                made[name] = self.value(point, seen)
        return made

    def value(self, point: Point, value: Value) -> str:
        """As people write it: with its unit, or its state's name."""
        name = point.state_name(value)
        if name is not None:
            return word(name, self._language)
        if isinstance(value, bool):
            return render(text("on") if value else text("off"), self._language)
        return value if isinstance(value, str) else amount(value, point.unit, 3)

    def _unheard(self, device: Device) -> str:
        unheard = device.unheard
        if unheard is None:
            return ""
        if unheard.mechanism == "holds-last":
            words = text("holds its outputs; accepted: {why}", why=unheard.accepted)
        else:
            value = unheard.goes_to
            if isinstance(value, bool):
                goes_to = render(text("on") if value else text("off"), self._language)
            else:
                goes_to = word(self._state(device, value), self._language)
            seconds = f"{unheard.after_s:g}"
            words = text("goes to {value} by itself after {seconds} s", value=goes_to, seconds=seconds)
        return render(words, self._language)

    def _state(self, device: Device, value: Value | None) -> str:
        """What a device goes to, as the first of its commanded points that can be so would say it."""
        for number in device.points:
            point = self._plan.points[number]
            if point.command is None or not point.command.targetable or value is None:
                continue
            name = point.state_name(value)
            if name is not None:
                return name
            if point.kind == "number" and isinstance(value, int | float):
                return amount(value, point.unit)
        return str(value)

    def _measured(self, point: Point, record: Record) -> dict[str, Any] | None:
        by_hand = record.measured
        if by_hand is None:
            return None
        return {
            "value": self.value(point, by_hand.value),
            "tolerance": by_hand.tolerance,
            "by": by_hand.by,
            "at": self.moment(by_hand.at_ms),
        }

    def _by(self, at_ms: int | None) -> str:
        """Who ran the command then."""
        if at_ms is None:
            return ""
        return next((run.by for run in reversed(self._progress.runs) if run.began_ms <= at_ms), "")


def _sorted(record: Record, aspects: Any) -> Iterator[tuple[Aspect, Check]]:
    """Those of `aspects` that were tried, in the order in which they are."""
    for aspect in Aspect:
        if aspect in aspects and aspect in record.checks:
            yield aspect, record.checks[aspect]
