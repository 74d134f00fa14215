"""Progress as JSON text and back. Pure."""

from __future__ import annotations

import json
from typing import Any

from config.language.stored import dump as dump_text
from config.language.stored import load as load_text
from controller.accept.records import Aspect, Check, Left, Measured, Note, Progress, Record, Run, Verdict

FORMAT = 1


class NotProgress(ValueError):
    """The text is no progress of this version."""


def dump(progress: Progress) -> str:
    """All of it; what people wrote in any script stays readable."""
    data = {
        "format": FORMAT,
        "site": progress.site,
        "runs": [run._asdict() for run in progress.runs],
        "left": [left._asdict() for left in progress.left.values()],
        "devices": {name: _record(record) for name, record in progress.devices.items()},
        "points": {name: _record(record) for name, record in progress.points.items()},
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def load(stored: str) -> Progress:
    """Raises NotProgress."""
    try:
        data = json.loads(stored)
        if data["format"] != FORMAT:
            raise NotProgress(f"format {data['format']}")
        left = [Left(**item) for item in data["left"]]
        return Progress(
            data["site"],
            {name: _raised(record) for name, record in data["points"].items()},
            {name: _raised(record) for name, record in data["devices"].items()},
            [Run(**{**run, "wrote": tuple(run["wrote"])}) for run in data["runs"]],
            {item.point: item for item in left},
        )
    except (KeyError, TypeError, AttributeError, RecursionError, ValueError) as error:
        raise NotProgress(str(error)) from error


def _record(record: Record) -> dict[str, Any]:
    return {
        "print": record.print,
        "checks": {aspect.value: _check(check) for aspect, check in record.checks.items()},
        "notes": [note._asdict() for note in record.notes],
        "measured": None if record.measured is None else record.measured._asdict(),
        "changed_ms": record.changed_ms,
    }


def _check(check: Check) -> dict[str, Any]:
    why = None if check.why is None else json.loads(dump_text(check.why))
    return {"verdict": check.verdict.value, "why": why, "at_ms": check.at_ms, "seen": dict(check.seen)}


def _raised(data: dict[str, Any]) -> Record:
    return Record(
        data["print"],
        {Aspect(aspect): _raised_check(check) for aspect, check in data["checks"].items()},
        [Note(**note) for note in data["notes"]],
        None if data["measured"] is None else Measured(**data["measured"]),
        data["changed_ms"],
    )


def _raised_check(data: dict[str, Any]) -> Check:
    why = None if data["why"] is None else load_text(json.dumps(data["why"]))
    return Check(Verdict(data["verdict"]), why, data["at_ms"], data["seen"])
