"""The first pass: every point is read, and nothing is written."""

from __future__ import annotations

from collections.abc import Collection

from config.plan.points import BacnetObject, Point, Register
from config.plan.reading import NEVER, Value
from config.plan.site import Plan
from controller.accept import judging
from controller.accept.ground import Ground
from controller.accept.records import Aspect, Check
from drivers.codec import Absent

SETTLE_S = 30.0
"""Machine seconds in which every device has answered or been given up."""
WATCH_S = 12.0
"""Machine seconds for which readings are counted to see how often they come."""
_ARRIVALS = 3
_DECODED = tuple(absent.value for absent in Absent)
"""Reasons that come of what registers hold."""


async def read_all(ground: Ground, watch_s: float = WATCH_S) -> None:
    """Until all has been read or given up, and what is polled quickly has come often enough to be judged."""
    plan = ground.plan
    await ground.until(lambda: all(_settled(ground, point) for point in plan.points), SETTLE_S)
    quick = [point.id for point in plan.points if _judged_s(ground, point) is not None]
    await ground.until(
        lambda: all(
            ground.arrivals.count(point) >= _ARRIVALS or ground.good(point) is None for point in quick
        ),
        watch_s,
    )


def checks(ground: Ground, point: Point) -> dict[Aspect, Check]:
    """What is to be said of one point after `read_all`."""
    at_ms, reading = ground.now.wall_ms, ground.reading(point.id)
    read = judging.read(point, reading, silence(ground, point.device), at_ms)
    # Of a device that refuses or is silent there are none of now.
    raw = ground.raw.get(point.id) if not reading.reason or reading.reason in _DECODED else None
    found = {Aspect.READ: read if raw is None else read._replace(seen={**read.seen, "raw": _hex(point, raw)})}
    declared_s = _judged_s(ground, point)
    if declared_s is not None:
        period = judging.period(point, declared_s, ground.arrivals.period_s(point.id), at_ms)
        if period is not None:
            found[Aspect.PERIOD] = period
    wanted = set_up_of(ground.plan).get(point.id)
    if wanted is not None:
        found[Aspect.SET_UP] = judging.set_up(point, wanted, reading, at_ms)
    return found


def _hex(point: Point, raw: tuple[int, ...]) -> str:
    """ "0x41c8 0x0000" of registers, "1" of bits."""
    bits = isinstance(point.source, Register) and point.source.space in ("coil", "discrete")
    return " ".join(str(word) if bits else f"0x{word:04x}" for word in raw)


def silence(ground: Ground, device: int) -> str | None:
    """What was said of a device that does not answer; None while it does."""
    if ground.guard.online(device):
        return None
    said = [told.detail for told in ground.told if told.device == device and not told.online]
    return said[-1] if said else "no answer"


def set_up_of(plan: Plan) -> dict[int, Value]:
    """Set-up registers, and what they have to hold."""
    wanted = [item for device in plan.devices if device.unheard for item in device.unheard.set_up]
    return dict(wanted)


def read_points(ground: Ground, points: Collection[Point]) -> None:
    """Read these ahead of their turn."""
    for point in points:
        ground.read_now(point)


def _settled(ground: Ground, point: Point) -> bool:
    return ground.reading(point.id) is not NEVER or ground.guard.online(point.device) is False


def _judged_s(ground: Ground, point: Point) -> float | None:
    """The period, machine seconds, of a point that comes often enough to be counted; None for all others."""
    period_s = ground.pace.poll_s(point.poll_s)
    told = isinstance(point.source, BacnetObject) and point.source.cov_increment is not None
    return None if told or not 0 < period_s <= WATCH_S / _ARRIVALS else period_s
