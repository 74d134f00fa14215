"""Both languages are complete: every text and every help text has its Chinese; .mo files are current."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import typer
import yaml
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.language import Text, choose, render, text, word
from controller.cli.main import commands
from controller.cli.speech import texts_of

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = sorted((ROOT / "config" / "language" / "locale").rglob("*.po"))


def literal_texts(package: str) -> Iterator[tuple[str, str]]:
    """(place, message) of every `text("…")` in a package."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text":
                first = node.args[0] if node.args else None
                for message in _literals(first):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", message


def _literals(node: ast.AST | None) -> Iterator[str]:
    """The strings an argument may be: a constant, or either side of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def translations() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in CATALOGUES:
        with path.open("rb") as handle:
            for message in read_po(handle):
                if message.id and message.string and not message.fuzzy:
                    found[str(message.id)] = str(message.string)
    return found


def test_every_text_has_its_chinese() -> None:
    known = translations()
    missing = [
        f"{place}: {message}"
        for package in ("config", "drivers", "schedules", "controller", "deploy")
        for place, message in literal_texts(package)
        if message and message not in known
    ]
    assert not missing, "\n".join(missing)


def test_no_text_is_translated_in_two_ways() -> None:
    """The first catalogue that has it would win, whatever the others mean by it."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in CATALOGUES:
        with path.open("rb") as handle:
            for message in read_po(handle):
                if message.id:
                    said = found.setdefault(str(message.id), {})
                    said.setdefault(str(message.string), []).append(path.stem)
    assert not {msgid: said for msgid, said in found.items() if len(said) > 1}


def test_every_help_text_has_its_chinese() -> None:
    known = translations()
    missing = [message for message in texts_of(typer.main.get_command(commands())) if message not in known]
    assert not missing, "\n".join(missing)


def test_translations_keep_the_parts() -> None:
    for message, translated in translations().items():
        assert _parts(message) == _parts(translated), message


def test_chinese_clauses_are_joined_by_chinese_signs() -> None:
    joined = re.compile("[\u4e00-\u9fff）”];|;[\u4e00-\u9fff]")
    assert not [said for said in translations().values() if joined.search(said)]


def _parts(message: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(message) if name is not None}
    except ValueError:
        return set()


def test_every_state_of_our_profiles_has_its_chinese() -> None:
    states: set[str] = set()
    for path in sorted((ROOT / "config" / "profiles").glob("*.yaml")):
        profile = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)
        for point in profile["points"].values():
            if isinstance(point.get("states"), dict):
                states.update(point["states"].values())
    assert len(states) > 20
    assert not [state for state in sorted(states) if word(state, "zh_CN") == state]
    assert all(word(state, "en") == state for state in states)


def test_a_state_may_be_part_of_a_sentence() -> None:
    assert (
        render(text("{name}: {reason}", name="泵", reason=Text("auto")), "zh_CN")
        == f"泵：{word('auto', 'zh_CN')}"
    )
    assert word("auto", "zh_CN") != "auto"


def test_a_word_without_translation_stays_as_it_is() -> None:
    assert word("exception 2", "zh_CN") == "exception 2"
    assert word("", "zh_CN") == ""


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_compiled_catalogues_are_current(path: Path) -> None:
    with path.open("rb") as handle:
        catalogue = read_po(handle)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue(), f"pybabel compile -i {path}"


@pytest.mark.parametrize(
    ("flag", "environment", "site", "chosen"),
    [
        ("en", {"LANG": "zh_CN.UTF-8"}, "zh_CN", "en"),
        (None, {"LOUGUAN_LANG": "zh"}, "en", "zh_CN"),
        (None, {"LANG": "en_GB.UTF-8"}, "zh_CN", "en"),
        (None, {"LANG": "C.UTF-8"}, "en", "en"),
        (None, {"LANG": "C.UTF-8"}, None, "zh_CN"),
        (None, {}, None, "zh_CN"),
    ],
)
def test_choice_of_language(
    flag: str | None, environment: dict[str, str], site: str | None, chosen: str
) -> None:
    assert choose(flag, environment, site) == chosen


def test_untranslated_text_falls_back_to_english() -> None:
    assert render(text("never {n} said", n=text("so {m}", m=1)), "zh_CN") == "never so 1 said"
