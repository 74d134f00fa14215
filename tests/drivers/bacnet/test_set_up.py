"""Set-up values over real UDP: looked at, written where they differ, told, and left alone behind a lock."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from config.plan.devices import Unheard
from config.plan.points import Command
from drivers.api import DeviceState, Fate, SetUp
from tests.drivers.bacnet.bench import LUX, QUICK, Bench, Spec, bench

TIMER = Spec("timer", "analog-value 7", command=Command(low=0.0, high=600.0, targetable=False))
OFTEN = replace(QUICK, set_up_s=0.3, set_up_retry_s=0.1)


def arrange(made: Bench) -> None:
    device = replace(made.plan.devices[0], unheard=Unheard("timer", 60.0, None, "", ((0, 60.0),)))
    made.plan = replace(made.plan, devices=(device,))


def told(line: Bench) -> list[tuple[Fate, str]]:
    return [(event.fate, event.detail) for event in line.gather() if isinstance(event, SetUp)]


async def test_what_differs_is_written_and_told_once() -> None:
    async with bench({"a": [TIMER, LUX]}, before=arrange, timing=OFTEN) as line:
        await line.until(lambda: told(line))
        assert line.devices["a"].value("timer") == 60.0
        await asyncio.sleep(0.8)
        assert told(line) == [(Fate.READ_BACK, "")]
        first = next(event for event in line.events if isinstance(event, SetUp))
        assert (first.device, first.point, first.value) == (0, 0, 60.0)


async def test_what_is_right_already_is_left_alone_and_not_told() -> None:
    def right(made: Bench) -> None:
        arrange(made)
        made.devices["a"].set_value("timer", 60.0)

    async with bench({"a": [TIMER, LUX]}, before=right, timing=OFTEN) as line:
        await line.all_good()
        await asyncio.sleep(0.5)
        assert told(line) == []
        assert line.devices["a"].slots("timer").keys() <= {16}


async def test_it_is_written_again_after_a_restart_and_when_it_was_changed() -> None:
    async with bench({"a": [TIMER, LUX]}, before=arrange) as line:
        await line.until(lambda: len(told(line)) == 1)
        await asyncio.sleep(QUICK.unasked_s)
        line.devices["a"].fault("restart", True)
        await line.until(lambda: len(told(line)) == 2)
        assert line.devices["a"].value("timer") == 60.0
    async with bench({"a": [TIMER, LUX]}, before=arrange, timing=OFTEN) as line:
        await line.until(lambda: len(told(line)) == 1)
        line.devices["a"].command("timer", 30.0, 15)
        await line.until(lambda: len(told(line)) == 2)
        assert line.devices["a"].value("timer") == 60.0


async def test_a_locked_or_observed_device_is_only_looked_at_and_soon_seen_to_after_it() -> None:
    may = False

    async def opened(made: Bench) -> None:
        made.driver._shared.may_set_up = lambda device: may

    seldom = replace(OFTEN, set_up_s=600.0)
    async with bench({"a": [TIMER, LUX]}, before=arrange, timing=seldom) as line:
        await opened(line)
        await line.all_good()
        await asyncio.sleep(0.5)
        assert told(line) == []
        assert line.devices["a"].slots("timer") == {}
        may = True
        await line.until(lambda: told(line) == [(Fate.READ_BACK, "")])


async def test_what_does_not_take_is_told_with_its_reason() -> None:
    def refusing(made: Bench) -> None:
        arrange(made)
        made.devices["a"].fault("refuse-writes", True)

    async with bench({"a": [TIMER, LUX]}, before=refusing) as line:
        await line.until(lambda: told(line) == [(Fate.REJECTED, "write-access-denied")])
        await line.all_good()

    def lying(made: Bench) -> None:
        arrange(made)
        made.devices["a"].fault("lying-write", True)

    async with bench({"a": [TIMER, LUX]}, before=lying) as line:
        await line.until(lambda: told(line) == [(Fate.MISMATCH, "reads back 0.0 instead of 60.0")])
        assert [state.online for state in line.gather() if isinstance(state, DeviceState)] == [True]


async def test_a_value_the_profile_does_not_allow_is_not_sent() -> None:
    def beyond(made: Bench) -> None:
        device = replace(made.plan.devices[0], unheard=Unheard("timer", 60.0, None, "", ((0, 900.0),)))
        made.plan = replace(made.plan, devices=(device,))

    async with bench({"a": [TIMER, LUX]}, before=beyond) as line:
        await line.until(lambda: told(line))
        assert told(line) == [(Fate.REJECTED, "900.0 is outside 0.0 to 600.0")]
        assert line.devices["a"].slots("timer") == {}
