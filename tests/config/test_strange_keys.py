"""A key or section that nobody knows, and that is like no other, is one mistake at its own place, whatever
stands in it and whatever depends on what it may have been."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.written.compile import compile_site
from config.written.problems import Findings
from tests.config.golden import GOLDEN

CASES = ("good-one-file", "good-rules-plant", "good-meters", "good-alarms")
NESTED = 'foobar: {alpha: {beta: 1, from: "08:00"}, more: [1, {x: y}]}'
WITHOUT_NAMES = ("site", "calendar", "tariff")


def told(site: Path) -> list[str]:
    findings = Findings()
    compile_site(site, findings)
    return [problem.sentence("en") for problem in findings.problems()]


def keys(content: str) -> Iterator[tuple[int, int, str]]:
    """(line, column, key) of every key that is no name, each sort of place once; from 0."""
    seen: set[tuple[str, str, int]] = set()
    section = ""
    for number, line in enumerate(content.split("\n")):
        if line.lstrip().startswith("#"):
            continue
        for found in re.finditer(r"(?:^|(?<=[{, ]))([a-z_]+):(?=[ \n]|$)", line):
            column, key = found.start(1), found[1]
            if column == 0:
                section = key
            named = column == 2 and not line.startswith("  -") and section not in WITHOUT_NAMES
            inside = line[:column].count("{") - line[:column].count("}")
            if not named and (section, key, inside) not in seen:
                seen.add((section, key, inside))
                yield number, column, key


def spoilt(case: str, tmp_path: Path, replaced: str, *, beside: bool) -> Iterator[tuple[str, list[str]]]:
    """The line of each change, and what is told of it: a key is `replaced`, or that stands beside it. In a
    table like {tag: lights} it is the table that is told, which begins a sign before."""
    site = Path(shutil.copytree(GOLDEN / case, tmp_path / "site"))
    for file in sorted(site.glob("*.yaml")):
        if file.name == "plant.yaml":
            continue  # the simulator's own
        content = file.read_text(encoding="utf-8")
        lines = content.split("\n")
        for number, column, key in keys(content):
            line = lines[number]
            changed = f"{replaced}, {line[column:]}" if beside else replaced + line[column + len(key) :]
            if beside and line[column - 1] != "{":
                continue
            edited = [*lines[:number], line[:column] + changed, *lines[number + 1 :]]
            file.write_text("\n".join(edited), encoding="utf-8")
            yield f"{file.name}:{number + 1}:", told(site)
        file.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_in_place_of_a_known_key_it_is_all_that_is_told(case: str, tmp_path: Path) -> None:
    count = 0
    for place, said in spoilt(case, tmp_path, "foobar", beside=False):
        # Among facts, points and the like any key may stand.
        assert not said or (len(said) == 1 and said[0].startswith(place)), f"{place} {said}"
        count += bool(said)
    assert count > 15


@pytest.mark.parametrize("case", CASES)
def test_beside_known_keys_nothing_in_it_is_told(case: str, tmp_path: Path) -> None:
    count = 0
    for place, said in spoilt(case, tmp_path, NESTED, beside=True):
        assert len(said) == 1, f"{place} {said}"
        assert said[0].startswith(place), place
        count += 1
    assert count > 5


@pytest.mark.parametrize("case", CASES)
def test_a_foreign_section_is_one_mistake(case: str, tmp_path: Path) -> None:
    site = Path(shutil.copytree(GOLDEN / case, tmp_path / "site"))
    with (site / "site.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\n{NESTED}\n")
    (said,) = told(site)
    assert 'no section named "foobar"; expected one of site, lines' in said


def test_a_foreign_key_beside_a_misspelt_one_is_not_taken_for_what_that_means(tmp_path: Path) -> None:
    site = Path(shutil.copytree(GOLDEN / "good-one-file", tmp_path / "site"))
    file = site / "site.yaml"
    content = file.read_text(encoding="utf-8")
    assert "label: 测试站点" in content
    file.write_text(content.replace("label: 测试站点", "lable: 测试站点\n  colour: red", 1), encoding="utf-8")
    first, second = told(site)
    assert '"lable" is not a key here — did you mean "label"?' in first
    assert '"colour" is not a key here; expected one of' in second


def test_a_misspelt_section_beside_the_right_one_is_not_told_as_written_twice(tmp_path: Path) -> None:
    site = Path(shutil.copytree(GOLDEN / "good-one-file", tmp_path / "site"))
    (site / "more.yaml").write_text("sitee: {name: x}\n", encoding="utf-8")
    (site / "again.yaml").write_text("tarifff: {use: sichuan-2025}\n", encoding="utf-8")
    assert [re.sub(r" —.*", "", line) for line in told(site)] == [
        'again.yaml:1:1: no section named "tarifff"',
        'more.yaml:1:1: no section named "sitee"',
    ]
