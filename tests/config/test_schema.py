"""The JSON Schemas: kept beside the documents, sound, and in agreement with the compiler."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from config.written.nodes import plain
from config.written.problems import Findings
from config.written.program import SCHEMAS
from config.written.schema import schema, schema_text
from config.written.source import read

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_FOLDER = ROOT / "docs" / "schema"
SITES = ROOT / "config" / "sites"
FILES = sorted(
    [
        *(ROOT / "config" / "profiles").glob("*.yaml"),
        *(ROOT / "config" / "tariffs").glob("*.yaml"),
        *SITES.rglob("*.yaml"),
    ]
)


def schema_of(path: Path) -> str:
    """Which schema a file is for; the file's own modeline must say the same."""
    if path.parent.name == "schedules":
        return "programmes"
    if path.parent.name == "profiles":
        return "profile"
    if path.parent.name == "tariffs":
        return "tariff"
    by_nature = path.name == "calendar.yaml" and "\ncalendar:" not in path.read_text(encoding="utf-8")
    return "calendar" if by_nature else "site"


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema(name))


@pytest.mark.parametrize("name", SCHEMAS)
def test_kept_schemas_are_current(name: str) -> None:
    kept = SCHEMA_FOLDER / f"{name}.schema.json"
    assert kept.read_text(encoding="utf-8") == schema_text(name), (
        f"python -m config.written schema {name} > {kept.relative_to(ROOT)}"
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_sound(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_example_files_satisfy_their_schema(path: Path) -> None:
    if path.name == "plant.yaml":
        pytest.skip("only the simulator reads it")
    table = read(path.name, path.read_bytes(), Findings())
    assert table is not None
    validator(schema_of(path)).validate(plain(table))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modelines_lead_to_the_schema(path: Path) -> None:
    if path.name == "plant.yaml":
        pytest.skip("only the simulator reads it")
    first = path.read_text(encoding="utf-8").splitlines()[0]
    _, separator, target = first.partition("# yaml-language-server: $schema=")
    assert separator, first
    assert (path.parent / target).resolve() == SCHEMA_FOLDER / f"{schema_of(path)}.schema.json"


WRONG: dict[str, list[dict[str, object]]] = {
    "site": [
        {"sites": {}},
        {"lines": {"T1": {"transport": "modbus-tcp"}}},
        {"lines": {"T1": {"transport": "modbus-tcp", "host": "10.0.0.1", "parity": "N"}}},
        {"devices": {"a": {"profile": "x", "line": "T1", "label": "x", "unit": "1"}}},
        {"devices": {"中": {"profile": "x", "line": "T1", "label": "x"}}},
        {"equipment": {"a": {"kind": "pump", "label": "x", "level": "a.b"}}},
        {"equipment": {"a": {"kind": "pump", "label": "x", "run_cmd": "ab"}}},
        {"site": {"name": "a", "label": "b"}},
        {"meters": {"a": {}}},
        {"meters": {"a": {"sum": []}}},
        {"meters": {"a": {"minus": ["b"]}}},
        {"meters": {"a": {"sum": ["b"], "integrate": "c.d"}}},
        {"meters": {"a": {"at_most": "20 kW", "label": "b"}}},
        {"meters": {"main-1": {"of": ["office-1"], "remainder": 0.04}}},
        {"meters": {"a.b.c": {"submeter_of": "d"}}},
        {"trends": {"a": {"points": []}}},
        {"trends": {"a": {"points": [{"tag": "b"}]}}},
        {"trends": {"a": {"points": "b.c", "every": 10}}},
        {"tariff": {"use": "sichuan-2025", "seasons": []}},
        {"tariff": {"use": "sichuan-2025", "flat_price": 0.72}},
        {"tariff": {"flat_price": "0.72 元/kWh"}},
    ],
    "programmes": [
        {
            "a": {
                "label": "x",
                "targets": "b",
                "week": {"workday": [{"from": "8", "to": "9:00", "value": "on"}]},
            }
        },
        {"a": {"label": "x", "targets": [], "default": "on"}},
        {"a": {"label": "x", "targets": "b", "slot": 4}},
        {"a": {"label": "x", "targets": "b", "exceptions": [{"dates": "soon"}]}},
    ],
    "calendar": [{"days": [{"kind": "holiday"}]}, {"day": []}],
    "profile": [{"profile": "a"}],
    "tariff": [{"label": "a", "document": "b", "since": "2026-01-01", "seasons": [], "factors": {}}],
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_editors_see_mistakes_too(name: str) -> None:
    for wrong in WRONG[name]:
        with pytest.raises(jsonschema.ValidationError):
            validator(name).validate(wrong)


def test_schema_is_json() -> None:
    assert json.loads(schema_text("site"))["properties"]["devices"]["additionalProperties"]
