"""Readings over real UDP: values, quality, chunking, points that fail alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from config.plan.devices import Limits
from config.plan.points import BacnetObject
from config.plan.reading import Quality
from drivers.api import Fate
from tests.drivers.bacnet.bench import ALL, DOOR, LAMP, LEVEL, LUX, SPEED, Bench, Spec, bench


async def test_every_kind_of_point_is_read_in_engineering_units() -> None:
    async with bench({"a": ALL}) as line:
        device = line.devices["a"]
        device.set_value("lux", 312.5)
        device.set_value("level", 40.0)
        device.set_value("lamp", True)
        device.set_value("scene", 3)
        device.set_value("speed", 55.0)
        device.set_value("door", True)
        device.set_value("firmware", "v2 测试")
        wanted = {
            "lux": 312.5,
            "level": 40.0,
            "lamp": True,
            "scene": 3,
            "door": True,
            "firmware": "v2 测试",
        }
        await line.until(lambda: all(line.latest(f"a.{key}") == (value, "") for key, value in wanted.items()))
        latest = line.latest("a.speed")
        assert latest is not None
        assert latest[0] == pytest.approx(55.0)
        assert [state.online for state in line.states("a")] == [True]
        assert line.driver.status().connected


async def test_a_contact_that_is_normally_closed_is_active_when_open() -> None:
    async with bench({"a": [DOOR]}) as line:
        await line.all_good()
        assert line.latest("a.door") == (False, "")
        assert str(line.devices["a"]._objects["door"].presentValue) == "active"


async def test_faults_make_a_point_bad_with_its_reason_and_leave_the_others_good() -> None:
    async with bench({"a": ALL}) as line:
        await line.all_good()
        device = line.devices["a"]
        device.fault("reliability", True, point="lux")
        device.fault("out-of-service", True, point="lamp")
        await line.until(lambda: line.latest("a.lux") == (None, "no-sensor"))
        await line.until(lambda: line.latest("a.lamp") == (None, "out of service"))
        assert all(sample.reading.quality is Quality.GOOD for sample in line.samples("a.level"))
        device.fault("reliability", False, point="lux")
        device.fault("out-of-service", False, point="lamp")
        await line.until(lambda: line.latest("a.lux") == (0.0, ""))
        await line.until(lambda: line.latest("a.lamp") == (False, ""))


async def test_what_is_not_finite_or_out_of_range_is_bad() -> None:
    ranged = Spec("lux", "analog-input 1", rest={"valid_low": 0.0, "valid_high": 1000.0})
    async with bench({"a": [ranged, LEVEL]}) as line:
        await line.all_good()
        line.devices["a"].set_value("lux", float("nan"))
        await line.until(lambda: line.latest("a.lux") == (None, "not finite"))
        line.devices["a"].set_value("lux", 1001.0)
        await line.until(lambda: line.latest("a.lux") == (None, "out of range"))


def without(device: str, name: str) -> Callable[[Bench], None]:
    """The device loses an object that the Plan has."""

    def remove(made: Bench) -> None:
        simulator = made.devices[device]
        assert simulator._application is not None
        simulator._application.delete_object(simulator._objects[name])

    return remove


async def test_an_object_the_device_does_not_have_is_bad_alone() -> None:
    ghost = Spec("ghost", "analog-input 77")
    async with bench({"a": [LUX, ghost, LEVEL]}, before=without("a", "ghost")) as line:
        await line.until(lambda: line.latest("a.ghost") == (None, "unknown-object"))
        await line.until(lambda: line.latest("a.lux") == (0.0, "") and line.latest("a.level") == (0.0, ""))
        assert [state.online for state in line.states("a")] == [True]


@pytest.mark.parametrize(
    ("limits", "faults"),
    [
        (Limits(), {"segmentation-refusal": {"properties": 5.0}}),
        (Limits(), {"segmentation-refusal": {"properties": 0.0}}),
        (Limits(), {"no-multiple": {}}),
        (Limits(max_properties=1), {}),
        (Limits(max_properties=3), {}),
    ],
    ids=["small answers", "no answers at all to multiple", "no service", "limit 1", "limit 3"],
)
async def test_a_device_is_read_as_it_lets_itself_be_read(
    limits: Limits, faults: dict[str, dict[str, float]]
) -> None:
    many = [Spec(f"p{number}", f"analog-input {number}") for number in range(1, 21)]
    async with bench({"a": many}, limits=limits, faults=faults) as line:
        await line.all_good()
        assert [state.online for state in line.states("a")] == [True]


async def test_a_request_that_is_broken_off_is_asked_again_in_parts() -> None:
    many = [Spec(f"p{number}", f"analog-input {number}") for number in range(1, 21)]
    async with bench({"a": many}, faults={"abort": {"every": 3.0}}) as line:
        await line.all_good()
        await line.until(lambda: len(line.samples("a.p20")) >= 3)
        bad = {event.reading.reason for point in many for event in line.samples(f"a.{point.name}")} - {""}
        assert not bad
        line.devices["a"].fault("abort", True)
        await line.until(lambda: line.latest("a.p1") == (None, "buffer-overflow"))
        line.devices["a"].fault("abort", False)
        await line.until(lambda: line.latest("a.p1") == (0.0, ""))
        assert [state.online for state in line.states("a")] == [True]


async def test_what_worked_is_remembered() -> None:
    many = [Spec(f"p{number}", f"analog-input {number}") for number in range(1, 21)]
    refusal = {"segmentation-refusal": {"properties": 5.0}}
    # A repeat after a time-out on a busy machine would be counted.
    async with bench({"a": many}, faults=refusal, timeout_s=5.0) as line:

        def seen() -> tuple[int, int]:
            """Requests, and what was read by them: on a busy machine some points miss a turn."""
            read = sum(len(line.samples(f"a.{point.name}")) for point in many)
            return line.driver.status().requests, read

        await line.all_good()
        await line.until(lambda: len(line.samples("a.p20")) >= 2)
        first, before = seen()
        await line.until(lambda: seen()[1] >= before + 400)
        asked, read = seen()
        assert read - before - 20 <= asked - first <= read - before + 20, (
            "halved from 24 to 3: one request a point, and one turn under way at either end; "
            "trying the larger reads again would cost two more in each of twenty turns"
        )


async def test_a_point_asked_for_now_does_not_wait_for_its_turn() -> None:
    slow = Spec("lux", "analog-input 1", poll_s=60.0)
    async with bench({"a": [slow]}) as line:
        await line.all_good()
        line.devices["a"].set_value("lux", 7.0)
        line.driver.read_now(line.point("a.lux").id)
        await line.until(lambda: line.latest("a.lux") == (7.0, ""))


async def test_a_slow_device_is_slow_and_not_lost() -> None:
    async with bench({"a": [LUX, LAMP, SPEED]}, faults={"slow": {"seconds": 0.1}}) as line:
        await line.all_good()
        await line.until(lambda: len(line.samples("a.lux")) >= 4)
        assert [state.online for state in line.states("a")] == [True]


async def test_an_object_type_that_does_not_exist_costs_only_its_point() -> None:
    def misspell(made: Bench) -> None:
        odd = replace(made.plan.points[1], source=BacnetObject("analogue-input", 2))
        made.plan = replace(made.plan, points=(made.plan.points[0], odd))

    async with bench({"a": [LUX, LEVEL]}, before=misspell) as line:
        await line.until(lambda: line.latest("a.lux") == (0.0, ""))
        assert line.latest("a.level") == (None, "no object type 'analogue-input'")
        assert (await line.write("a.level", 1.0, 15)).fate is Fate.REJECTED
