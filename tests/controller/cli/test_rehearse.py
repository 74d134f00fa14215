"""The command: text, JSON, series and pictures, faults from a file, and what is said of wrong use."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from config.language import render
from controller.cli import speech
from controller.cli.main import main
from controller.cli.rehearse_faults import faults_of
from controller.cli.speech import Failure
from tests.drivers.simulators import sites

SITE = Path(__file__).parents[3] / "config/sites/minimal"


def louguan(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["rehearse", str(SITE), "--from", "2026-03-05", "--cycle", "60s", *words])
    said = capsys.readouterr()
    code = ended.value.code
    return code if isinstance(code, int) else 0, said.out, said.err


def test_the_report_is_said_in_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.cells import cell_len

    code, out, _ = louguan(capsys, "--days", "1", "--as-default", "--lang", "zh")
    assert code == 0
    assert "电费" not in out, "it has no tariff"
    assert max(cell_len(line) for line in out.splitlines()) <= 80
    code, out, _ = louguan(capsys, "--days", "1", "--from", "2026-12-01", "--lang", "en")
    assert "the days off of 2027 are not known" in " ".join(out.split())
    assert max(cell_len(line) for line in out.splitlines()) <= 80
    code, out, _ = louguan(capsys, "--days", "2", "--lang", "en")
    assert code == 0
    assert max(cell_len(line) for line in out.splitlines()) <= 80
    assert "2 days from 2026-03-05, decided every 60 s, seed 1" in out
    assert "relay-1.ch1: switched 4 times" in out
    assert "Nothing was refused, broken or out of range" in out


def test_whatever_may_happen_is_by_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--days", "1", "--faults", "random", "--seed", "5")
    code, out, _ = louguan(capsys, *words, "--json")
    found = json.loads(out)
    assert (code, found["broken"], found["cycles"]) == (0, [], 1441)
    assert found["deeds"] > 0 < found["starts"]
    assert len(found["story"]["deeds"]) >= found["deeds"]
    code, out, _ = louguan(capsys, *words, "--lang", "zh")
    assert "所有承诺均得到遵守" in out
    assert f"发生了 {found['deeds']} 件" in out
    code, out, err = louguan(capsys, *words, "--as-default")
    assert (code, out) == (2, "")
    assert "--as-default" in err


def test_two_rehearsals_are_held_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = louguan(capsys, "--days", "1", "--without", "programmes", "--json")
    both = json.loads(out)
    assert both["with"]["writes"] > 0 == both["without"]["writes"]
    assert both["with"]["seed"] == both["without"]["seed"]


def test_a_site_is_held_against_itself_left_alone_and_on_timers(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--days", "1", "--against", "default", "--against", "time-clock")
    _, out, _ = louguan(capsys, *words, "--json")
    found = json.loads(out)
    assert list(found["against"]) == ["default", "time-clock"]
    assert all(one["seed"] == found["with"]["seed"] and one["writes"] for one in found["against"].values())
    code, out, _ = louguan(capsys, *words, "--lang", "en")
    assert code == 0
    assert ["as", "planned", "left", "alone", "time", "clock"] in [line.split() for line in out.splitlines()]
    assert max(map(len, out.splitlines())) <= 80
    (ended,) = (line.split() for line in out.splitlines() if line.startswith("  ended at"))
    assert [ended[place] for place in (2, 4, 6)] == ["03-05"] * 3, "one under each column"


def test_a_site_without_a_plant_says_that_lamps_are_in_no_meter(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = louguan(capsys, "--days", "1", "--lang", "zh")
    assert "没有 plant.yaml 说明电表后面接了什么" in out
    _, out, _ = louguan(capsys, "--days", "1", "--lang", "en")
    assert "no plant.yaml says what is behind the meters" in " ".join(out.split())


def test_programmes_have_one_name_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["rehearse", "--help", "--lang", "zh"])
    shown = "".join(capsys.readouterr().out.split())
    assert "不带日程或规则" in shown
    assert "程序" not in shown


@pytest.mark.parametrize("site", ["minimal", pytest.param("shuangliu", marks=pytest.mark.slow)])
def test_two_programs_say_the_same_of_a_day_to_the_byte(
    capsys: pytest.CaptureFixture[str], site: str
) -> None:
    """Whatever order their sets have."""
    words = ["rehearse", str(SITE.parent / site), "--from", "2026-03-05", "--days", "1", "--cycle", "60s"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    assert ended.value.code in (0, None)
    other = subprocess.run(
        [sys.executable, "-P", "-m", "controller.cli.main", *words, "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "4242"},
    )
    assert other.stdout == capsys.readouterr().out
    assert json.loads(other.stdout)["writes"] > 0


def test_series_and_pictures_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = louguan(capsys, "--days", "1", "--csv", str(tmp_path / "c"), "--plot", str(tmp_path / "p"))
    assert (code, err.count(str(tmp_path))) == (0, 2)
    rows = list(csv.DictReader((tmp_path / "c/meters.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 24
    _, out, _ = louguan(capsys, "--days", "1", "--json")
    assert sum(float(row["used"]) for row in rows) == pytest.approx(json.loads(out)["totals"][0]["used"])
    for name in ("days", "hours", "unmet"):
        drawn = ET.parse(tmp_path / f"p/{name}.svg").getroot()
        assert drawn.tag.endswith("svg")


def test_a_fault_of_the_file_comes_at_its_time(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "faults.txt"
    file.write_text("# the relay is gone\n2026-03-05T12:00 freeze relay-1\n", encoding="utf-8")
    _, out, _ = louguan(capsys, "--days", "1", "--faults", str(file), "--json")
    assert [(told["time"][:16], told["kind"], told["subject"]) for told in json.loads(out)["notices"]] == [
        ("2026-03-05T12:01", "device-lost", "relay-1")
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("noon freeze relay-1", "faults.txt:1: noon is not a time"),
        ("0001-01-01T00:00 freeze relay-1", "of no year that can be rehearsed"),
        ("2026-03-05T12:00 freeze relay-9", "no device or line named relay-9"),
        ("2026-03-05T12:00 crc relay-1", "crc needs a wire"),
        ("2026-03-05T12:00", "type a fault and a device"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "faults.txt"
    file.write_text(written + "\n", encoding="utf-8")
    with pytest.raises(Failure) as refused:
        faults_of(file, *sites.example("minimal"))
    assert refused.value.code == 2
    assert said in render(refused.value.what, "en")


def test_every_mistake_of_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_language", "en")
    file = tmp_path / "faults.txt"
    lines = (
        "2026-03-05 10:00 freeze grey-plant",
        "2026-03-05T10:00 leak grey-plant off",
        "2026-03-05T10:00 freez grey-plant",
        "2026-03-05T10:00 leak grey-plant",
        "2026-03-05T10:00 leak grey-plant tank=tub",
        "2026-03-05T10:00 failed-machine grey-plant",
        "2026-03-05T10:00 reliability hall-air point=hall-air.mod",
        "2026-03-05T10:00 reliability hall-air",
        "2026-03-05 soon freeze grey-plant",
    )
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(Failure) as refused:
        faults_of(file, *sites.example("shuangliu"))
    assert refused.value.code == 2
    assert render(refused.value.what, "en") == "mistakes in faults.txt: 7"
    said = str(refused.value.hint).splitlines()
    assert [line.partition(": ")[0] for line in said] == [f"faults.txt:{number}" for number in range(3, 10)]
    for line, part in zip(said, ('"freeze"', "eq, mbr, reuse", "tub", "blower", '"mode"'), strict=False):
        assert part in line
    file.write_text("\n".join(lines[:2]), encoding="utf-8")
    first, second = faults_of(file, *sites.example("shuangliu"))
    assert first.at_ms == second.at_ms


def test_what_is_of_other_days_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "faults.txt"
    file.write_text("2026-03-05 12:00 freeze relay-1\n2026-03-06 00:00 freeze relay-1 off\n", "utf-8")
    _, _, err = louguan(capsys, "--days", "1", "--faults", str(file), "--lang", "en")
    (line,) = (line for line in err.splitlines() if "faults.txt" in line)
    assert line.endswith(
        "faults.txt:2: 2026-03-06 00:00 is after the days that are rehearsed: it does not happen"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cycle", "7s"], "seconds that divide a minute"),
        (["--cycle", "soon"], "seconds that divide a minute"),
        (["--days", "0"], "--days takes 1 to 400"),
        (["--without", "people"], "--without takes programmes or rules"),
        (["--without", "programmes", "--as-default"], "--as-default keeps the programmes"),
        (["--faults", "/nowhere"], "cannot open /nowhere"),
        (["--faults", "radnom"], "a file, or the word random"),
        (["--against", "last-year"], "--against takes default or time-clock"),
        (["--against", "default", "--as-default"], "--against cannot be had together"),
    ],
)
def test_wrong_use_is_said(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    code, _, err = louguan(capsys, *words, "--lang", "en")
    assert code in (1, 2)
    assert said in err
