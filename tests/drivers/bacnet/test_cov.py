"""Change of value: notifications, renewal, refusal, the slow poll behind it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from drivers.bacnet.timing import cov_period
from tests.drivers.bacnet.bench import LAMP, LUX, QUICK, Bench, bench

LUX_COV = replace(LUX, cov=5.0, poll_s=30.0, rest={"max_age_s": 180.0})
LAMP_COV = replace(LAMP, cov=0.0, poll_s=30.0)


STEADY = replace(QUICK, lifetime_s=60)
"""No renewal comes while a test runs: the device would tell the value with it."""


async def subscribed(line: Bench, count: int) -> None:
    await line.until(lambda: line.devices["a"].subscriptions == count)


async def test_a_change_comes_by_itself_long_before_the_poll() -> None:
    async with bench({"a": [LUX_COV, LAMP_COV]}, timing=STEADY) as line:
        await line.all_good()
        await subscribed(line, 2)
        line.devices["a"].set_value("lux", 300.0)
        line.devices["a"].set_value("lamp", True)
        await line.until(lambda: line.latest("a.lux") == (300.0, ""))
        await line.until(lambda: line.latest("a.lamp") == (True, ""))


async def test_a_change_below_the_increment_waits_for_the_poll() -> None:
    async with bench({"a": [LUX_COV]}, timing=STEADY) as line:
        await line.all_good()
        await subscribed(line, 1)
        await asyncio.sleep(0.1)
        line.devices["a"].set_value("lux", 4.0)
        await asyncio.sleep(0.3)
        assert line.latest("a.lux") == (0.0, "")


async def test_a_fault_is_notified_with_its_flags() -> None:
    async with bench({"a": [LUX_COV]}, timing=STEADY) as line:
        await line.all_good()
        await subscribed(line, 1)
        line.devices["a"].fault("reliability", True, point="lux")
        await line.until(lambda: line.latest("a.lux") == (None, "fault"))


async def test_subscriptions_outlive_their_lifetime_and_end_at_stop() -> None:
    early = replace(QUICK, lifetime_s=2, renew_after=0.25)
    async with bench({"a": [LUX_COV, LAMP_COV]}, timing=early) as line:
        await line.all_good()
        await subscribed(line, 2)
        for _ in range(10):
            await asyncio.sleep(early.lifetime_s / 8)
            assert line.devices["a"].subscriptions == 2
        await line.driver.stop()
        assert line.devices["a"].subscriptions == 0


async def test_without_renewal_the_simulated_device_forgets() -> None:
    never = replace(QUICK, renew_after=100.0)
    async with bench({"a": [LUX_COV]}, timing=never) as line:
        await line.all_good()
        await subscribed(line, 1)
        await subscribed(line, 0)


async def test_a_device_that_refuses_cov_is_polled() -> None:
    polled = replace(LUX_COV, poll_s=0.2)
    async with bench({"a": [polled]}, faults={"no-cov": {}}) as line:
        await line.all_good()
        line.devices["a"].set_value("lux", 300.0)
        await line.until(lambda: line.latest("a.lux") == (300.0, ""))
        heard, polls = line.devices["a"].requests, len(line.samples("a.lux"))
        await line.until(lambda: len(line.samples("a.lux")) >= polls + 3)
        asked = line.devices["a"].requests - heard
        polls = len(line.samples("a.lux")) - polls
        assert asked <= polls + 1, "it is not asked for a subscription again and again"
        assert line.devices["a"].subscriptions == 0


async def test_subscribed_anew_after_a_restart_and_after_a_loss() -> None:
    quick = replace(LUX_COV, poll_s=0.3, rest={"max_age_s": 0.6})
    longer = replace(QUICK, lifetime_s=30)
    async with bench({"a": [quick]}, timing=longer) as line:
        await line.all_good()
        await subscribed(line, 1)
        await asyncio.sleep(longer.unasked_s)
        line.devices["a"].fault("restart", True)
        assert line.devices["a"].subscriptions == 0
        await subscribed(line, 1)
        line.devices["a"].fault("freeze", True)
        await line.until(lambda: not line.states("a")[-1].online)
        line.devices["a"].fault("restart", True)
        line.devices["a"].fault("freeze", False)
        await subscribed(line, 1)


async def test_a_subscription_that_only_polling_contradicts_is_given_up() -> None:
    """The device acknowledges and never notifies."""
    quick = replace(LUX_COV, poll_s=0.2, rest={"max_age_s": 3.0})
    async with bench({"a": [quick]}, timing=STEADY) as line:
        await line.all_good()
        await subscribed(line, 1)
        application = line.devices["a"]._application
        assert application is not None
        await asyncio.sleep(0.1)
        for detection in application._cov_detections.values():
            detection.cov_subscriptions.clear()
        for value in (100.0, 200.0, 300.0):
            await _seen(line, value)
        # Behind a subscription it would be a second each time.
        assert min([await _seen(line, value) for value in (400.0, 500.0, 600.0)]) < 0.4


async def _seen(line: Bench, lux: float) -> float:
    """Seconds until it is."""
    begun_s = time.monotonic()
    line.devices["a"].set_value("lux", lux)
    await line.until(lambda: line.latest("a.lux") == (lux, ""))
    return time.monotonic() - begun_s


@pytest.mark.parametrize(
    ("poll_s", "max_age_s", "period_s"),
    [(5.0, 15.0, 5.0), (30.0, 90.0, 30.0), (5.0, 120.0, 40.0), (5.0, 600.0, 60.0), (300.0, 900.0, 300.0)],
)
def test_a_healthy_point_never_goes_stale_behind_its_subscription(
    poll_s: float, max_age_s: float, period_s: float
) -> None:
    assert cov_period(poll_s, max_age_s, 60.0) == period_s
    assert period_s <= max_age_s / 2
