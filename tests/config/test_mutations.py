"""Good sites with something changed: a Plan that survives JSON, or problems with places; nothing else."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.codec import dump, load
from config.written.compile import compile_site
from config.written.problems import Findings
from tests.config.golden import GOLDEN

SITES = [
    GOLDEN / "good-one-file",
    GOLDEN / "good-three-transports",
    GOLDEN / "good-meters",
    GOLDEN / "good-tariff-own",
]
TOKEN = re.compile(r"[\w.%/]+|[:,{}\[\]]")
INSTEAD = [
    *[
        "on",
        "off",
        "80",
        "-1",
        "012",
        "22:30",
        "release",
        "null",
        "true",
        "1e9",
        "x",
        "relay-1.ch1",
        "corridor",
        "{}",
        "[]",
        "2026-13-01",
        "2000/5",
        "hold",
        "float64",
        "中文",
    ],
    *["&a", "*a", "!x", "#2", "'", ":", "{", "]", "0x10", "never", "same"],
    "",
    "80 %",
    "sunset + 10 min",
    "{a: b}",
    "[1, 2]",
    "{write: off}",
    "5 kW",
    "main-1",
    "office",
    "22:00-06:00",
    "holding 65535",
    '"',
]


def files_of(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.yaml"))
    }


@settings(max_examples=60)
@given(st.sampled_from(SITES), st.data())
def test_any_change_gives_a_plan_or_problems(site: Path, data: st.DataObject) -> None:
    files = files_of(site)
    for _ in range(data.draw(st.integers(1, 3), label="changes")):
        name = data.draw(st.sampled_from(sorted(files)), label="file")
        places = [found.span() for found in TOKEN.finditer(files[name])] or [(0, 0)]
        start, end = data.draw(st.sampled_from(places), label="place")
        files[name] = (
            files[name][:start] + data.draw(st.sampled_from(INSTEAD), label="instead") + files[name][end:]
        )
    judge(files)


def judge(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        findings = Findings()
        plan = compile_site(Path(folder), findings)
    assert (plan is None) == findings.failed
    if plan is not None:
        assert load(dump(plan)) == plan
    for problem in findings.problems():
        assert problem.at.file in files or problem.at.file.startswith("louguan/"), problem
        assert problem.at.line <= files.get(problem.at.file, "\n" * 10_000).count("\n") + 1
        assert all(problem.sentence(language) for language in ("en", "zh_CN"))
