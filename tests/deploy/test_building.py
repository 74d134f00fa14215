"""A version is what its files are: one directory each, whole or not there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy import building
from deploy.layout import COMPLETE, Layout
from deploy.machine import Failed, Machine
from tests.deploy.box import ROOT


def source(folder: Path) -> Path:
    for name in building.FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text('[project]\nversion = "1.2.3"\n', encoding="utf-8")
    for package in building.PACKAGES:
        (folder / package / "__pycache__").mkdir(parents=True)
        (folder / package / "__init__.py").touch()
    return folder


def test_the_name_follows_the_files(tmp_path: Path) -> None:
    made = source(tmp_path)
    first = building.name_of(made)
    assert first.startswith("1.2.3-")
    (made / "config" / "__pycache__" / "left.pyc").touch()
    assert building.name_of(made) == first, "what running it leaves behind is no part of it"
    (made / "config" / "more.yaml").write_text("a: 1\n", encoding="utf-8")
    second = building.name_of(made)
    assert second != first
    (made / "config" / "more.yaml").rename(made / "drivers" / "more.yaml")
    assert building.name_of(made) not in (first, second)


def test_half_a_source_is_refused(tmp_path: Path) -> None:
    (source(tmp_path) / "LICENSE").unlink()
    with pytest.raises(Failed, match="not here whole"):
        building.name_of(tmp_path)


@pytest.mark.slow
def test_a_version_that_is_there_is_left_alone_and_one_that_failed_is_not(tmp_path: Path) -> None:
    made, layout, machine = source(tmp_path / "source"), Layout(tmp_path / "box"), Machine.here(live=False)
    name = building.name_of(made)
    folder = layout.versions / name
    folder.mkdir(parents=True)
    (folder / "left-over").touch()
    with pytest.raises(Failed, match="cannot be installed"):  # the lock is none
        building.build(layout, machine, made, tmp_path)
    assert not (folder / "left-over").exists()
    assert not (folder / COMPLETE).exists()
    (folder / COMPLETE).touch()
    assert building.build(layout, machine, made, None) == (name, False)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_version_is_built_from_this_source(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    name, made = building.build(layout, Machine.here(live=False), ROOT, None)
    assert made
    program = layout.versions / name / "bin"
    said = subprocess.run(
        [program / "louguan", "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    assert said.stdout.split()[-1] == name.partition("-")[0]
    words = [str(program / "python"), "-I", "-m", "deploy", "--help"]
    assert "rollback" in subprocess.run(words, capture_output=True, text=True, check=True, cwd="/").stdout
    assert (layout.versions / name / "louguan.service").is_file()
    assert (layout.versions / name / "docs" / "guide.zh.md").is_file()
    assert building.build(layout, Machine.here(live=False), ROOT, None) == (name, False)
