"""What is to be said of what was seen. Pure. Units are those of the points."""

from __future__ import annotations

import math

from config.language import Text, text
from config.language.details import detail
from config.plan.amounts import amount
from config.plan.points import BacnetObject, Point
from config.plan.reading import Quality, Reading, Value
from controller.accept.records import Check, Measured, Verdict
from drivers.api import Fate, WriteReport

POSSIBLE: dict[str, tuple[float, float]] = {
    "%": (-5.0, 120.0),
    "°C": (-60.0, 800.0),
    "pH": (0.0, 14.0),
    "Hz": (0.0, 500.0),
    "V": (0.0, 40_000.0),
    "lx": (0.0, 200_000.0),
    "ppm": (0.0, 100_000.0),
    "%LEL": (-5.0, 110.0),
    "NTU": (0.0, 10_000.0),
    "mg/L": (0.0, 1_000.0),
    "mg/m³": (0.0, 100_000.0),
}
"""What no instrument of a building shows when it is well: outside of it a wrong scale, byte order or register
is the likelier cause."""
_LATE = 1.5
"""A poll may take so many times its period on average, or a second more than it."""
MEASURED_SHARE = 0.05
"""By how much an instrument may differ where nobody says, of what it shows."""


def read(point: Point, reading: Reading, silent: str | None, at_ms: int) -> Check:
    """`silent`: why its device does not answer; None when it does."""
    seen: dict[str, Value | None] = {"value": reading.value}
    if reading.quality is Quality.GOOD and reading.value is not None:
        wrong = implausible(point, reading.value)
        return Check(Verdict.PASSED if wrong is None else Verdict.FAILED, wrong, at_ms, seen)
    if silent is not None:
        why = text("the device does not answer: {detail}", detail=detail(silent))
        return Check(Verdict.FAILED, why, at_ms, {"value": None})
    if reading.reason == "never":
        return Check(Verdict.FAILED, text("it was not read in time"), at_ms, {"value": None})
    return Check(Verdict.FAILED, text("{reason}", reason=detail(reading.reason)), at_ms, seen)


def implausible(point: Point, value: Value) -> Text | None:
    """Why a value cannot be what its unit says."""
    if point.kind != "number" or isinstance(value, str | bool):
        return None
    if point.counter is not None and value < 0:
        return text("a counter is never negative: {value}", value=amount(value, point.unit, 3))
    low, high = POSSIBLE.get(point.unit, (-math.inf, math.inf))
    if low <= value <= high:
        return None
    return text(
        "{value} is not plausible: look at scale, byte order and register", value=amount(value, point.unit, 3)
    )


def period(point: Point, declared_s: float, period_s: float | None, at_ms: int) -> Check | None:
    """None: it cannot be judged, because too few readings have come or the device tells by itself."""
    if period_s is None or (
        isinstance(point.source, BacnetObject) and point.source.cov_increment is not None
    ):
        return None
    allowed_s = max(_LATE * declared_s, declared_s + 1.0)
    seen = {"seconds": round(period_s, 2), "allowed": round(allowed_s, 2)}
    if period_s <= allowed_s:
        return Check(Verdict.PASSED, None, at_ms, seen)
    why = text(
        "polled every {seconds} s instead of every {declared} s: the line is too slow, or waits for dead "
        "devices",
        seconds=f"{period_s:.1f}",
        declared=f"{declared_s:g}",
    )
    return Check(Verdict.FAILED, why, at_ms, seen)


def set_up(point: Point, wanted: Value, reading: Reading, at_ms: int, *, written: bool = False) -> Check:
    """Whether a set-up register holds what the Plan wants it to. `written`: it has been told so by now."""
    seen = {"value": reading.value, "wanted": wanted}
    if reading.quality is Quality.GOOD and close(reading.value, wanted, tolerance(point)):
        return Check(Verdict.PASSED, None, at_ms, seen)
    if written:
        return Check(Verdict.FAILED, text("it does not take what it has to hold"), at_ms, seen)
    why = text(
        "it does not hold yet what the device needs when nobody talks to it: the daemon writes it, or "
        "--write with its device"
    )
    return Check(Verdict.SKIPPED, why, at_ms, seen)


def written(report: WriteReport | None, wanted: Value, found: Value, took_s: float, at_ms: int) -> Check:
    """Of a value that was written; `report` None: nothing came back."""
    seen: dict[str, Value | None] = {"wanted": wanted, "found": found, "seconds": round(took_s, 2)}
    if report is None:
        return Check(Verdict.FAILED, text("no word came back of the write"), at_ms, seen)
    seen["value"] = report.value
    if report.fate is Fate.READ_BACK:
        return Check(Verdict.PASSED, None, at_ms, seen)
    if report.fate is Fate.ACKNOWLEDGED:
        why = text("accepted, but not read back")
        return Check(Verdict.PASSED, why, at_ms, seen)
    return Check(Verdict.FAILED, _unwritten(report.fate, detail(report.detail or "-")), at_ms, seen)


def _unwritten(fate: Fate, said: Text | str) -> Text:
    match fate:
        case Fate.REJECTED:
            return text("refused: {detail}", detail=said)
        case Fate.NO_ANSWER:
            return text("no answer: {detail}", detail=said)
        case Fate.NOT_SENT:
            return text("not sent: {detail}", detail=said)
    return text("it did not take: {detail}", detail=said)


def followed(
    wanted: Value, last: Value | None, took_s: float, within_s: float, at_ms: int, *, so: bool
) -> Check:
    """Of a feedback that was waited for; `so`: it came."""
    seen: dict[str, Value | None] = {
        "wanted": wanted,
        "value": last,
        "seconds": round(took_s, 2),
        "allowed": within_s,
    }
    if so:
        return Check(Verdict.PASSED, None, at_ms, seen)
    why = text("the feedback did not come within {seconds} s", seconds=f"{within_s:g}")
    return Check(Verdict.FAILED, why, at_ms, seen)


def measured(reading: Value | None, by_hand: Measured, at_ms: int) -> Check:
    """The point beside an instrument."""
    seen = {"value": reading, "wanted": by_hand.value, "allowed": by_hand.tolerance}
    if reading is None:
        return Check(Verdict.FAILED, text("there is no good reading to compare with"), at_ms, seen)
    if close(reading, by_hand.value, by_hand.tolerance):
        return Check(Verdict.PASSED, None, at_ms, seen)
    return Check(Verdict.FAILED, text("the instrument shows something else"), at_ms, seen)


def tolerance(point: Point) -> float:
    """By how much what it reads may differ from what was written to it."""
    return 0.0 if point.command is None else point.command.tolerance


def close(one: Value | None, other: Value, within: float) -> bool:
    """Whether two values of a point are the same, but for `within`; never for a missing one."""
    if isinstance(one, bool | str) or isinstance(other, bool | str) or one is None:
        return type(one) is type(other) and one == other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=within + 1e-9)
