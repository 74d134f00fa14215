"""An object read piece by piece is what `json.loads` reads, and no more is taken for JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plan.pieces import members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)


def _whole(_: str) -> Any:
    return lambda data: data


def _each(name: str) -> Any:
    return (lambda data: data,) if name.startswith("l") else lambda data: data


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_it_reads_what_json_reads(data: dict[str, Any], indent: int | None, ascii_only: bool) -> None:
    written = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    assert repr(members(written, _whole)) == repr(data)


@given(st.lists(VALUES, max_size=5))
def test_a_list_s_elements_come_one_by_one(items: list[Any]) -> None:
    found = members(json.dumps({"a": 1, "l": items, "z": [2]}), _each)
    assert repr(found) == repr({"a": 1, "l": tuple(items), "z": [2]})


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), st.data())
def test_what_json_refuses_is_refused(data: dict[str, Any], draw: st.DataObject) -> None:
    written = json.dumps(data)
    at = draw.draw(st.integers(0, len(written)))
    broken = (
        written[:at] + draw.draw(st.sampled_from(["", "}", "]", ",", ":", "{", '"', "1"])) + written[at + 1 :]
    )
    try:
        wanted = json.loads(broken)
    except ValueError:
        wanted = None
    if isinstance(wanted, dict):
        assert repr(members(broken, _whole)) == repr(wanted)
    else:
        with pytest.raises((ValueError, TypeError)):
            members(broken, _whole)


def test_equal_numbers_are_one() -> None:
    found = members('{"a": 1234.5, "b": [1234.5, 70000], "c": 70000, "d": -0.0, "e": 0.0}', _whole)
    assert found["a"] is found["b"][0]
    assert found["c"] is found["b"][1]
    assert str(found["d"]) == "-0.0"
    assert str(found["e"]) == "0.0"
