"""Conditions and Plans that nobody writes by mistake: refused in their own words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.plan import codec
from config.written.words.parse import Misspoken, parse
from tests.controller.house import house


@pytest.mark.parametrize("blank", ["\x85", "\x1c", "\u2028", "\xa0\x85"])
def test_a_blank_that_the_grammar_does_not_know_is_told(blank: str) -> None:
    with pytest.raises(Misspoken):
        parse(f"a.b is active{blank}")


def renamed(said: Any, name: object) -> Any:
    """All records that carry their name, with another one."""
    if isinstance(said, dict):
        return {key: name if key == "_" else renamed(item, name) for key, item in said.items()}
    return [renamed(item, name) for item in said] if isinstance(said, list) else said


@pytest.mark.parametrize("name", ["Nothing", 7, [], {}, ""])
def test_a_record_of_an_unknown_name_is_no_plan(name: object) -> None:
    said = renamed(json.loads(codec.dump(house())), name)
    with pytest.raises(ValueError, match="is no record here"):
        codec.load(json.dumps(said))


@pytest.mark.parametrize("content", ["[" * 100_000, '{"format": 4, "hash": ' + "[" * 100_000])
def test_a_deep_one_is_no_plan(content: str) -> None:
    with pytest.raises(ValueError, match="not a plan"):
        codec.load(content)


def test_a_damaged_plan_is_told_at_the_start(tmp_path: Path) -> None:
    from controller.accepted import read_compiled
    from controller.options import NotStarted

    file = tmp_path / "plan.json"
    file.write_text(json.dumps(renamed(json.loads(codec.dump(house())), "Nothing")), encoding="utf-8")
    with pytest.raises(NotStarted, match="is not a compiled plan"):
        read_compiled(file)
