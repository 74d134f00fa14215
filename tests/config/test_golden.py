"""Each golden folder prints what it should, in both languages; each message there is comes up somewhere."""

from __future__ import annotations

import ast
from pathlib import Path

import jsonschema
import pytest

from config.plan.codec import dump, load
from config.written.compile import compile_site
from config.written.load import MOST_FILES
from config.written.lower.sums import MOST_PARTS
from config.written.nodes import plain
from config.written.problems import Findings
from config.written.schema import schema
from config.written.source import MOST_BYTES, MOST_NODES, read
from tests.config.golden import GOLDEN, LANGUAGES, cases, messages, printed, produced

WRITTEN = Path(__file__).resolve().parents[2] / "config" / "written"
NOT_FROM_SITES = {"program.py", "limits.py", "starter/__init__.py"}
"""What these say is not about a site's content; their own tests make them say it."""
UNFORESEEN = {
    # Said when a library speaks of something nobody has met yet.
    "this cannot be used ({problem})",
    "not readable as YAML ({problem})",
    # Depends on what is installed; see test_parquet.py.
    "Parquet needs pyarrow, which is not installed here",
    "csv, or the extra louguan[parquet]",
    # How a sentence is put together.
    "{message}; expected {expected}",
    "{message} — {hint}",
}
GOOD = [case for case in cases() if case.startswith("good-")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", cases())
def test_prints_exactly_this(case: str, language: str) -> None:
    expected = (GOLDEN / case / LANGUAGES[language]).read_text(encoding="utf-8")
    assert printed(case, language) == expected, "review, then: python -m tests.config.golden"


def large_sites(folder: Path) -> list[Path]:
    """Sites too large or too odd to be kept as files."""
    big, many, crowded, heavy, full = (folder / name for name in ("big", "many", "crowded", "heavy", "full"))
    for site in (big, many, crowded, heavy, full):
        site.mkdir()
    (big / "site.yaml").write_text("# " + "x" * MOST_BYTES)
    (many / "site.yaml").write_text("a: [" + "1," * (MOST_NODES + 1) + "]\n")
    for number in range(MOST_FILES + 1):
        (crowded / f"{number}.yaml").write_text("")
    for number in range(5):
        (heavy / f"{number}.yaml").write_text("# " + "x" * (MOST_BYTES - 2))
    for number in range(3):
        (full / f"{number}.yaml").write_text("a: [" + "1," * (MOST_NODES - 3) + "]\n")
    return [full, heavy, big, many, crowded, wide_sums(folder, "s"), big / "site.yaml", folder / "nowhere"]


def wide_sums(folder: Path, part: str) -> Path:
    """A site whose sums have more parts together than a Plan may hold, each 200 by `part`."""
    site = folder / f"wide-{len(part)}"
    site.mkdir()
    head = (GOLDEN / "good-sinks" / "site.yaml").read_text(encoding="utf-8").partition("devices:")[0]
    device = "{profile: pulse-water, line: T1, label: 表, tags: [all], params: {pulse: 10 L}, unit: %d}"
    lines = [
        f"{head}devices:",
        *(f"  m{number}: {device % number}" for number in range(1, 201)),
        "meters:",
        "  s: {sum: {tag: all}}",
        *(f"  s{number}: {{sum: {part}}}" for number in range(MOST_PARTS // 200)),
    ]
    (site / "site.yaml").write_text("\n".join(lines), encoding="utf-8")
    return site


@pytest.mark.parametrize("part", ["{tag: all}", "s"])
def test_sums_cannot_outgrow_the_plan(part: str, tmp_path: Path) -> None:
    findings = Findings()
    assert compile_site(wide_sums(tmp_path, part), findings) is None
    assert [problem.message.message for problem in findings.problems()] == [
        "the sums have more than {limit} parts together"
    ]


def test_every_message_is_produced(tmp_path: Path) -> None:
    found: set[str] = set()
    for site in [*(GOLDEN / case for case in cases()), *large_sites(tmp_path)]:
        found |= produced(site)
    missing = [
        f"{path.relative_to(WRITTEN)}:{node.lineno}: {node.args[0].value!r}"
        for path in sorted(WRITTEN.rglob("*.py"))
        if path.relative_to(WRITTEN).as_posix() not in NOT_FROM_SITES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text"
        if isinstance(node.args[0], ast.Constant) and node.args[0].value not in found | UNFORESEEN
    ]
    assert missing == []


def test_good_cases_are_there_and_broken_ones_are_broken() -> None:
    assert GOOD
    for case in cases():
        findings = Findings()
        plan = compile_site(GOLDEN / case, findings)
        assert (plan is not None) == (case.startswith(("good-", "notes")) or case == "yaml-comment-only"), (
            case
        )
        assert (plan is None) == findings.failed


@pytest.mark.parametrize("case", GOOD)
def test_good_sites_satisfy_the_editors_schema_too(case: str) -> None:
    for path in sorted((GOLDEN / case).rglob("*.yaml")):
        name = {"schedules": "programmes", "profiles": "profile"}.get(path.parent.name, "site")
        if path.name == "plant.yaml":
            continue
        if path.name == "calendar.yaml":
            name = "calendar"
        table = read(path.name, path.read_bytes(), Findings())
        assert table is not None
        jsonschema.validate(plain(table), schema(name))


@pytest.mark.parametrize("case", GOOD)
def test_good_plans_survive_json(case: str) -> None:
    plan = compile_site(GOLDEN / case, Findings())
    assert plan is not None
    assert load(dump(plan)) == plan
    assert dump(load(dump(plan))) == dump(plan), "the hash is of what is loaded"


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    """A bad entry neither hides nor multiplies others: what aims at it is not told to be wrong."""
    good = (GOLDEN / "good-one-file" / "site.yaml").read_text(encoding="utf-8")
    (tmp_path / "site.yaml").write_text(good.replace("unit: 2", "unit: two"), encoding="utf-8")
    findings = Findings()
    assert compile_site(tmp_path, findings) is None
    assert [str(problem.message) for problem in findings.problems()] == ['"two" does not fit']
    assert messages(findings)
