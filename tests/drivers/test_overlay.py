"""The overlay replaces addresses and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drivers.overlay import OverlayError, apply
from tests.drivers.build import line, plan, word

PLAN = plan(line("modbus-tcp", host="10.0.0.1", port=502), {1: [word("a", 0)]})


def test_addresses_are_replaced() -> None:
    overlay = {
        "lines": {"L": {"host": "127.0.0.1", "port": 40123, "networks": ["127.0.0.1:4"]}},
        "devices": {"u1": {"address": "127.0.0.1:4"}},
    }
    changed = apply(PLAN, overlay)
    assert (changed.lines[0].host, changed.lines[0].port) == ("127.0.0.1", 40123)
    assert changed.lines[0].networks == ("127.0.0.1:4",)
    assert changed.devices[0].address == "127.0.0.1:4"
    assert replace(changed, lines=PLAN.lines, devices=PLAN.devices) == PLAN


def test_an_empty_overlay_changes_nothing() -> None:
    assert apply(PLAN, {}) == PLAN


@pytest.mark.parametrize(
    "overlay",
    [
        {"points": {}},
        {"lines": {"X": {"port": 1}}},
        {"lines": {"L": {"speed": 1}}},
        {"lines": {"L": {"port": "1"}}},
        {"lines": {"L": {"port": True}}},
        {"lines": {"L": {"networks": "10.0.0.255"}}},
        {"lines": {"L": {"networks": [1]}}},
        {"lines": []},
        {"devices": {"u2": {"address": ""}}},
        {"devices": {"u1": 3}},
    ],
)
def test_what_it_cannot_mean_is_refused(overlay: dict[str, Any]) -> None:
    with pytest.raises(OverlayError, match="overlay"):
        apply(PLAN, overlay)
