"""accept at a terminal: who may, what is entered, exit codes. Devices: tests/controller/accept."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from config.plan.site import Plan
from controller.accept.file import ProgressFile
from controller.accept.keeper import Keeper
from controller.accept.records import Aspect, Check, Left, Progress, Verdict
from controller.board import Board
from controller.booted import boot_id
from controller.cli import accept, remote
from controller.cli.accept_wish import measured, noted, wish_of, without_output
from controller.cli.remote import data_of_site
from controller.cli.speech import Failure
from controller.kernel_clock import elapsed_ns
from controller.site_lock import SiteLock
from controller.store.control import ControlStore
from controller.store.lock import DataLock
from tests.controller.accept.stand import SITE, compiled
from tests.controller.cli.test_main import louguan


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.yaml").write_text(SITE, encoding="utf-8")
    return site


def entered(capsys: pytest.CaptureFixture[str], site: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code, out, err = louguan(capsys, "accept", str(site), "--enter-only", "--json", "--lang", "en", *words)
    assert not err, err
    return code, json.loads(out)


def test_what_is_entered_is_kept_and_reported(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    words = ("--note", "pump.run_cmd=阀门未开", "--by", "李工", "--measured", "duct.min_speed=60±1")
    code, data = entered(capsys, site, *words)
    assert (code, data["verdict"], len(data["runs"])) == (0, "open", 1)
    kept = site / "data" / "acceptance.json"
    assert {path.stat().st_mode & 0o077 for path in (kept, kept.parent)} == {0}, "nobody else's to read"
    _, again = entered(capsys, site)
    points = {point["point"]: point for device in again["devices"] for point in device["points"]}
    assert [(note["words"], note["by"]) for note in points["do-1.ch1"]["notes"]] == [("阀门未开", "李工")]
    assert points["panel.ex1_min_speed"]["measured"]["value"] == "60 %"
    assert len(again["runs"]) == 2


def test_an_instrument_is_held_against_what_was_read(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "data").mkdir()
    progress, file = Progress("yard"), ProgressFile(site / "data")
    keeper = Keeper(compiled(SITE), file, progress)
    keeper.read({"panel.ex1_min_speed": {Aspect.READ: Check(Verdict.PASSED, None, 1, {"value": 60.0})}})
    code, _ = entered(capsys, site, "--measured", "duct.min_speed=66")
    assert code == 1
    code, _ = entered(capsys, site, "--measured", "duct.min_speed=62±3")
    assert code == 0


def test_an_output_that_was_left_is_told(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "data").mkdir()
    left = Left("do-1.ch7", False, None, True, "Li", 0)
    ProgressFile(site / "data").save(Progress("yard", left={"do-1.ch7": left}))
    code, out, _ = louguan(capsys, "accept", str(site), "--enter-only", "--lang", "zh")
    assert code == 1
    assert "do-1.ch7 尚未恢复原状（原为 关）" in out.replace("\n", "")


def test_the_report_is_a_whole_file_in_both_languages(
    capsys: pytest.CaptureFixture[str], site: Path, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    words = ("accept", str(site), "--enter-only", "--report")
    louguan(capsys, *words, str(file), "--both")
    content = file.read_text(encoding="utf-8")
    assert content.count("<main lang=") == 2
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("report")] == ["report.html"]
    code, _, err = louguan(
        capsys, "accept", str(site), "--enter-only", "--report", str(tmp_path / "no" / "r")
    )
    assert code == 1
    assert "Traceback" not in err


def test_the_report_may_go_where_no_file_can_be_replaced(
    capsys: pytest.CaptureFixture[str], site: Path, tmp_path: Path
) -> None:
    page, link = tmp_path / "page.html", tmp_path / "link.html"
    link.symlink_to(page)
    for file in (link, Path("/dev/null")):
        louguan(capsys, "accept", str(site), "--enter-only", "--report", str(file))
    assert link.is_symlink()
    assert "<main lang=" in page.read_text(encoding="utf-8")
    assert Path("/dev/null").is_char_device()


def test_what_cannot_be_kept_is_told_and_what_fails_otherwise_is_not_taken_for_it(
    capsys: pytest.CaptureFixture[str], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENETDOWN, "Network is down")

    words = ("accept", str(site), "--enter-only", "--lang", "en")
    with monkeypatch.context() as patched:
        patched.setattr("controller.accept.file.write_whole", fails)
        code, _, err = louguan(capsys, *words)
    assert (code, "acceptance.json cannot be written: Network is down" in err) == (1, True)
    monkeypatch.setattr("controller.cli.accept_run.accept", fails)
    code, _, err = louguan(capsys, *words)
    assert (code, "Network is down" in err, "cannot be written" in err) == (1, True, False)


def test_nobody_speaks_beside_a_daemon(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    with DataLock(site / "data"):
        code, _, err = louguan(capsys, "accept", str(site), "--lang", "zh")
    assert code == 1
    assert "一条线上两个主站会互相干扰" in err
    other = SiteLock(site, Board("en"), lambda: 0)
    assert other.take()
    code, _, err = louguan(capsys, "accept", str(site), "--lang", "en")
    other.release()
    assert (code, "with another data directory" in err) == (1, True)


@pytest.mark.parametrize("words", [("--write", "pumpp"), ("--lose", "do-1")])
def test_wrong_use_is_2_and_begins_no_run(
    capsys: pytest.CaptureFixture[str], site: Path, words: tuple[str, ...]
) -> None:
    code, _, err = louguan(capsys, "accept", str(site), "--lang", "en", *words)
    assert (code, "Traceback" in err) == (2, False)
    assert not (site / "data" / "acceptance.json").exists()


@pytest.mark.parametrize(
    "written",
    [
        lambda plan: wish_of(plan, (), ["killing"], (), (), forget=False),
        lambda plan: wish_of(plan, (), (), ["pump"], (), forget=False),
        lambda plan: wish_of(plan, (), (), (), ["nothing"], forget=False),
        lambda plan: noted(plan, "pump.run_cmd"),
        lambda plan: measured(plan, "duct.min_speed"),
        lambda plan: measured(plan, "duct.min_speed=quick"),
        lambda plan: measured(plan, "nowhere=1"),
        lambda plan: measured(plan, "di-1.di4=21.4"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(written: Callable[[Plan], object]) -> None:
    with pytest.raises(Failure) as refused:
        written(compiled(SITE))
    assert refused.value.code == 2


def test_a_damaged_control_db_is_refused(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    """Locks and observe modes in it would not be known."""
    (site / "data").mkdir()
    (site / "data" / "control.db").write_bytes(b"no database at all, but long enough to be read as one" * 20)
    code, _, err = louguan(capsys, "accept", str(site), "--lang", "en")
    assert code == 1
    assert "its locks and observe modes would not be known" in err


def test_a_clock_that_leapt_while_no_daemon_ran_is_doubted_as_the_daemon_would(
    capsys: pytest.CaptureFixture[str], site: Path
) -> None:
    (site / "data").mkdir()
    seen_ms = time.time_ns() // 1_000_000 - 5 * 3_600_000
    booted_ms = seen_ms - elapsed_ns() // 1_000_000
    control = ControlStore.open(site / "data", seen_ms)
    control.begin(seen_ms, trusted=True, version="1", plan="", machine=boot_id(), booted_ms=booted_ms)
    control.close()
    _, data = entered(capsys, site)
    assert data["runs"][0]["clock_leap_s"] == pytest.approx(5 * 3600, abs=60)
    assert datetime.fromisoformat(data["made"]).timestamp() == pytest.approx(seen_ms / 1000, abs=60)


def test_what_all_means() -> None:
    plan = compiled(SITE)

    def keys(*names: str) -> set[str]:
        wish = wish_of(plan, names, (), (), (), forget=False)
        return {plan.points[number].key for number in wish.write}

    assert keys("all") == {"do-1.ch1", "do-1.ch7", "panel.ex1_min_speed"}
    assert keys("lamp") == keys("门灯") == {"do-1.ch7"}
    assert keys("safety.di1") == {"safety.di1"}, "named: it is told why it is not tried"
    assert "do-1.ch8" in keys("do-1")
    assert keys("safety") == set()
    assert "panel.comm_timeout" not in keys("panel")
    named = wish_of(plan, ["do-1.ch8", "lamp"], (), (), (), forget=False).named
    assert {plan.points[number].key for number in named} == {"do-1.ch8"}


def test_a_name_without_an_output_is_told() -> None:
    plan, bare = compiled(SITE), replace(compiled(SITE), equipment=())

    def told(plan: Plan, *names: str) -> str:
        return str(without_output(names, wish_of(plan, names, (), (), (), forget=False)))

    assert "safety has no output" in told(plan, "safety")
    assert "name devices or points" in told(bare, "all")
    assert told(plan, "all") == told(plan, "safety", "lamp") == told(plan) == "None"


def test_whose_data_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is locked is known in the data of the service alone, where there is one."""
    site, service, here = tmp_path / "site", tmp_path / "service", tmp_path / "here"
    (here / "data").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setattr(remote, "INSTALLED", service)
    assert data_of_site(site, None, {}) == site / "data"
    service.mkdir()
    assert data_of_site(site, None, {}) == service
    (here / "data" / "louguan.sock").touch()
    assert data_of_site(site, None, {}) == Path("data")
    assert data_of_site(site, None, {"LOUGUAN_DATA": "there"}) == Path("there")
    (site / "data").mkdir(parents=True)
    (site / "data" / "acceptance.json").touch()
    assert data_of_site(site, None, {}) == Path("data"), "an acceptance before the service knows no locks"
    (site / "data" / "control.db").touch()
    assert data_of_site(site, None, {"LOUGUAN_DATA": "there"}) == site / "data"
    assert data_of_site(site, Path("said"), {}) == Path("said")


def test_of_two_data_directories_one_has_to_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, service = tmp_path / "site", tmp_path / "service"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOUGUAN_DATA", raising=False)
    monkeypatch.setattr(remote, "INSTALLED", service)
    for data in (site / "data", service):
        data.mkdir(parents=True)
        (data / "control.db").touch()
    with pytest.raises(Failure, match="a daemon has run with"):
        accept._data_of(site, None)
    assert accept._data_of(site, service) == service
    (service / "control.db").unlink()
    assert accept._data_of(site, None) == site / "data"


def test_a_control_db_that_should_be_there_is_missed(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "data").mkdir()
    (site / "data" / "log.db").write_bytes(b"rows")
    code, _, err = louguan(capsys, "accept", str(site), "--lang", "en")
    assert (code, "control.db is missing" in err) == (1, True)


def test_how_instruments_are_written() -> None:
    plan = compiled(SITE)
    by_hand = measured(plan, "duct.min_speed = 60 % ± 2")
    assert (by_hand.value, by_hand.tolerance) == (60.0, 2.0)
    assert measured(plan, "duct.min_speed=60+-2").tolerance == 2.0
    assert measured(plan, "duct.min_speed=60").tolerance == 3.0
    assert measured(plan, "di-1.di4=on").value is True
