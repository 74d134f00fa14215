"""The pure parts: what is tried of an output, what is said of what was seen, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import Text, render, text
from config.plan.points import BacnetObject, Command, Point, Register
from config.plan.reading import NEVER, Quality, Reading, Value
from controller.accept import judging
from controller.accept.arrivals import Arrivals
from controller.accept.file import FILE, ProgressFile
from controller.accept.kept import NotProgress, dump, load
from controller.accept.records import Aspect, Check, Left, Measured, Note, Progress, Record, Run, Verdict
from controller.accept.trials import Found, step
from controller.options import NotStarted
from drivers.api import Sample, Unchanged

ALLOW = frozenset({"switching"})


def point(kind: str = "number", unit: str = "%", command: Command | None = None, **more: object) -> Point:
    source = more.pop("source", Register("holding", 0, "uint16"))
    states = ((0, "off"), (1, "auto"), (2, "on")) if kind == "enum" else ()
    return Point(0, "d.p", "p", "p", 0, kind, unit, source, 5.0, 15.0, states=states, command=command, **more)  # type: ignore[arg-type]


RANGE = Command(low=0.0, high=100.0)
ARRAY = BacnetObject("analog-value", 1, commandable=True)


@pytest.mark.parametrize(
    ("point", "found", "to"),
    [
        (point(command=RANGE), 50.0, 55.0),
        (point(command=RANGE), 97.0, 92.0),
        (point(command=RANGE), 100, 95.0),
        (point(command=Command(low=16.0, high=28.0, tolerance=0.5)), 20.0, 22.0),
        (point(command=Command(low=0.0, high=10.0)), 3.0, 5.0),
        (point("bool", command=Command()), False, True),
        (point("enum", command=Command(states=(1, 2))), 1, 2),
        (point("enum", command=Command()), 0, 1),
        (point("enum", command=Command()), 1, 2),
        (point("enum", command=Command(states=(0, 1))), 1, 0),
    ],
)
def test_one_small_step(point: Point, found: Value, to: Value) -> None:
    assert step(point, Found(found, {}), ALLOW, named=False) == to


@pytest.mark.parametrize(
    ("point", "found", "why"),
    [
        (point(), 1.0, "it is not commanded"),
        (point("bool", command=Command(), life_safety=True), False, "life safety is never commanded"),
        (point(command=Command(low=0.0, high=9.0, targetable=False)), 1.0, "it is not commanded"),
        (point(command=RANGE), None, "how it stands cannot be read, so it could not be put back"),
        (
            point(command=RANGE),
            120.0,
            "it stands outside of what may be written, so it could not be put back",
        ),
        (
            point("enum", command=Command(states=(1, 2))),
            0,
            "it stands at a state that may not be written, so it could not be put back",
        ),
        (point(command=Command(low=5.0, high=5.0)), 5.0, "there is no second value that may be written"),
        (point("enum", command=Command(states=(1,))), 1, "there is no second value that may be written"),
        (
            point("bool", command=Command(pulse_s=0.5)),
            False,
            "a momentary output cannot be put back: it is tried only when it is named itself",
        ),
        (
            point(command=Command(low=0.0, high=9.0, verify="none")),
            1.0,
            "it cannot be read back, so it could not be put back: it is tried only when it is named itself",
        ),
    ],
)
def test_what_is_left_alone(point: Point, found: Value | None, why: str) -> None:
    assert step(point, Found(found, {}), ALLOW, named=False) == text(why)


def test_on_an_array_what_stands_elsewhere_does_not_matter() -> None:
    """Our slot is emptied again, so that what was found outside of the range is found so again."""
    assert step(point(command=RANGE, source=ARRAY), Found(120.0, {}), ALLOW, named=False) == 95.0
    above = step(point(command=RANGE, source=ARRAY), Found(10.0, {7: 10.0, 15: 3.0}), ALLOW, named=True)
    assert isinstance(above, Text)


@given(
    low=st.floats(-1e4, 1e4),
    width=st.floats(0, 1e4),
    share=st.floats(0, 1),
    tolerance=st.floats(0, 50),
    scale=st.sampled_from([0.001, 0.1, 1.0, 10.0]),
)
def test_a_step_is_always_in_range_and_can_be_told_from_where_it_began(
    low: float, width: float, share: float, tolerance: float, scale: float
) -> None:
    source = Register("holding", 0, "uint16", scale=scale)
    command = Command(low=low, high=low + width, tolerance=tolerance)
    found = min(low + share * width, low + width)
    to = step(point(command=command, source=source), Found(found, {}), ALLOW, named=False)
    if not isinstance(to, Text):
        assert isinstance(to, float)
        assert low <= to <= low + width
        assert abs(to - found) > tolerance


def reading(value: Value | None, quality: Quality = Quality.GOOD, reason: str = "") -> Reading:
    return Reading(value, quality, reason, 1, 1)


@pytest.mark.parametrize(
    ("point", "reading", "silent", "verdict", "why"),
    [
        (point(), reading(50.0), None, Verdict.PASSED, ""),
        (point(), reading(3000.0), None, Verdict.FAILED, "3000 % is not plausible"),
        (point(unit="°C"), reading(-3276.8), None, Verdict.FAILED, "-3276.8 °C is not plausible"),
        (point(unit="kW"), reading(-3276.8), None, Verdict.PASSED, ""),
        (point(), reading(None, Quality.BAD, "out of range"), None, Verdict.FAILED, "out of range"),
        (point(), NEVER, "time-out", Verdict.FAILED, "the device does not answer: time-out"),
        (point(), NEVER, None, Verdict.FAILED, "it was not read in time"),
        (point(), reading(1.0, Quality.STALE, "stale"), None, Verdict.FAILED, "stale"),
    ],
)
def test_a_reading(point: Point, reading: Reading, silent: str | None, verdict: Verdict, why: str) -> None:
    check = judging.read(point, reading, silent, 7)
    assert check.verdict is verdict
    assert ("" if check.why is None else render(check.why, "en")).startswith(why)


@pytest.mark.parametrize(("period_s", "verdict"), [(2.1, "passed"), (2.9, "passed"), (3.1, "failed")])
def test_a_period(period_s: float, verdict: str) -> None:
    check = judging.period(point(), 2.0, period_s, 7)
    assert check is not None
    assert check.verdict == verdict


def test_a_period_that_cannot_be_judged() -> None:
    told = BacnetObject("analog-input", 1, cov_increment=0.5)
    assert judging.period(point(), 2.0, None, 7) is None
    assert judging.period(point(source=told), 2.0, 60.0, 7) is None


@pytest.mark.parametrize(
    ("read", "shown", "tolerance", "verdict"),
    [
        (21.4, 21.9, 0.5, "passed"),
        (21.4, 22.0, 0.5, "failed"),
        (True, True, 0.0, "passed"),
        (True, False, 0.0, "failed"),
        (None, 21.0, 99.0, "failed"),
        (1, True, 0.0, "failed"),
    ],
)
def test_an_instrument(read: Value | None, shown: Value, tolerance: float, verdict: str) -> None:
    assert judging.measured(read, Measured(shown, tolerance, "Li", 1), 7).verdict == verdict


def test_arrivals_are_counted_whether_changed_or_not() -> None:
    arrivals = Arrivals()
    second = 1_000_000_000
    arrivals.note([Sample(4, Reading(1.0, Quality.GOOD, "", 0, 5 * second))])
    assert arrivals.period_s(4) is None
    arrivals.note(
        [Unchanged((4, 5), 0, 7 * second), Unchanged((4,), 0, 7 * second), Unchanged((4,), 0, 9 * second)]
    )
    assert (arrivals.period_s(4), arrivals.count(5), arrivals.last_ns((4, 5))) == (2.0, 1, 9 * second)


VALUES = st.booleans() | st.integers(-9, 9) | st.floats(-1e6, 1e6) | st.text(max_size=5)
CHECKS = st.builds(
    Check,
    st.sampled_from(Verdict),
    st.none() | st.builds(lambda said: text("{reason}", reason=text(said)), st.text(max_size=9)),
    st.integers(0, 2**41),
    st.dictionaries(st.sampled_from(["value", "wanted", "found"]), st.none() | VALUES, max_size=2),
)
RECORDS = st.builds(
    Record,
    st.text(max_size=4),
    st.dictionaries(st.sampled_from(Aspect), CHECKS, max_size=3),
    st.lists(st.builds(Note, st.text(max_size=5), st.text(max_size=5), st.integers(0, 9)), max_size=2),
    st.none() | st.builds(Measured, VALUES, st.floats(0, 9), st.text(max_size=5), st.integers(0, 9)),
    st.none() | st.integers(0, 9),
)


@settings(max_examples=25)
@given(
    points=st.dictionaries(st.text(max_size=5), RECORDS, max_size=3),
    left=st.lists(
        st.builds(Left, st.text(max_size=5), VALUES, st.none() | VALUES, VALUES, st.text(), st.integers(0, 9))
    ),
)
def test_what_is_kept_comes_back(points: dict[str, Record], left: list[Left]) -> None:
    run = Run(1, None, "Li", "1", "3", "0", simulated=False, trusted=True, leap_ms=0, wrote=("a",))
    progress = Progress("s", points, {"d": Record("x")}, [run], {item.point: item for item in left})
    assert load(dump(progress)) == progress


@pytest.mark.parametrize(
    "stored", ["", "{", "[]", "{}", json.dumps({"format": 99}), '{"format": 1, "site": "s", "left": [{}]}']
)
def test_what_is_no_progress_is_refused(stored: str, tmp_path: Path) -> None:
    with pytest.raises(NotProgress):
        load(stored)
    (tmp_path / FILE).write_text(stored, encoding="utf-8")
    with pytest.raises(NotStarted):
        ProgressFile(tmp_path).load("s")


def test_progress_of_another_site_is_refused(tmp_path: Path) -> None:
    ProgressFile(tmp_path).save(Progress("other"))
    with pytest.raises(NotStarted, match="is of the site other, not of mine"):
        ProgressFile(tmp_path).load("mine")
    assert ProgressFile(tmp_path).load("other") == Progress("other")
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
