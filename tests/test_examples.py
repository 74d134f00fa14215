"""Every example in the guides and the README can be done as it stands: commands, names, values, files."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from config.plan.programmes import BUILT_IN_KINDS
from config.plan.site import Plan
from config.written.problems import Findings
from config.written.starter import write_starter
from controller.cli import main
from controller.cli.durations import parse_duration
from controller.compile import compile_site
from controller.operations.finding import find_point
from controller.operations.wishes import value_of
from hil_tests.stand import COMPILED_S, compiled, plan_of

ROOT = Path(__file__).resolve().parents[1]
SHUANGLIU = ROOT / "config" / "sites" / "shuangliu"
PAGES = [ROOT / "README.md", ROOT / "docs" / "guide.zh.md", ROOT / "docs" / "guide.en.md"]
PLACEHOLDERS = ("my-site", "DIR")
SECTIONS = (
    ["sinks"],
    ["meters"],
    ["trends"],
    ["tariff"],
    ["rules"],
    ["alarms"],
    ["notify"],
    ["places", "programmes"],
    ["places", "rules"],
)
ADDED = {"programmes"}
"""Sections that stand beside those of the compound."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(SHUANGLIU)


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every `louguan …` in a page, without "louguan"."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("louguan "):
                yield shlex.split(line.partition("#")[0])[1:]
    for line in re.findall(r"`louguan ([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        yield shlex.split(line)


def blocks(page: Path) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def without_comments(content: str) -> str:
    return re.sub(r"\s+#.*", "", content)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_can_be_given(page: Path, plan: Plan) -> None:
    given = list(commands(page))
    assert len(given) >= 10
    tree: Any = typer.main.get_command(main.commands())
    for words in given:
        command = tree.commands[words[0]]
        if len(words) == 1:  # the command is only spoken of
            continue
        context = command.make_context(words[0], words[1:])
        with context:
            judge(words[0], dict(context.params), plan)


def judge(name: str, params: dict[str, Any], plan: Plan) -> None:
    """The arguments of one command, against the compound."""
    if "point" in params:
        point = find_point(plan, params["point"])
        if name == "set":
            value_of(point, params["value"])
            assert params["lasting"] is None or parse_duration(params["lasting"])
    if isinstance(params.get("target"), str) and params["target"]:
        known = {item.name for item in plan.equipment} | {device.name for device in plan.devices}
        assert params["target"] in known
    if params.get("pattern"):
        labels = [f"{point.key} {point.label}" for point in plan.points]
        labels += [f"{item.name} {item.label}" for item in plan.equipment]
        assert any(params["pattern"] in label for label in labels)
    if "site" in params and params["site"] is not None:
        assert str(params["site"]) in PLACEHOLDERS


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_every_file_shown_is_right_for_the_compound(page: Path, tmp_path: Path) -> None:
    shown = blocks(page)
    assert shown
    known = set() if page == PAGES[1] else {without_comments(content) for content in blocks(PAGES[1])}
    for number, content in enumerate(shown):
        if without_comments(content) in known:
            continue  # the other page shows it too
        site = tmp_path / str(number)
        shutil.copytree(SHUANGLIU, site)
        names = re.findall(r"^([\w-]+):", content, re.MULTILINE)
        if names in SECTIONS:  # the whole section, in the place of the compound's
            for name in set(names) - ADDED:
                for old in (site / f"{name}.yaml", *site.glob(f"{name}-*.yaml")):
                    old.unlink(missing_ok=True)
                main = site / "site.yaml"
                main.write_text(
                    re.sub(rf"^{name}:.*\n", "", main.read_text(encoding="utf-8"), flags=re.MULTILINE),
                    encoding="utf-8",
                )
            (site / "shown.yaml").write_text(content, encoding="utf-8")
            names, content = [], ""
        file = site / "schedules" / "lighting.yaml"
        kept = file.read_text(encoding="utf-8")
        for name in names:  # what the guide shows stands in the place of what the site has
            kept = re.sub(rf"^{name}:\n(?:[ #].*\n|\n)*", "", kept, flags=re.MULTILINE)
        file.write_text(kept + content, encoding="utf-8")
        compiled(site)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_in_the_text_are_those_of_the_compound(page: Path, plan: Plan) -> None:
    text = page.read_text(encoding="utf-8")
    names = {item.name for item in plan.equipment} | {device.name for device in plan.devices}
    names |= {meter.name for meter in plan.metering.integrated} | set(BUILT_IN_KINDS)
    for listed in re.findall(r"\[([a-z0-9., -]+)\](?!\()", text):
        for name in listed.split(","):
            assert name.strip() in names, listed
    for name, role in re.findall(r"`([a-z]+-[a-z0-9-]*\d)\.([a-z_]+)`", text):
        if role == "unmetered":  # what is left of a meter above others
            assert name in {item.of for item in plan.metering.submeters}
        else:
            find_point(plan, f"{name}.{role}")


def test_the_mistake_in_the_readme_is_answered_as_shown(tmp_path: Path) -> None:
    write_starter(tmp_path / "site", Findings(), "zh_CN")
    file = tmp_path / "site" / "schedules" / "lighting.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("tag: corridor}", "tag: corrider}"), encoding="utf-8"
    )
    shown = re.search(r"```\n(schedules/.*?)\n```", PAGES[0].read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert compile_site(tmp_path / "site", "en", wall_s=COMPILED_S).report == shown[1]
    assert '"07:30"' in file.read_text(encoding="utf-8")
