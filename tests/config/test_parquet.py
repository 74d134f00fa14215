"""A site that asks for Parquet where none can be written is refused when it is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.written.compile import compile_site
from config.written.lower import sinks
from config.written.problems import Findings

SITE = Path(__file__).parents[1] / "golden" / "good-sinks"


def test_without_pyarrow_the_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "find_spec", lambda _: None)
    findings = Findings()
    assert compile_site(SITE, findings) is None
    (problem,) = findings.problems()
    assert "Parquet needs pyarrow" in problem.sentence("en")
    assert problem.at.line == 22
