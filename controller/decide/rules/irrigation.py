"""Irrigation: valves opened one after another in its hours, each for its share of the day.

What a valve has had is counted by the time that it was asked to be open and, where there is one, by a meter;
over a restart of the daemon that time goes on. What a day's hours leave is not made up for on another day.
With what it looks at unreadable, or without a trusted clock, no valve is left open.
"""

from __future__ import annotations

from typing import NamedTuple

from config.language import Text, text
from config.plan.hourly import Irrigation, Watered
from controller.decide.rules.local import today, within
from controller.decide.rules.look import Look, every
from controller.decide.rules.switched import settled, side_of, switch
from schedules.hours import Span

_DAY, _OPEN, _OPENED, _COUNT = "day", "open", "opened_ms", "count"
_ALLOWED, _SIDE, _RAINING, _RAINED = "allowed", "side", "raining", "rained_ms"


class _Given(NamedTuple):
    """What a valve has had today."""

    seconds: float
    water: float
    lost: bool
    """Its meter went back, so that nobody knows how much it was: that is enough."""

    def does_for(self, valve: Watered) -> bool:
        """Whether that is its share."""
        by_water = valve.water is not None and self.water >= valve.water
        return self.lost or self.seconds >= valve.for_s or by_water


class _Verdict(NamedTuple):
    """Whether watering is allowed, and what forbids it."""

    allowed: bool
    words: Text


def decide(spec: Irrigation, look: Look) -> None:
    """Whose turn it is."""
    verdict = _verdict(spec, look)
    span = within(look, spec.hours)
    anew = _is_another_day(look, span)
    given = {
        valve.name: _Given(0.0, 0.0, lost=False) if anew else _of_valve(spec, valve, look)
        for valve in spec.valves
    }
    turn = None
    if span is None:
        words = text("nobody knows what time it is")
    elif not span.within:
        words = text("not in its hours")
    elif not verdict.allowed:
        words = verdict.words
    elif _enough(spec, given):
        words = text("all that a day may have has been given")
    else:
        words = text("waits for its turn")
        turn = next((valve for valve in spec.valves if not given[valve.name].does_for(valve)), None)
    _remember(spec, look, given, turn, anew)
    for valve in spec.valves:
        if valve is turn:
            said = text("its turn")
        else:
            had = given[valve.name].does_for(valve)
            said = text("has had its share of the day") if had else words
        switch(look, (valve.then,), valve is turn, said, of=f"-{valve.name}")


def _verdict(spec: Irrigation, look: Look) -> _Verdict:
    side: bool | None = True
    if spec.level is not None and spec.band is not None:
        side = side_of(look, _SIDE, spec.band, spec.level)
    dry = _dry(spec, look)
    fit = True if spec.only_if is None else look.judge(spec.only_if)
    skip = False if spec.skip_when is None else look.judge(spec.skip_when)
    parts = (
        (side, text("too little water is left")),
        (dry, text("it rains, or has rained lately")),
        (fit, text("not allowed now")),
        (None if skip is None else not skip, text("not needed now")),
    )
    before_that = look.memory.get(_ALLOWED)
    found = every([part for part, _ in parts])
    allowed = settled(
        look,
        found,
        spec.on_bad_input,
        (spec.level, spec.only_if, spec.skip_when, spec.rain),
        before=None if before_that is None else bool(before_that),
        trip=False,
    )
    if allowed is not None:
        look.keep(_ALLOWED, allowed)
    words = next((words for part, words in parts if part is False), text("what it looks at cannot be read"))
    return _Verdict(allowed is True, words)


def _dry(spec: Irrigation, look: Look) -> bool | None:
    """Whether it does not rain, and has not for long enough."""
    if spec.rain is None:
        return True
    rains, rained_ms = look.judge(spec.rain), look.memory.get(_RAINED)
    if rains or (rains is None and look.memory.get(_RAINING) is True):
        look.keep(_RAINING, True)
        return None if rains is None else False
    if look.memory.get(_RAINING) is True:
        rained_ms = look.now_ms
    if rained_ms is not None:
        rained_ms = min(int(rained_ms), look.now_ms)
        look.keep(_RAINED, rained_ms)
        if not look.passed(rained_ms, spec.dry_s):
            return False
    return None if rains is None else True


def _is_another_day(look: Look, span: Span | None) -> bool:
    """Whether the hours that hold now are of another day than what is remembered. Remembers the day."""
    known = look.memory.get(_DAY)
    day = today(look, span.since_ms) if span is not None and span.within else known
    if day is not None:
        look.keep(_DAY, day)
    return day != known


def _of_valve(spec: Irrigation, valve: Watered, look: Look) -> _Given:
    name = valve.name
    seconds = float(look.memory.get(f"time-{name}_s", 0.0))
    water = float(look.memory.get(f"water-{name}", 0.0))
    lost = look.memory.get(f"lost-{name}") is True
    if look.memory.get(_OPEN) == name:
        seconds += max(0, look.now_ms - int(look.memory.get(_OPENED, look.now_ms))) / 1000
        began, number = look.memory.get(_COUNT), None if spec.meter is None else look.number(spec.meter)
        if began is not None and number is not None:
            lost = lost or number < float(began)
            water += max(0.0, number - float(began))
    return _Given(seconds, water, lost)


def _enough(spec: Irrigation, given: dict[str, _Given]) -> bool:
    """Whether all valves together have had the most of a day."""
    by_time = spec.longest_s is not None and sum(one.seconds for one in given.values()) >= spec.longest_s
    return by_time or (spec.most is not None and sum(one.water for one in given.values()) >= spec.most)


def _remember(
    spec: Irrigation, look: Look, given: dict[str, _Given], turn: Watered | None, anew: bool
) -> None:
    """What had been given when the valve that is open was opened, and when that was: it is written down when
    something happens, not every second."""
    goes_on = turn is not None and not anew and look.memory.get(_OPEN) == turn.name
    for valve in spec.valves:
        keys = (f"time-{valve.name}_s", f"water-{valve.name}", f"lost-{valve.name}")
        for key, value in zip(keys, given[valve.name], strict=True):
            stands = look.memory.get(key) if goes_on else value
            if stands:
                look.keep(key, stands)
    if turn is None:
        return
    count = look.memory.get(_COUNT) if goes_on else None
    if count is None and spec.meter is not None:
        count = look.number(spec.meter)
    look.keep(_OPEN, turn.name)
    look.keep(_OPENED, int(look.memory.get(_OPENED, look.now_ms)) if goes_on else look.now_ms)
    if count is not None:
        look.keep(_COUNT, count)
    left_s = turn.for_s - given[turn.name].seconds
    if spec.longest_s is not None:
        left_s = min(left_s, spec.longest_s - sum(one.seconds for one in given.values()))
    look.passed(look.now_ms, left_s)
