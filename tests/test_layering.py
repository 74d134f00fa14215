"""Imports run one way: config.plan <- drivers, schedules <- controller. It judges every import.

`from config import plan` counts as an import of config.plan, and relative imports as what they mean. Imports
for the type checker only, and those inside functions, are judged like any other.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("config", "drivers", "schedules", "controller", "deploy")

NATIONAL = tuple(
    f"controller.consumption.upload.national.{name}"
    for name in ("cipher", "documents", "frames", "markup", "rows", "session")
)
SUMS = tuple(
    f"controller.consumption.{name}" for name in ("audit_days", "made", "periods", "rollups", "spreading")
)
ACCEPTANCE = tuple(
    f"controller.accept.{name}"
    for name in ("addresses", "arrivals", "guard", "judging", "kept", "prints", "records", "report", "trials")
)
PURE = (
    "controller.decide",
    *ACCEPTANCE,
    *SUMS,
    "drivers.codec",
    "drivers.batching",
    "drivers.decoding",
    "schedules.changes",
    "schedules.energy",
    "schedules.hours",
    "schedules.preview",
    "schedules.programme",
    "schedules.tariff",
    "controller.swap.parting",
    "controller.swap.rejections",
    "controller.swap.same",
    "controller.swap.touched",
    "controller.trends",
    "controller.consumption.integrated",
    "controller.consumption.integration",
    "schedules.unheard",
    *NATIONAL,
)
IMPURE = ("time", "socket", "asyncio", "os", "pathlib", "sqlite3", "threading")


class Rule(NamedTuple):
    """Modules under `who`, save those under `but`, import nothing under `never`, save what is under `only`.

    `never` of "ours" means all of our packages, of "theirs" all that is not the standard library.
    """

    why: str
    who: tuple[str, ...]
    never: tuple[str, ...]
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


RULES = (
    Rule("the plan is standard library only", ("config.plan",), ("ours", "theirs"), only=("config.plan",)),
    Rule(
        "the language is standard library only",
        ("config.language",),
        ("ours", "theirs"),
        only=("config.language",),
    ),
    Rule(
        "dialects are standard library only",
        ("config.dialects",),
        ("ours", "theirs"),
        only=("config.dialects", "config.language"),
    ),
    Rule(
        "the compiler knows nothing above it",
        ("config.written",),
        ("ours",),
        only=("config.written", "config.plan", "config.language", "config.dialects"),
    ),
    Rule(
        "the compiler needs pydantic, yaml and lark, nothing else",
        ("config.written",),
        ("theirs",),
        only=("pydantic", "pydantic_core", "yaml", "lark"),
    ),
    Rule(
        "only the compiler reads YAML and checks models",
        PACKAGES,
        ("pydantic", "pydantic_core", "yaml", "lark"),
        but=("config.written",),
    ),
    Rule("the compiler runs as a child process only", PACKAGES, ("config.written",), but=("config.written",)),
    Rule(
        "drivers know the plan alone",
        ("drivers",),
        ("ours",),
        only=("drivers", "config.plan", "config.language"),
    ),
    Rule(
        "schedules know the plan alone",
        ("schedules",),
        ("ours",),
        only=("schedules", "config.plan", "config.language"),
    ),
    Rule(
        "pymodbus has one door",
        PACKAGES,
        ("pymodbus",),
        but=("drivers.modbus.frames", "drivers.simulators"),
    ),
    Rule("paho-mqtt has one door", PACKAGES, ("paho",), but=("controller.consumption.upload.mqttlink",)),
    Rule("pyarrow has one door", PACKAGES, ("pyarrow",), but=("controller.consumption.tables",)),
    Rule(
        "cryptography has one door",
        PACKAGES,
        ("cryptography",),
        but=("controller.consumption.upload.national.cipher",),
    ),
    Rule(
        "bacpypes3 has one door",
        PACKAGES,
        ("bacpypes3",),
        but=("drivers.bacnet.stack", "drivers.bacnet.routes", "drivers.simulators"),
    ),
    Rule(
        "real drivers are made at the composition root",
        ("controller",),
        ("drivers.modbus", "drivers.bacnet"),
        but=("controller.cli", "controller.app"),
    ),
    Rule(
        "judges of campaigns know records, and nothing that decides",
        ("controller.campaign.judges",),
        ("ours",),
        only=(
            "config.language",
            "config.plan",
            "controller.campaign.judges",
            "controller.campaign.seen",
            "controller.consumption.meters",
            "controller.consumption.records",
            "controller.decide.records",
            "controller.decide.requests",
            "drivers.api",
        ),
    ),
    Rule("the daemon never simulates", ("controller",), ("drivers.simulators",), but=("controller.cli",)),
    Rule(
        "drivers do not lean on their simulators",
        ("drivers",),
        ("drivers.simulators",),
        but=("drivers.simulators",),
    ),
    Rule(
        "the receiver is a program of its own",
        PACKAGES,
        ("controller.receiver",),
        but=("controller.receiver", "controller.cli"),
    ),
    Rule(
        "the receiver knows how to store, nothing of the daemon",
        ("controller.receiver",),
        ("ours",),
        only=(
            "controller.receiver",
            "controller.store",
            "controller.consumption.upload.national",
            "controller.consumption.upload.heads",
            "config.plan",
            "config.language",
            "config.dialects",
        ),
    ),
    Rule(
        "httpx has one door",
        PACKAGES,
        ("httpx", "httpcore"),
        but=("controller.consumption.upload.httpslink",),
    ),
    Rule(
        "only programs of their own serve the web",
        PACKAGES,
        ("h11", "starlette", "uvicorn"),
        but=("controller.receiver",),
    ),
    Rule(
        "the installer runs by the system's own Python",
        ("deploy",),
        ("ours", "theirs"),
        only=("deploy", "config.language"),
    ),
    Rule("nothing knows of the installer", PACKAGES, ("deploy",), but=("deploy",)),
    Rule("pure modules know no clock, socket or file", PURE, IMPURE),
)


class Import(NamedTuple):
    """One import of one module, written at a line of a file."""

    importer: str
    imported: str
    where: str


def module_name(path: Path, root: Path) -> str:
    """The dotted name of a source file."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(root: Path) -> list[Path]:
    """Every source file of our packages."""
    return sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))


@functools.cache
def imports(path: Path, root: Path) -> tuple[Import, ...]:
    """All imports of a file, absolute. `from a import b` gives a.b, since b may be a module. Read once."""
    return tuple(_imports(path, root))


def _imports(path: Path, root: Path) -> Iterator[Import]:
    name = module_name(path, root)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        where = f"{path.relative_to(root)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, where)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                yield Import(name, base if alias.name == "*" else f"{base}.{alias.name}", where)


def under(module: str, roots: tuple[str, ...]) -> bool:
    """Whether a module is one of the roots or within one."""
    return any(module == root or module.startswith(root + ".") for root in roots)


def touches(imported: str, never: tuple[str, ...]) -> bool:
    """Whether an import meets a rule's `never`."""
    top = imported.partition(".")[0]
    ours = top in PACKAGES
    theirs = not ours and top not in sys.stdlib_module_names
    return ("ours" in never and ours) or ("theirs" in never and theirs) or under(imported, never)


def breaches(rule: Rule, root: Path) -> list[str]:
    """Where a rule is broken, each with file and line."""
    return [
        f"{found.where}: {found.importer} imports {found.imported}"
        for path in sources(root)
        if under(module_name(path, root), rule.who) and not under(module_name(path, root), rule.but)
        for found in imports(path, root)
        if touches(found.imported, rule.never) and not under(found.imported, rule.only)
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.why)
def test_imports_run_one_way(rule: Rule) -> None:
    assert breaches(rule, ROOT) == []


def test_pure_modules_open_nothing() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(ROOT)
        if under(module_name(path, ROOT), PURE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]
    assert found == []


def circles(root: Path) -> list[str]:
    """Modules that import each other in a circle, at whatever depth of functions."""
    modules = {module_name(path, root): path for path in sources(root)}
    needs: dict[str, set[str]] = {}
    for name, path in modules.items():
        found = needs[name] = set()
        for one in imports(path, root):
            target = one.imported
            while target and target not in modules:
                target = target.rpartition(".")[0]
            found.add(target)
        found -= {name, ""}
    # What imports only what is free of circles is free itself; what is left stands in one or leads to one.
    while free := {name for name, found in needs.items() if not found & needs.keys()}:
        needs = {name: found for name, found in needs.items() if name not in free}
    return sorted(needs)


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(ROOT) == []


def test_a_circle_is_found(tmp_path: Path) -> None:
    files = {
        "config/a.py": "from config import b",
        "config/b.py": "def late():\n    from config.a import x",
        "config/c.py": "import json",
    }
    write(tmp_path, files)
    assert circles(tmp_path) == ["config.a", "config.b"]


BREACHES = {
    "config/plan/a.py": "import yaml",
    "config/plan/b.py": "from config.language import text",
    "config/language/a.py": "from ..plan import points",
    "config/dialects/a.py": "from config.plan import points",
    "config/written/a.py": "from drivers import codec",
    "config/written/b.py": "import rich",
    "schedules/a.py": "def late():\n    import yaml.events",
    "controller/compile.py": "from config import written",
    "drivers/line.py": "import schedules.sun",
    "drivers/modbus/line.py": "from pymodbus.framer import FramerRTU",
    "drivers/bacnet/a.py": "from ..simulators import world",
    "drivers/bacnet/names.py": "from bacpypes3.apdu import AbortReason",
    "schedules/b.py": "from drivers.api import Driver",
    "controller/store/a.py": "import bacpypes3.apdu",
    "controller/store/b.py": "from cryptography.hazmat.primitives import ciphers",
    "controller/cycle.py": "from drivers.modbus import open_line",
    "controller/app.py": "from drivers import simulators",
    "controller/decide/arbiter.py": "from os import path",
    "controller/daemon.py": "from controller.receiver import store",
    "controller/campaign/judges/a.py": "from controller.decide import arbiter",
    "controller/pulse.py": "from deploy import layout",
    "deploy/steps.py": "import typer",
    "controller/receiver/a.py": "from controller.daemon import Daemon",
    "controller/consumption/upload/mqtt.py": "import httpx",
    "controller/socket/web.py": "from starlette.applications import Starlette",
    "drivers/codec.py": "import asyncio.events",
    "controller/consumption/upload/edgenode.py": "from paho.mqtt import client",
    "controller/consumption/upload/files.py": "import pyarrow.parquet",
}

ALLOWED = {
    "config/plan/c.py": "import os\nfrom . import points\nfrom .points import Point",
    "config/written/c.py": "import yaml\nfrom config.plan import points\nfrom config.written import model",
    "drivers/modbus/frames.py": "from pymodbus.framer import FramerRTU\nfrom config.plan.points import Point",
    "drivers/bacnet/stack.py": "import bacpypes3.app\nfrom drivers.api import Driver",
    "drivers/simulators/a.py": "import pymodbus, bacpypes3\nfrom drivers.codec import encode",
    "controller/app.py": "from drivers.modbus import open_line\nfrom drivers.bacnet import line",
    "controller/receiver/b.py": "import uvicorn\nfrom controller.store.connection import open_writer",
    "controller/cli/receive.py": "from controller.receiver.serve import serve",
    "controller/consumption/upload/httpslink.py": "def late():\n    import httpx",
    "controller/cli/demo.py": "from drivers.simulators import program",
    "controller/decide/requests.py": "import math, dataclasses\nfrom config.plan import slots",
    "config_like/a.py": "import yaml",
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, code in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(code, encoding="utf-8")


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found(name: str, tmp_path: Path) -> None:
    write(tmp_path, {name: BREACHES[name]})
    found = [line for rule in RULES for line in breaches(rule, tmp_path)]
    assert found
    assert all(line.startswith(f"{name}:{1 + BREACHES[name].count(chr(10))}: ") for line in found)


def test_every_rule_is_broken_by_an_example(tmp_path: Path) -> None:
    write(tmp_path, BREACHES)
    assert [rule.why for rule in RULES if not breaches(rule, tmp_path)] == []


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    write(tmp_path, ALLOWED)
    assert [line for rule in RULES for line in breaches(rule, tmp_path)] == []
