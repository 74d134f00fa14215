"""Dialect files: the three that come along, and every way a file may be wrong."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from config.dialects import (
    FOLDER,
    Dialect,
    DialectError,
    dialect_names,
    load_dialect,
    parse_dialect,
    read_dialect,
)

GOOD: dict[str, Any] = json.loads((FOLDER / "a.json").read_text(encoding="utf-8"))
GUIDE = Path(__file__).resolve().parents[5] / "docs" / "upload.md"


def problems(data: bytes) -> list[str]:
    with pytest.raises(DialectError) as caught:
        parse_dialect("x", data)
    return [str(problem) for problem in caught.value.problems]


def changed(**settings: object) -> bytes:
    return json.dumps({**GOOD, **settings}).encode()


@pytest.mark.parametrize("name", dialect_names())
def test_every_file_of_the_folder_is_a_dialect(name: str) -> None:
    dialect = load_dialect(name)
    assert dialect.name == name
    assert dialect.about


def test_there_are_the_three() -> None:
    assert set(dialect_names()) >= {"a", "b", "c"}


def test_what_is_known_of_the_three() -> None:
    a, b, c = (load_dialect(name) for name in "abc")
    assert (a.head.hex(), a.tail.hex(), a.crc, a.crc_order) == ("68681616", "55aa55aa", "xmodem", "little")
    assert a.crc_covers == {"sequence", "cipher"}
    assert a.padding == "zero"
    assert (b.building_element, b.crc_order, b.padding) == ("project_id", "big", "ascii-zero")
    assert b.crc_covers == {"head", "length", "sequence", "cipher"}
    assert (c.head, c.tail, c.crc, c.crc_order) == (a.tail, a.head, "modbus", "little")
    assert {a.md5_order, b.md5_order} == {"sequence+key", "key+sequence"}


@pytest.mark.parametrize("key", GOOD)
def test_no_setting_may_be_left_out(key: str) -> None:
    rest = {name: value for name, value in GOOD.items() if name != key}
    assert problems(json.dumps(rest).encode()) == [f'dialect x: "{key}" is missing']


@pytest.mark.parametrize("key", GOOD)
@pytest.mark.parametrize("value", [None, 7.5, [], {}, "\x01", -1, [[]], "x" * 500])
def test_no_setting_takes_anything(key: str, value: object) -> None:
    found = problems(changed(**{key: value}))
    assert len(found) == 1
    assert found[0].startswith(f"dialect x: {key} is ")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"building_element": "gateway_id"},
            'gateway_element is "gateway_id"; that is the name of building_element, which stands beside it',
        ),
        ({"gateway_element": "type"}, 'gateway_element is "type"; that is the name of <type>'),
        ({"query_to": GOOD["query_from"]}, "that is the name of query_from"),
        ({"crc": "ccitt"}, 'dialect x: crc is "ccitt"; expected one of xmodem, modbus'),
        ({"head": "6868161"}, "2 to 8 bytes in hexadecimal"),
        ({"length_counts": ["sequence"]}, "with cipher among them"),
        ({"crc_covers": ["cipher", "cipher"]}, "each at most once"),
        ({"sequence_digits": True}, "a whole number from 8 to 20"),
        ({"time_format": "%Y%m%d"}, "year to second"),
        ({"time_format": "%Y%m%d%H%M%S%"}, "year to second"),
        ({"building_element": "a b"}, "the name of an XML element"),
        ({"function_attributes": ["coding"]}, "with id among them"),
        ({"ack_names_sequense": False}, "did you mean ack_names_sequence?"),
        ({"colour": "red"}, 'dialect x: "colour" is no setting'),
    ],
)
def test_what_is_wrong_is_said(settings: dict[str, object], said: str) -> None:
    found = problems(changed(**settings))
    assert len(found) == 1
    assert said in found[0]


def test_everything_wrong_is_said_at_once() -> None:
    assert len(problems(changed(crc="x", padding="y", colour="z"))) == 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b" " * 70_000,
        b'{"crc": "xmodem", "crc": "modbus"}',
        b'{"a": ' * 9_000,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_object_is_refused(data: bytes) -> None:
    assert len(problems(data)) == 1


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(DialectError, match="there are"):
        load_dialect("../profiles/x")


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_bytes(changed(crc="modbus"))
    assert (read_dialect(own).name, read_dialect(own).crc) == ("own", "modbus")
    with pytest.raises(DialectError, match="No such file"):
        read_dialect(tmp_path / "none.json")


def test_a_centre_may_have_some_settings_otherwise() -> None:
    other = load_dialect("a", json.dumps({"crc": "modbus", "function_attributes": ["id"]}))
    assert (other.crc, other.function_attributes) == ("modbus", ("id",))
    assert replace(other, crc="xmodem", function_attributes=("id", "coding", "error")) == load_dialect("a")


@pytest.mark.parametrize("settings", ['{"crc": "crc32"}', '{"crk": "modbus"}', "[]", "{"])
def test_wrong_settings_are_refused(settings: str) -> None:
    with pytest.raises(DialectError):
        load_dialect("a", settings)


def test_the_guide_lists_every_setting() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [field.name for field in fields(Dialect) if f"`{field.name}`" not in guide] == []
