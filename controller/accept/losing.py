"""The third pass: a device is disconnected, is told as lost, is not believed any more, and comes back."""

from __future__ import annotations

from typing import Protocol

from config.language import text
from config.plan.devices import Device
from config.plan.points import Point
from config.plan.reading import Quality
from controller.accept.ground import Ground, Told
from controller.accept.records import Aspect, Check, Verdict

BACK_S = 120.0
"""Machine seconds in which a device that was connected again has answered: lines ask a lost one ever more
seldom, the longer it is gone."""
AGE_S = 120.0
"""Points that are believed for longer than this are not waited for."""
_GRACE_S = 5.0
"""The last reading may come a moment after the plug was pulled."""


class Hand(Protocol):
    """Who pulls plugs."""

    async def disconnect(self, device: Device) -> bool:
        """Returns when it is done; False: it is not to be done."""

    async def connect(self, device: Device) -> None:
        """Returns when it is done."""


def allowed_s(ground: Ground, device: Device) -> float:
    """Machine seconds from its last reading after which a disconnected device must have been told: its next
    poll, three turns without an answer and the pauses between them, on a line that has others to ask."""
    line = ground.plan.lines[device.line]
    polls = [ground.pace.poll_s(ground.plan.points[point].poll_s) for point in device.points]
    turns_s = 3 * (2 * line.timeout_s + line.connect_timeout_s)
    return min((poll for poll in polls if poll > 0), default=0.0) + turns_s + 8.0


async def lose(ground: Ground, device: Device, hand: Hand) -> dict[Aspect, Check]:
    """All that one loss came to."""
    if not ground.guard.online(device.id):
        why = text("it does not answer as it is")
        return {Aspect.LOST: Check(Verdict.SKIPPED, why, ground.now.wall_ms)}
    told_before = len(ground.told)
    watched = _quick(ground, device)
    if not await ground.meanwhile(hand.disconnect(device)):
        why = text("nobody disconnected it")
        return {Aspect.LOST: Check(Verdict.SKIPPED, why, ground.now.wall_ms)}
    try:
        checks = await _gone(ground, device, watched, told_before)
    finally:
        await ground.meanwhile(hand.connect(device))
    checks[Aspect.BACK] = await _back(ground, device, watched)
    return checks


async def _gone(
    ground: Ground, device: Device, watched: list[Point], told_before: int
) -> dict[Aspect, Check]:
    """Both at once: it is told as lost, and what it said last grows old."""
    lost_s, stale_s = (
        allowed_s(ground, device),
        max((_age_s(ground, point) for point in watched), default=0.0),
    )
    stale_ns: list[int] = []

    def told() -> Told | None:
        mine = [one for one in ground.told[told_before:] if one.device == device.id and not one.online]
        return mine[0] if mine else None

    def believed() -> list[str]:
        return [point.name for point in watched if ground.reading(point.id).quality is Quality.GOOD]

    def gone() -> bool:
        if not stale_ns and not believed():
            stale_ns.append(ground.now.mono_ns)
        return told() is not None and bool(stale_ns)

    await ground.until(gone, max(lost_s, stale_s + _GRACE_S))
    last_ns, one = ground.arrivals.last_ns(device.points) or ground.now.mono_ns, told()
    return {
        Aspect.LOST: _lost(ground, one, last_ns, lost_s),
        Aspect.STALE: _stale(ground, believed(), (stale_ns[0] if stale_ns else None), last_ns, stale_s),
    }


def _lost(ground: Ground, told: Told | None, last_ns: int, within_s: float) -> Check:
    at_ms, allowed = ground.now.wall_ms, round(within_s, 1)
    if told is None:
        why = text("it was not told as lost within {seconds} s", seconds=f"{within_s:.0f}")
        return Check(Verdict.FAILED, why, at_ms, {"allowed": allowed})
    took_s = round((told.mono_ns - last_ns) / 1e9, 1)
    return Check(Verdict.PASSED, None, at_ms, {"seconds": took_s, "allowed": allowed})


def _stale(ground: Ground, believed: list[str], stale_ns: int | None, last_ns: int, within_s: float) -> Check:
    at_ms = ground.now.wall_ms
    if not within_s:
        why = text("its points are believed for longer than {seconds} s", seconds=f"{AGE_S:g}")
        return Check(Verdict.SKIPPED, why, at_ms)
    if stale_ns is None:
        why = text("still taken for good: {names}", names=", ".join(believed[:4]))
        return Check(Verdict.FAILED, why, at_ms, {"allowed": within_s})
    took_s = round((stale_ns - last_ns) / 1e9, 1)
    return Check(Verdict.PASSED, None, at_ms, {"seconds": took_s, "allowed": within_s})


async def _back(ground: Ground, device: Device, watched: list[Point]) -> Check:
    began_ns = ground.now.mono_ns

    def back() -> bool:
        good = all(ground.reading(point.id).quality is Quality.GOOD for point in watched)
        return ground.guard.online(device.id) is True and good

    so = await ground.until(back, BACK_S)
    seen = {"seconds": round((ground.now.mono_ns - began_ns) / 1e9, 1), "allowed": BACK_S}
    if so:
        return Check(Verdict.PASSED, None, ground.now.wall_ms, seen)
    why = text("it did not come back within {seconds} s", seconds=f"{BACK_S:g}")
    return Check(Verdict.FAILED, why, ground.now.wall_ms, seen)


def _quick(ground: Ground, device: Device) -> list[Point]:
    """Points that can be seen to grow old: those that are good now."""
    points = [ground.plan.points[point] for point in device.points]
    return [point for point in points if _age_s(ground, point) <= AGE_S and ground.good(point.id) is not None]


def _age_s(ground: Ground, point: Point) -> float:
    return ground.pace.age_s(point.max_age_s, point.poll_s)
