"""log trends, trend: on a data directory as a daemon leaves it, without one."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from controller.store.trenddb import Named, TrendStore
from tests.controller.cli.test_log import data  # noqa: F401 - the fixture
from tests.controller.cli.test_main import louguan
from tests.controller.consumption.bench import START

DAY = ("--from", "2026-03-05", "--to", "2026-03-05")
VALUES = (0.1 + 0.2, 21, None, 21.399999618530273)


@pytest.fixture
def kept(data: Path) -> Path:  # noqa: F811 - the fixture
    """A data directory with four samples of a point, a second apart from 10:00 on."""
    store = TrendStore(data, [Named("main.power", "kW"), Named("gone.point", "")])
    store.begin()
    store.keep((START + 1000 * at + 250, 0, value) for at, value in enumerate(VALUES)).result(9)
    store.keep([(START, 1, True)]).result(9)
    store.close()
    return data


def test_trends(capsys: pytest.CaptureFixture[str], kept: Path) -> None:
    code, out, err = louguan(capsys, "log", "trends", "--data", str(kept), "--json")
    assert (code, err) == (0, "")
    first, second = [json.loads(line) for line in out.splitlines()]
    assert first["point"] == "gone.point"
    assert second == {
        "point": "main.power",
        "unit": "kW",
        "first": "2026-03-05T10:00:00+08:00",
        "last": "2026-03-05T10:00:03+08:00",
        "samples": 4,
    }
    code, out, _ = louguan(capsys, "log", "trends", "--data", str(kept), "--lang", "zh")
    assert "main.power" in out
    assert "采样数" in out


def test_a_course_is_exact_and_the_unknown_is_empty(capsys: pytest.CaptureFixture[str], kept: Path) -> None:
    words = ("log", "trend", "main.power", *DAY, "--data", str(kept))
    file = kept / "out.csv"
    code, out, _ = louguan(capsys, *words, "-o", str(file), "--json")
    assert (code, json.loads(out)["rows"]) == (0, 4)
    lines = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    assert [line["value"] for line in lines] == ["0.30000000000000004", "21", "", "21.399999618530273"]
    assert lines[0]["time"] == "2026-03-05T10:00:00.250+08:00"
    assert (lines[0]["point"], lines[0]["unit"]) == ("main.power", "kW")
    code, out, _ = louguan(capsys, *words, "--format", "json", "-o", str(kept / "o.json"))
    assert [json.loads(line)["value"] for line in (kept / "o.json").read_text().splitlines()] == list(VALUES)
    code, out, _ = louguan(capsys, *words, "--json")
    assert [json.loads(line)["value"] for line in out.splitlines()] == list(VALUES)
    assert louguan(capsys, *words, "--format", "parquet", "-o", str(kept / "o.parquet"))[0] == 0
    assert pq.read_table(kept / "o.parquet")["value"].to_pylist() == list(VALUES)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("trend", "main.nothing", *DAY), 1, "no course of main.nothing is kept"),
        (("trend", "main.power", "--from", "2026-03-06", "--to", "2026-03-06"), 1, "nothing was kept"),
        (("trend", "main.power", *DAY, "--format", "xls"), 2, "csv, json or parquet"),
        (("trend", "main.power", "--from", "5.3.", "--to", "2026-03-05"), 2, "is no date"),
    ],
)
def test_what_cannot_be_done(
    capsys: pytest.CaptureFixture[str], kept: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    found, _, err = louguan(capsys, "log", *words, "--data", str(kept), "--lang", "en")
    assert found == code
    assert says in err


@pytest.mark.parametrize("words", [("trends",), ("trend", "main.power", *DAY)])
def test_a_site_without_trends(
    capsys: pytest.CaptureFixture[str],
    data: Path,  # noqa: F811 - the fixture
    words: tuple[str, ...],
) -> None:
    code, _, err = louguan(capsys, "log", *words, "--data", str(data), "--lang", "en")
    assert code == 1
    assert "there is no" in err
    assert "Traceback" not in err
