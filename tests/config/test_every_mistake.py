"""An edit with so many mistakes lists so many, wherever they stand, and nothing that follows from them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.written.compile import compile_site
from config.written.problems import Findings
from tests.config.golden import GOLDEN
from tests.config.slips import SLIPPED, Slip, Slipped

HOUSE = Path(__file__).parents[2] / "hil_tests" / "sites" / "house"
MARK = "¦"


def told(case: str, slips: list[tuple[str, Slip]]) -> tuple[list[str], list[str]]:
    """(places where something is told, places where the mistakes are), of the golden site with slips."""
    files = {
        path.relative_to(GOLDEN / case).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((GOLDEN / case).rglob("*.yaml"))
    }
    for entry, (good, bad) in slips:
        name = next(name for name, content in files.items() if f"\n{entry}" in content)
        start = files[name].index(f"\n{entry}")
        at = files[name].index(good, start)
        files[name] = files[name][:at] + bad + files[name][at + len(good) :]
    expected = []
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            for number, line in enumerate(content.split("\n"), start=1):
                while MARK in line:
                    expected.append(f"{name}:{number}:{line.index(MARK) + 1}")
                    line = line.replace(MARK, "", 1)
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content.replace(MARK, ""), encoding="utf-8")
        findings = Findings()
        assert compile_site(Path(folder), findings) is None
    places = (str(problem.at) for problem in findings.problems())
    return sorted(places, key=_order), sorted(expected, key=_order)


def _order(place: str) -> tuple[str, int, int]:
    name, line, column = place.rsplit(":", 2)
    return name, int(line), int(column)


@pytest.mark.parametrize("slipped", SLIPPED, ids=lambda slipped: f"{slipped.case}{slipped.entry.strip()}")
def test_all_mistakes_of_an_entry_are_told_at_once(slipped: Slipped) -> None:
    places, expected = told(slipped.case, [(slipped.entry, slip) for slip in slipped.slips])
    assert len(expected) == len(slipped.slips)
    assert places == expected


@settings(max_examples=40)
@given(st.data())
def test_any_mistakes_of_a_site_are_told_and_no_others(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(sorted({slipped.case for slipped in SLIPPED})), label="case")
    # Two lists of one entry may hold mistakes of one place.
    entries = {slipped.entry: slipped for slipped in SLIPPED if slipped.case == case}
    every = [(entry, slip) for entry, slipped in entries.items() for slip in slipped.slips]
    slips = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=4, unique=True), label="slips")
    places, expected = told(case, slips)
    assert len(expected) == len(slips)
    assert places == expected


@pytest.mark.parametrize("name", ["devices.yaml", "equipment.yaml", "site.yaml", "schedules/house.yaml"])
@pytest.mark.parametrize("spoil", [b": [\n", b"\xff"], ids=["a slip", "no text"])
def test_a_file_that_cannot_be_read_is_one_mistake_beside_those_that_others_have_by_themselves(
    tmp_path: Path, name: str, spoil: bytes
) -> None:
    """Names in the other files may be meant for what is in it: they are no mistakes of their own."""
    site = tmp_path / "site"
    shutil.copytree(HOUSE, site)
    (site / name).write_bytes(spoil + (site / name).read_bytes())
    (site / "extra.yaml").write_text("trends:\n  relay.ch1: {evry: 1 min}\n", encoding="utf-8")
    findings = Findings()
    assert compile_site(site, findings) is None
    places = [str(problem.at) for problem in findings.problems()]
    assert len(places) == 2, places
    assert any(place.startswith(f"{name}:") for place in places)
    assert any(place.startswith("extra.yaml:2:") for place in places)
