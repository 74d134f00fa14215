"""What an edit is worth by what the daemon has logged: a real daemon's day, then the edit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from config.plan.clock import Pace
from config.plan.equipment import Equipment
from config.plan.reading import Value
from config.plan.site import Plan
from controller.cli import preview_changes
from controller.cli.preview_logged import logged_loads
from controller.cli.speech import set_language
from controller.trending import trending_of
from schedules.changes import compare
from schedules.energy import Counted, Logged
from schedules.preview import foresee
from tests.controller.shell import shell
from tests.controller.swap.bench import sealed
from tests.plans import LEVEL, PlanMaker
from tests.schedules.build import at, programme

DRAWN_KW = {0.0: 0.2, 50.0: 3.0, 100.0: 4.0}
FRIDAY = date(2026, 3, 6)


def lamps(until: str, *, measured_by: str = "meter", others: bool = False) -> Plan:
    """100 % until then, 50 % until 16:00; rated at 10 kW, of which they draw much less. `others` share the
    measurement."""
    maker = PlanMaker()
    device = maker.add_device("lamp")
    level = maker.add_point(device, "level", LEVEL)
    power = maker.add_point(device, "power", poll_s=60.0, max_age_s=180.0)
    week = {"everyday": [(f"08:00-{until}", 100.0), (f"{until}-16:00", 50.0)]}
    maker.add_programme(programme(week, targets=(level,), default=0.0))
    if measured_by == "meter":
        maker.integrate("lamp-meter", power)
    elif measured_by == "trend":
        maker.keep_trend(power)
    plan = maker.build()
    points = tuple(replace(point, unit={level: "%", power: "kW"}.get(point.id, "")) for point in plan.points)
    own = Equipment(
        0, "lamps", "灯", "lamp-group", (("level", level), ("power", power)), level, rated_kw=10.0
    )
    shared = (replace(own, id=1, name="others", primary=None),) if others else ()
    return sealed(replace(plan, points=points, equipment=(own, *shared)))


def lived(data: Path, plan: Plan) -> None:
    """A day of them."""
    data.mkdir()
    with shell(data, plan, at("2026-03-05 05:59")) as made:
        daemon = made.daemon
        daemon.trending = trending_of(plan, data, Pace(), made.board, expected=False)
        made.house_answers()
        level = 0.0
        for _ in range(12 * 60):
            made.read("lamp.level", level)
            made.read("lamp.power", DRAWN_KW[level])
            made.cycle(60.0)
            level = float(daemon.engine.decisions[0].value or 0.0)
        if daemon.trending is not None:
            daemon.trending.close()


@pytest.mark.parametrize(("measured_by", "named"), [("meter", "lamp-meter"), ("trend", "lamp.power")])
def test_what_was_logged_tells_more_than_the_rating(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], measured_by: str, named: str
) -> None:
    old, new = lamps("12:00", measured_by=measured_by), lamps("13:00", measured_by=measured_by)
    lived(tmp_path / "data", old)
    logged = logged_loads(new, tmp_path / "data")
    assert logged.keys() == {"lamp.level"}
    assert logged["lamp.level"].by == named
    assert logged["lamp.level"].kw == pytest.approx(DRAWN_KW, rel=0.05)

    before, after = (foresee(plan, FRIDAY, 1) for plan in (old, new))
    (item,) = compare(before, after, logged=logged).points
    assert (item.counted, item.logged_by) == (Counted.LOGGED, named)
    assert item.energy is not None
    # 16 h off; then an hour at 4 kW in place of 3: by the rating it would be 5 kWh.
    assert [float(one.kwh) for one in item.energy] == pytest.approx([31.2, 32.2], rel=0.02)
    for as_json in (False, True):
        preview_changes.show(before, after, None, logged, as_json=as_json)
    *lines, data = capsys.readouterr().out.splitlines()
    assert any(line.strip().startswith("electricity, as it was logged: 31.") for line in lines)
    assert any(line.endswith(f"in four weeks at most, by {named}") for line in lines)
    assert not [line for line in lines if "rated power" in line]
    electricity = json.loads(data)["electricity"]
    assert (electricity["by"], electricity["as_logged"]["points"]) == ("logged load", 1)
    assert json.loads(data)["points"][0]["logged_by"] == named


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


def test_what_measures_several_tells_nothing_of_one(tmp_path: Path) -> None:
    plan = lamps("12:00", others=True)
    assert logged_loads(plan, tmp_path) == {}
    lived(tmp_path / "data", plan)
    assert logged_loads(plan, tmp_path / "data") == {}
    assert logged_loads(lamps("12:00"), tmp_path / "data").keys() == {"lamp.level"}
    (tmp_path / "data" / "log.db").write_bytes(b"no database at all" * 500)
    assert logged_loads(lamps("12:00"), tmp_path / "data") == {}


def test_what_was_never_commanded_is_its_share_or_by_the_rating() -> None:
    before, after = foresee(lamps("12:00"), FRIDAY, 1), foresee(lamps("13:00"), FRIDAY, 1)

    def kwh(kw: dict[Value, float]) -> tuple[Counted, float]:
        (item,) = compare(before, after, logged={"lamp.level": Logged("m", kw)}).points
        assert item.energy is not None
        return item.counted, float(item.energy[1].kwh - item.energy[0].kwh)

    assert kwh({100.0: 4.0}) == (Counted.LOGGED, 2.0)
    assert kwh({50.0: 3.0}) == (Counted.LOGGED, 3.0)
    assert kwh({0.0: 0.2}) == (Counted.FULLY, 5.0)
