"""Documents stay true: the command reference is generated and current, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controller.cli.reference import reference

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_the_command_reference_is_current() -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == reference(), "make it anew: python -m controller.cli.reference > docs/commands.md"


def test_every_command_and_option_has_help() -> None:
    assert not [row for row in reference().splitlines() if row.endswith("| |") and row != "| | |"]
    assert "\n\n\n" not in reference()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
