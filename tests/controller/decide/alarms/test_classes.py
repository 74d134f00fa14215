"""Whatever the daemon may notice has its place in the table of classes, and nothing else has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from controller.decide.alarms.classes import CLASH, CLASSES

ROOT = Path(__file__).resolve().parents[4]
ELSEWHERE = {"fire", "gas", "reading-set-aside", "counter-reset", "counter-stands", "sealing", "deleting"}
"""Named by a constant or a field where they are told."""


def kinds() -> Iterator[str]:
    """Every kind that a notice is made with, or that a rule tells."""
    names = {"CLASH": CLASH, "DEVICE": "device-lost", "LINE": "line-lost", "DECLARED": "declared"}
    for path in (ROOT / "controller").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            made = isinstance(node.func, ast.Name) and node.func.id == "Notice"
            told = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "look.tell"
            if made or told:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)
                elif isinstance(first, ast.Name) and first.id in names:
                    yield names[first.id]


def over() -> Iterator[str]:
    """Kinds that the first step after a start tells of, as keys of what was told."""
    source = (ROOT / "controller" / "decide" / "anew.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "self._told":
            assert isinstance(node.slice, ast.Tuple)
            yield str(ast.literal_eval(node.slice.elts[0]))


def test_every_kind_of_notice_has_its_class() -> None:
    assert {*kinds(), *over(), *ELSEWHERE} == set(CLASSES)
