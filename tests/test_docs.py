"""Documents stay true: the command reference is generated and current, links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from controller.cli.reference import reference
from controller.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_the_command_reference_is_current() -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == reference(), "make it anew: python -m controller.cli.reference > docs/commands.md"


def test_every_command_and_option_has_help() -> None:
    assert not [row for row in reference().splitlines() if row.endswith("| |") and row != "| | |"]
    assert "\n\n\n" not in reference()


REQUIREMENTS = {
    1: (*range(1, 6), *range(7, 13), 14),
    2: range(1, 13),
    3: range(1, 10),
    4: range(1, 4),
    5: (1,),
}
"""Component requirements of IEC 62443-4-2 by foundational requirement, not those of hosts or networks."""


def test_each_component_requirement_is_answered_for() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1].strip() for row in page.splitlines() if re.match(r"\| [A-Z]{2,3} \d", row)]
    named = {number for row in rows for number in re.findall(r"\b\d\.\d+\b", row)}
    asked = {**REQUIREMENTS, 6: (1, 2), 7: range(1, 9)}
    assert {f"{group}.{one}" for group, ones in asked.items() for one in ones} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
