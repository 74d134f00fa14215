"""Sites with one device, generated for each profile in config/profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml

from config.plan.points import Point, Register
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings

FOLDER = Path(__file__).resolve().parent.parent / "config" / "profiles"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


class Raw(NamedTuple):
    """A profile's file, for what only the tests need of it. Every scalar is text."""

    kind: str
    protocol: str
    params: Mapping[str, Mapping[str, str]]
    head: Mapping[str, Any]


@cache
def raw(profile: str) -> Raw:
    data = yaml.load(FILES[profile].read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return Raw(data["kind"], data["protocol"], data.get("params", {}), data)


def _one_device_site(profile: str, params: Mapping[str, str], accept: bool) -> str:
    """The smallest site that has a device of this profile."""
    bacnet = raw(profile).protocol == "bacnet"
    line = (
        "{transport: bacnet-ip, bind: 10.0.0.2, networks: [10.0.0.255]}"
        if bacnet
        else "{transport: modbus-tcp, host: 10.0.0.11}"
    )
    facts = [f"profile: {profile}", "line: L", "label: 一台", "instance: 7" if bacnet else "unit: 1"]
    if params:
        facts.append("params: {" + ", ".join(f"{name}: {value}" for name, value in params.items()) + "}")
    if accept:
        facts.append("if_unheard: {holds_last: true, accepted: for this test}")
    return "\n".join([
        "site: {name: one, label: 一台设备, language: en,",
        "  place: {time_zone: Asia/Shanghai, latitude: 30.6, longitude: 103.9}}",
        f"lines: {{L: {line}}}",
        "devices:",
        "  it: {" + ", ".join(facts) + "}",
    ])  # fmt: skip


def compiled_text(text: str) -> Plan:
    with TemporaryDirectory() as folder:
        (Path(folder) / "site.yaml").write_text(text, encoding="utf-8")
        findings = Findings()
        plan = compile_site(Path(folder), findings)
        assert not findings.problems(), [problem.sentence("en") for problem in findings.problems()]
    assert plan is not None
    return plan


@cache
def compiled(profile: str, **params: str) -> Plan:
    """The Plan of a site with one device "it" of this profile."""
    needed = {
        name: f"1 {of['unit']}" if "unit" in of else "1"
        for name, of in raw(profile).params.items()
        if of.get("required") == "true"
    }
    commanded = any(
        "command" in point and point["command"].get("set_up") != "true"
        for point in raw(profile).head["points"].values()
    )
    return compiled_text(_one_device_site(profile, {**needed, **params}, commanded))


def points(profile: str) -> dict[str, Point]:
    return {point.name: point for point in compiled(profile).points}


def registers(profile: str) -> Iterator[tuple[Point, Register]]:
    """Every register of a profile: where points are read, and where they are written if that is elsewhere."""
    for point in points(profile).values():
        if isinstance(point.source, Register):
            yield point, point.source
        if point.command is not None and point.command.register is not None:
            yield point, point.command.register
