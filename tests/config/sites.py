"""Small sites for tests: a site with three lines, and one profile `p` of one's own."""

from __future__ import annotations

from pathlib import Path

from config.plan.points import Point
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings

SITE = """
site:
  name: s
  label: 站
  place: {time_zone: Asia/Shanghai, latitude: 30.5, longitude: 103.9}
lines:
  T1: {transport: modbus-tcp, host: 10.0.0.11}
  S1: {transport: modbus-rtu, path: /dev/ttyS1}
  B1: {transport: bacnet-ip, bind: 10.0.0.2, networks: [10.0.0.255]}
"""
HEAD = """
profile: p
label: {zh: 表, en: meter}
maker: m
kind: panel
protocol: modbus
source: s
"""
ACCEPT = "if_unheard: {holds_last: true, accepted: fine}"


def plan_of(folder: Path, site: str = "", profile: str = "", protocol: str = "modbus", **files: str) -> Plan:
    """The Plan of SITE with `site` added and the profile p; fails with everything that is wrong."""
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "site.yaml").write_text(SITE + site, encoding="utf-8")
    if profile:
        text = HEAD.replace("modbus", protocol) + profile
        (folder / "profiles" / "p.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    return compiled(folder)


def compiled(folder: Path) -> Plan:
    """The Plan of a site's directory; fails with everything that is wrong."""
    findings = Findings()
    plan = compile_site(folder, findings)
    assert plan is not None, "\n".join(problem.sentence("en") for problem in findings.problems())
    return plan


def one_point(folder: Path, profile: str, device: str = "unit: 1", protocol: str = "modbus") -> Point:
    line = "B1" if protocol == "bacnet" else "T1"
    site = f"devices:\n  d: {{profile: p, line: {line}, label: x, {device}}}\n"
    return plan_of(folder, site, profile, protocol).points[0]
