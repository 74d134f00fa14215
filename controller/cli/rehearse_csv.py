"""A rehearsal's series by the hour, as CSV: meters, motors, needs that were not met."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from config.language import text
from controller.cli.speech import tell, unwritable
from controller.rehearsal.hourly import HOUR_MS
from controller.rehearsal.result import Result

_METERS = ("hour", "meter", "quantity", "unit", "used")
_MOTORS = ("hour", "equipment", "run_min")
_NEEDS = ("hour", "equipment", "need", "minutes")


def write_series(directory: Path, result: Result) -> None:
    """meters.csv has a row an hour and meter; motors.csv and unmet.csv only hours in which something was.
    Raises Failure."""
    hours = range(result.frame.start_ms(result.context), result.frame.end_ms(result.context), HOUR_MS)
    zone = result.context.local.zone

    def at(hour_ms: int) -> str:
        return datetime.fromtimestamp(hour_ms / 1000, zone).isoformat(timespec="minutes")

    used = [
        (at(hour), one.meter.name, one.meter.quantity, one.meter.unit, one.by_hour.get(hour))
        for one in result.consumption.used.values()
        for hour in hours
    ]
    ran = [
        (at(hour), motor.equipment.name, round(ran_ms / 60_000, 1))
        for motor in result.motors.motors.values()
        for hour, ran_ms in motor.by_hour.items()
    ]
    missed = [
        (at(hour), unmet.equipment.name, unmet.kind, unmet.by_hour[hour])
        for unmet in result.needs.unmet
        for hour in sorted(unmet.by_hour)
    ]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write(directory / "meters.csv", _METERS, used)
        _write(directory / "motors.csv", _MOTORS, ran)
        _write(directory / "unmet.csv", _NEEDS, missed)
    except OSError as error:
        raise unwritable(directory, error) from error
    tell(text("{file} is written", file=str(directory)))


def _write(file: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    # With its mark, so that spreadsheets take Chinese names for what they are.
    with file.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(head)
        writer.writerows(rows)
