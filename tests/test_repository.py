"""Habits of the whole repository that no linter knows: short files, locks that fit and hold no address."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = 399
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NPM_LOCK = ROOT / "peers" / "package-lock.json"


def tracked(pattern: str) -> list[Path]:
    """Files that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", pattern]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def pins(lock: Path) -> dict[str, str]:
    """Names and versions of a lock."""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_no_source_file_is_long() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in tracked("*.py")}
    assert lengths
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST} == {}


@pytest.mark.parametrize("lock", [*LOCKS, NPM_LOCK], ids=lambda lock: lock.name)
def test_locks_hold_no_address_and_no_path(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:/|git\+|--index-url|--find-links|/home/|/root/|/opt/|/tmp/", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_has_hashes(lock: Path) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))
    pinned = [block for block in blocks if "==" in block.partition("\n")[0]]
    assert len(pinned) == len(pins(lock)) > 10
    assert [block.partition(" ")[0] for block in pinned if "--hash=sha256:" not in block] == []


def test_the_developers_lock_repeats_the_runtime_lock() -> None:
    runtime, dev = (pins(ROOT / "requirements" / f"{name}.lock") for name in ("runtime", "dev"))
    assert {name: version for name, version in runtime.items() if dev.get(name) != version} == {}


def test_locks_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime, dev = (pins(ROOT / "requirements" / f"{name}.lock") for name in ("runtime", "dev"))

    def missing(asked: list[str], lock: dict[str, str]) -> list[str]:
        return [line for line in asked if re.split(r"[<>=!~\[ ;]", line)[0].lower() not in lock]

    assert missing(project["dependencies"], runtime) == []
    assert missing(project["optional-dependencies"]["build"], runtime) == []
    assert missing(project["optional-dependencies"]["dev"], dev) == []


def test_every_dependency_has_its_reason() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [
        *project["dependencies"],
        *(line for lines in project["optional-dependencies"].values() for line in lines),
    ]
    names = {re.split(r"[<>=!~\[ ;]", line)[0].lower() for line in asked}
    assert sorted(name for name in names if f"| {name} |" not in told) == []
