"""A version of its own directory: an environment with exactly what the lock names, and louguan in it."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from config.language import text
from deploy.layout import COMPLETE, Layout, write_whole
from deploy.machine import Failed, Machine

PACKAGES = ("config", "drivers", "schedules", "controller", "deploy")
FILES = ("pyproject.toml", "README.md", "LICENSE", "requirements/runtime.lock")
MEGABYTES = 400
"""Room that a version and its making take."""


def name_of(source: Path) -> str:
    """The version's name: its number, and what its files are, so that no two versions share a directory.
    Raises Failed."""
    try:
        number = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        digest = hashlib.sha256()
        for file in _files(source):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(source)}\0{len(content)}\0".encode())
            digest.update(content)
    except (OSError, KeyError, ValueError) as error:
        raise Failed(
            text("{folder}: louguan's source is not here whole", folder=str(source)), str(error)
        ) from error
    return f"{number}-{digest.hexdigest()[:8]}"


def build(layout: Layout, machine: Machine, source: Path, wheels: Path | None) -> tuple[str, bool]:
    """The version that `source` is, and whether it was made just now. One that is there whole is left alone;
    what an attempt before has left is removed. `wheels`: a folder to install from in place of a registry.
    Raises Failed."""
    name = name_of(source)
    folder = layout.versions / name
    if (folder / COMPLETE).is_file():
        return name, False
    try:
        layout.versions.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(layout.versions).free // 2**20
        if free < MEGABYTES:
            raise Failed(
                text("a version needs {need} MB of room; there are {free} MB", need=MEGABYTES, free=free)
            )
        if folder.exists():
            shutil.rmtree(folder)
        _fill(folder, machine, source, wheels)
        write_whole(folder / COMPLETE, f"{name}\n")
    except OSError as error:
        raise Failed(text("{folder} cannot be made", folder=str(folder)), str(error)) from error
    return name, True


def _fill(folder: Path, machine: Machine, source: Path, wheels: Path | None) -> None:
    no_venv = text("python3 cannot make an environment: is python3-venv installed?")
    machine.do([sys.executable, "-m", "venv", str(folder)], no_venv)
    pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    where = [] if wheels is None else ["--no-index", "--find-links", str(wheels.absolute())]
    lock = source / "requirements/runtime.lock"
    failed = text("what louguan needs cannot be installed")
    machine.do([*pip, *where, "--require-hashes", "-r", str(lock.absolute())], failed)
    with tempfile.TemporaryDirectory(prefix="louguan-build-") as copy:
        # Building leaves files behind, and the source may be read-only or somebody's work.
        for file in _files(source):
            target = Path(copy) / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        words = [*pip, "--no-index", "--no-build-isolation", "--no-deps", copy]
        machine.do(words, text("louguan itself cannot be installed"))
    shutil.copyfile(source / "deploy/louguan.service", folder / "louguan.service")
    shutil.copytree(source / "docs", folder / "docs", dirs_exist_ok=True)


def _files(source: Path) -> Iterator[Path]:
    """What a version is made of, in one order everywhere."""
    yield from (source / name for name in FILES)
    for package in PACKAGES:
        files = (file for file in (source / package).rglob("*") if file.is_file())
        yield from sorted(file for file in files if not {"__pycache__", ".mypy_cache"} & set(file.parts))


def tidy(layout: Layout) -> list[str]:
    """Remove versions that are neither the one that runs nor the one before; their names."""
    kept = {layout.version(layout.current), layout.version(layout.previous)}
    gone = []
    for folder in sorted(layout.versions.iterdir()):
        if folder.is_dir() and not folder.is_symlink() and folder.name not in kept:
            shutil.rmtree(folder)
            gone.append(folder.name)
    return gone
