"""What the guide shows of meters, trends and tariffs can be written into the example compound as it is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from config.written.compile import compile_site
from config.written.problems import Findings

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```yaml\n((meters|trends|tariff):.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", ["guide.en.md", "guide.zh.md"])
def test_the_guides_examples_are_accepted(page: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(ROOT / "config" / "sites" / "shuangliu", site, ignore=shutil.ignore_patterns("data"))
    shown = (site / "site.yaml").read_text(encoding="utf-8")
    (site / "site.yaml").write_text(shown.partition("\ntariff:")[0], encoding="utf-8")
    blocks = BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert [section for _, section in blocks] == ["meters", "trends", "tariff", "tariff"]
    # Both forms of a tariff, one after the other.
    for skipped in (2, 3):
        for number, (block, section) in enumerate(blocks):
            if number != skipped:
                (site / f"{section}.yaml").write_text(block, encoding="utf-8")
        findings = Findings()
        plan = compile_site(site, findings)
        assert plan is not None, [problem.sentence("en") for problem in findings.problems()]
        assert plan.metering.virtual
        assert plan.trends
        assert plan.tariff is not None
