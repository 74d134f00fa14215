"""A next change on a day of which nobody knows yet what kind it will be is marked wherever it is told."""

from __future__ import annotations

import re
from datetime import date

import pytest

from controller.cli import preview_tables
from controller.cli.preview_data import preview_data
from controller.cli.preview_groups import groups
from controller.cli.preview_page import page
from schedules.preview import Foreseen, foresee
from tests.plans import LEVEL, PlanMaker
from tests.schedules.build import programme


def lamp(kind: str, first: date) -> Foreseen:
    """One day of a lamp that is lit from 08:00 to 18:00 on days of that kind."""
    maker = PlanMaker()
    level = maker.add_point(maker.add_device("lamp"), "level", LEVEL)
    maker.add_programme(
        programme({kind: [("08:00-18:00", 80.0)]}, default=10.0, targets=(level,), name="work")
    )
    return foresee(maker.build(), first, 1)


@pytest.mark.parametrize(
    ("kind", "first", "at", "told", "announced"),
    [
        ("workday", date(2026, 3, 5), "2026-03-06T08:00:00+08:00", "03-06 08:00", True),
        ("workday", date(2026, 12, 31), "2027-01-01T08:00:00+08:00", "2027-01-01 08:00?", False),
        # Nothing happens on that day: its one value ends some time later.
        ("dayoff", date(2026, 3, 5), "2026-03-07T08:00:00+08:00", "03-07 08:00", True),
        ("dayoff", date(2026, 12, 31), "2027-01-02T08:00:00+08:00", "2027-01-02 08:00?", False),
    ],
)
def test_the_next_change(
    capsys: pytest.CaptureFixture[str], kind: str, first: date, at: str, told: str, announced: bool
) -> None:
    foreseen = lamp(kind, first)
    chosen = groups(foreseen, None)
    last = preview_data(foreseen, chosen)["points"][0]["spans"][-1]
    assert (last["next_change"], last["next_change_announced"]) == (at, announced)
    assert told in re.findall(r'next change: ([^"<\n]+)', page(foreseen, chosen, "en"))
    preview_tables.preview(foreseen, chosen, "en", details=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith(f"next change: {told}")]


def test_a_change_of_today_is_known_though_the_next_year_is_not() -> None:
    foreseen = lamp("workday", date(2026, 12, 31))
    spans = preview_data(foreseen, groups(foreseen, None))["points"][0]["spans"]
    assert [span["next_change_announced"] for span in spans] == [True, True, False]


def test_the_end_of_a_value_is_marked_on_the_page_too() -> None:
    foreseen = lamp("workday", date(2026, 12, 31))
    written = page(foreseen, groups(foreseen, None), "en")
    assert "12-31 18:00 – 01-01 08:00?" in written
    assert "12-31 08:00 – 12-31 18:00\n" in written
