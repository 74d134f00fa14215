"""Optimum stop: off before people leave, for as long as the room stays near enough to its bounds. Pure."""

from __future__ import annotations

from config.language import Text, text
from config.plan.rules import Coast, OptimumStart
from controller.decide.rules.learning import learn, rate
from controller.decide.rules.look import Look

DRIFT = "drift"
"""The way of a room that is left alone."""
_BEGAN, _FROM, _BACK = "coasts_ms", "coasts-from", "back"
_ASSUMED_S = 1800.0
"""Seconds in which a room that is left alone drifts by a kelvin, until something has been learned."""
_LEAST_K = 0.2
_MOST_S = 12 * 3600.0


def coasts(spec: OptimumStart, coast: Coast, look: Look, left_s: float) -> Text | None:
    """Why it is off though people are there for `left_s` still; None: it is on."""
    hours = look.hours
    assert hours is not None
    end_ms = hours.wall_ms + round(left_s * 1000)
    look.wake_at_hour(end_ms - round(coast.at_most_s * 1000))
    number = look.number(spec.temperature)
    if left_s > coast.at_most_s or look.memory.get(_BACK):
        over(spec, look)
        if left_s <= coast.at_most_s:
            look.keep(_BACK, True)
        return None
    words = text(
        "off before people leave at {time}: the room keeps within {band} K",
        time=hours.clock(end_ms, end_ms - round(coast.at_most_s * 1000)),
        band=f"{coast.band:g}",
    )
    if _BEGAN in look.memory:
        if number is None and look.unread((spec.temperature,)):
            _go_on(look)
            return words
        if number is None or (margin := _margin(spec, coast, number, None)) is None or margin < 0:
            over(spec, look)
            look.keep(_BACK, True)
            return None
        _go_on(look)
        return words
    if number is None:
        return None
    outdoor = None if spec.outdoor is None else look.number(spec.outdoor)
    margin = _margin(spec, coast, number, outdoor)
    if margin is None or margin <= 0:
        return None
    lasts_s = margin * rate(look, DRIFT, None, _ASSUMED_S).seconds
    look.wake_at_hour(end_ms - round(lasts_s * 1000))
    if lasts_s < left_s:
        return None
    look.keep(_BEGAN, look.now_ms)
    look.keep(_FROM, number)
    return words


def over(spec: OptimumStart, look: Look) -> None:
    """It coasts no more: how far the room has drifted is a lesson."""
    if _BEGAN not in look.memory:
        return
    number = look.number(spec.temperature)
    lasted_s = (look.now_ms - int(look.memory[_BEGAN])) / 1000
    if number is not None and lasted_s > 0:
        drifted = max(abs(number - float(look.memory[_FROM])), _LEAST_K)
        learn(look, DRIFT, None, lasted_s / drifted, _ASSUMED_S, _MOST_S)


def _go_on(look: Look) -> None:
    look.keep(_BEGAN, min(int(look.memory[_BEGAN]), look.now_ms))
    look.keep(_FROM, look.memory[_FROM])


def _margin(spec: OptimumStart, coast: Coast, number: float, outdoor: float | None) -> float | None:
    """Kelvin that are left to the bound which the room drifts to: by the weather, else the nearer one."""
    below = None if spec.heat_to is None else number - (spec.heat_to - coast.band)
    above = None if spec.cool_to is None else spec.cool_to + coast.band - number
    known = [margin for margin in (below, above) if margin is not None]
    nearer = min(known, default=None)
    if outdoor is None or nearer is None or nearer < 0:
        return nearer
    towards = below if outdoor < number else above
    return nearer if towards is None else towards
