"""Alarms that the site declares: they tell, and ask for nothing."""

from __future__ import annotations

from config.plan.conditions import points_of
from config.plan.rules import Watch
from controller.decide.alarms.classes import DECLARED
from controller.decide.naming import plain
from controller.decide.rules.look import Look

ON = "on_ms"
_SO, _GONE = "so_ms", "gone_ms"


def decide(spec: Watch, look: Look) -> None:
    """Come after the one delay, go after the other, and between thresholds stay as it is."""
    on_ms = look.memory.get(ON)
    points = points_of(spec.when)
    came, stays = look.judge(spec.when), look.judge(spec.stays)
    found = came if on_ms is None else stays
    if found is None and look.waits(points):
        found = on_ms is not None  # a start of the daemon changes nothing
    found = look.decided(found, spec.on_bad_input, standing=on_ms is not None) is True
    if on_ms is None:
        since_ms = look.since(_SO, found, points)
        if since_ms is not None and look.passed(since_ms, spec.on_delay_s):
            on_ms = look.now_ms
            look.forget(_SO)
    else:
        gone_ms = look.since(_GONE, not found, points)
        if gone_ms is not None and look.passed(gone_ms, spec.off_delay_s):
            on_ms = None
            look.forget(_GONE)
    muted = spec.only_if is not None and look.judge(spec.only_if) is False
    if on_ms is not None:
        look.keep(ON, on_ms)
        look.tell(DECLARED, plain(spec.said), muted=muted)
