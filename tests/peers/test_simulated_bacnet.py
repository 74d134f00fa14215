"""@bacnet-js/client reads, commands and relinquishes our simulated BACnet devices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.programs import RefusedError, bacnet
from tests.peers.simulated import Simulated, simulated, written

pytestmark = pytest.mark.peers

SITE = """
lines: {B: {transport: bacnet-ip, bind: 10.0.0.2, networks: [10.0.0.255]}}
devices:
  lights: {profile: bacnet-lighting, line: B, instance: 1001, label: lights,
    if_unheard: {holds_last: true, accepted: a bench}}
  kitchen: {profile: bacnet-kitchen-ventilation, line: B, instance: 1002, label: kitchen,
    if_unheard: {holds_last: true, accepted: a bench}}
"""
LEVEL, SCENE = "analog-output,1", "multi-state-value,1"


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Simulated]:
    with simulated(written(tmp_path, {"site.yaml": SITE})) as made:
        yield made


def told(address: str, *words: object) -> Any:
    """The one thing the client says."""
    return next(iter(bacnet(address, *words).values()))


def standing(address: str, what: str) -> tuple[float, dict[int, float]]:
    """Present value and what is in the priority array, in one request."""
    found = told(address, "read-multiple", f"{what}:present-value:priority-array")[what]
    slots = enumerate(found["priority-array"], start=1)
    return found["present-value"], {slot: held for slot, held in slots if held is not None}


def test_devices_are_found_and_named(behind: Simulated) -> None:
    for name, instance in (("lights", 1001), ("kitchen", 1002)):
        address = behind.address(name)
        assert [device["deviceId"] for device in told(address, "who-is")] == [instance]
        assert told(address, "read", f"device,{instance}", "object-name") == name
    assert told(behind.address("lights"), "who-is", 2000, 3000) == [], "not one of those"


def test_what_is_read_is_what_really_is(behind: Simulated) -> None:
    address, truth = behind.address("lights"), behind.truth("lights")
    assert told(address, "read", "analog-input,22", "present-value") == pytest.approx(
        truth["energy"], abs=0.01
    )
    zones = range(1, 9)
    asked = [f"analog-input,{zone}:present-value:status-flags" for zone in zones]
    found = told(address, "read-multiple", *asked, "analog-input,21:present-value", f"{SCENE}:present-value")
    truth = behind.truth("lights")
    for zone in zones:
        lux = found[f"analog-input,{zone}"]
        assert lux["present-value"] == pytest.approx(truth[f"zone{zone}_lux"], abs=5), (
            "a quarter of its COV step"
        )
        assert lux["status-flags"] == [0], "in alarm, fault, overridden, out of service: no"
    assert found["analog-input,21"]["present-value"] == pytest.approx(truth["power"] * 1000, abs=20)
    assert found[SCENE]["present-value"] == truth["scene"]


def test_commands_stand_by_priority_until_they_are_relinquished(behind: Simulated) -> None:
    address = behind.address("lights")
    before, at_first = standing(address, LEVEL)
    assert set(at_first) <= {16}, "only its own logic"
    assert told(address, "write", LEVEL, "present-value", "real", 42.5, 12)
    assert standing(address, LEVEL) == (42.5, {**at_first, 12: 42.5})
    assert behind.truth("lights")["zone1_level"] == 42.5, "the lamps have heard of it"
    assert told(address, "write", LEVEL, "present-value", "real", 90, 8)
    assert standing(address, LEVEL) == (90, {**at_first, 8: 90, 12: 42.5})
    assert told(address, "write", LEVEL, "present-value", "real", 5, 15)
    assert standing(address, LEVEL)[0] == 90, "a lower priority waits"
    assert told(address, "relinquish", LEVEL, 8)
    assert standing(address, LEVEL) == (42.5, {**at_first, 12: 42.5, 15: 5})
    assert behind.truth("lights")["zone1_level"] == 42.5
    for slot in (15, 12):
        assert told(address, "relinquish", LEVEL, slot)
    assert standing(address, LEVEL) == (before, at_first)
    assert told(address, "read", LEVEL, "priority-array", 12) is None
    assert told(address, "read", "analog-output,2", "present-value") == before, (
        "and no other zone was touched"
    )


def test_a_state_is_commanded_by_its_number(behind: Simulated) -> None:
    address = behind.address("lights")
    before, _ = standing(address, SCENE)
    assert told(address, "write", SCENE, "present-value", "unsigned-integer", 3, 10)
    assert standing(address, SCENE)[0] == behind.truth("lights")["scene"] == 3
    assert told(address, "relinquish", SCENE, 10)
    assert standing(address, SCENE)[0] == before


def test_what_cannot_be_is_refused(behind: Simulated) -> None:
    address = behind.address("lights")
    unknown_object, unknown_property, denied = "Class:1 - Code:31", "Class:2 - Code:32", "Class:2 - Code:40"
    invalid_tag = "Reason:4"
    with pytest.raises(RefusedError, match=unknown_object):
        told(address, "read", "analog-input,99", "present-value")
    with pytest.raises(RefusedError, match=unknown_property):
        told(address, "read", "analog-input,1", "priority-array")
    with pytest.raises(RefusedError, match=denied):
        told(address, "write", "analog-input,1", "present-value", "real", 5, 8)
    with pytest.raises(RefusedError, match=invalid_tag):
        told(address, "write", LEVEL, "present-value", "boolean", 1, 8)
    found = told(address, "read-multiple", "analog-input,99:present-value", "device,1001:object-name")
    assert found == {
        "analog-input,99": {"present-value": {"errorClass": 1, "errorCode": 31}},
        "device,1001": {"object-name": "lights"},
    }, "one unknown object does not spoil the others"
