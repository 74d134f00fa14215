"""Values and names that no honest device sends, and what a network can make us keep."""

from __future__ import annotations

import math
import struct

import pytest
from bacpypes3.pdu import IPv4Address

from drivers.bacnet import tags, values
from drivers.bacnet.names import reliability_name
from drivers.bacnet.routes import MOST, Routes
from drivers.bacnet.station import Traffic
from drivers.bacnet.tags import Tags
from tests.drivers.bacnet import bench

POINTS = {point.name: point for point in bench.plan({"it": bench.ALL}).points}
NULLS = tags.walk(tags.app_null()) * 16


def array(value: bytes) -> Tags:
    """A priority array with that in slot 8."""
    return (*NULLS[:7], *tags.walk(value), *NULLS[8:])


def real(number: float) -> bytes:
    return tags.tagged(tags.APPLICATION, tags.REAL, struct.pack(">f", number))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("point", ["scene", "level", "lamp"])
def test_a_priority_array_with_no_number_in_it_is_not_readable(point: str, number: float) -> None:
    found = values.slots(POINTS[point], array(real(number)))
    assert found is None or all(not isinstance(value, float) for _, value in found)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("point", ["scene", "level", "lamp"])
def test_no_number_is_no_reading(point: str, number: float) -> None:
    assert values.judge(POINTS[point], tuple(tags.walk(real(number))), None, None) == (None, "not finite")


def test_a_number_that_its_scale_makes_infinite_is_not_readable() -> None:
    assert values.slots(POINTS["speed"], array(tags.app_double(1e308))) is None
    assert values.slots(POINTS["speed"], array(tags.app_double(0.25))) == ((8, 25.0),)


def test_a_reliability_below_nought_is_a_reason_and_no_failure() -> None:
    present, below = tuple(tags.walk(tags.app_real(21.5))), tuple(tags.walk(tags.app_signed(-5)))
    assert values.judge(POINTS["lux"], present, None, below) == (None, "-5")
    assert reliability_name(7) == "unreliable-other"


async def test_ways_to_other_networks_are_bounded_and_the_used_one_stays() -> None:
    routes, router = Routes(), IPv4Address("10.0.0.9")
    await routes.update_path_info(None, router, {7})
    for number in range(100, 3000):
        assert await routes.get_path_info(None, 7) is not None
        await routes.update_path_info(
            None, IPv4Address((f"10.1.{number // 250}.{number % 250}", 47808)), {number}
        )
    assert len(routes.path_info) == MOST
    assert len(routes.router_dnets) <= MOST
    assert (await routes.get_path_info(None, 7))[0] == router
    assert await routes.get_path_info(None, 100) is None
    assert await routes.get_path_info(None, 2999) is not None


async def test_a_router_of_many_networks_loses_only_the_oldest() -> None:
    routes, router = Routes(), IPv4Address("10.0.0.9")
    await routes.update_path_info(None, router, set(range(1, MOST + 101)))
    assert len(routes.path_info) == len(routes.router_dnets[None, router]) == MOST
    await routes.update_path_info(None, IPv4Address("10.0.0.8"), set(range(1, MOST + 101)))
    assert set(routes.router_dnets) <= {(None, router), (None, IPv4Address("10.0.0.8"))}
    assert sum(map(len, routes.router_dnets.values())) == len(routes.path_info) == MOST


def test_addresses_with_trouble_are_remembered_to_a_bound() -> None:
    traffic = Traffic()
    for number in range(5000):
        traffic.failed((f"10.0.{number // 250}.{number % 250}", 47808), f"trouble {number}")
    assert len(traffic.errors) == 500
    assert traffic.last_error == "trouble 4999"
