"""Optimum start: on before people come, as late as will do. And optimum stop, in `coasting`.

The lead is what the room lacks, in kelvin, times what a kelvin has taken so far (`learning`). Once begun it
stays on, though the room warm up faster than thought: a machine that starts twice is worth less than a few
minutes. While nobody knows what time it is, it asks for nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from config.language import Text, text
from config.plan.rules import OptimumStart
from config.plan.slots import Slot
from controller.decide.rules.coasting import DRIFT, coasts, over
from controller.decide.rules.learning import Rate, keep_learned, learn, rate
from controller.decide.rules.look import Look
from controller.decide.rules.switched import put, settled
from schedules.occupied import Stay

EARLY = "early"
BEGAN = "began_ms"
SINCE, PHASE = "since_ms", "phase"
_FROM, _WAY, _OUTDOOR = "from", "way", "outdoor"
_LEAD, _LACKS, _RATE, _LESSONS = "lead", "lacks", "rate", "lessons"
NEAR_K = 0.2
"""So near to the set-point counts as there."""
LEAST_K = 1.0
"""What lacks less teaches nothing: the sensor's own step is too large a part of it."""
_PROGRESS_K = 0.5
_OBEYS_S = 120.0
_ANEW_MS = 86_400_000


class Need(NamedTuple):
    """What the room lacks."""

    way: str
    """heat or cool."""
    kelvin: float
    rate: Rate
    lead_s: float
    """So long before people come it has to begin, at most as long as it may."""


def decide(spec: OptimumStart, look: Look) -> None:
    """On early, on while people are there, off before they leave where the room will bear it."""
    keep_learned(look, "heat", "cool", DRIFT)
    if look.hours is None:
        return
    now_ms, stay = look.hours.wall_ms, look.hours.stay(spec.occupied)
    need = _need(spec, look)
    _remark(spec, look, stay, need)
    window_ms = None if stay is None else stay.start_ms - round(spec.at_most_s * 1000)
    look.wake_at_hour((now_ms // _ANEW_MS + 1) * _ANEW_MS)
    look.wake_at_hour(window_ms)
    if stay is None or window_ms is None or now_ms < window_ms:
        over(spec, look)
        _put(spec, look, "away", text("nobody is there"))
        return
    look.wake_at_hour(stay.start_ms)
    look.wake_at_hour(stay.end_ms)
    if now_ms < stay.start_ms:
        over(spec, look)
        if not _early(spec, look, stay, need):
            _put(spec, look, "away", text("nobody is there yet"))
            return
        _observe(spec, look, need)
        _put(spec, look, "early", _words(spec, look, stay))
        return
    left_s = (stay.end_ms - now_ms) / 1000
    if spec.coast is not None and (words := coasts(spec, spec.coast, look, left_s)) is not None:
        since_ms = _since(look, "coasting")
        for item in spec.then:
            if item.off is not None:
                look.ask(item.off, words, since_ms, slot=Slot.OPTIMUM_STOP)
        return
    _observe(spec, look, need)
    until = look.hours.clock(stay.end_ms, stay.start_ms)
    _put(spec, look, "there", text("people are there until {time}", time=until))


def _need(spec: OptimumStart, look: Look) -> Need | None:
    """What lacks of the set-point; None: nothing, or nobody knows."""
    number = look.number(spec.temperature)
    if number is None:
        return None
    if spec.heat_to is not None and number < spec.heat_to:
        way, kelvin = "heat", spec.heat_to - number
    elif spec.cool_to is not None and number > spec.cool_to:
        way, kelvin = "cool", number - spec.cool_to
    else:
        return None
    known = rate(look, way, _outdoor(spec, look), spec.assumed_s)
    return Need(way, kelvin, known, min(kelvin * known.seconds, spec.at_most_s))


def _outdoor(spec: OptimumStart, look: Look) -> float | None:
    return None if spec.outdoor is None else look.number(spec.outdoor)


def _early(spec: OptimumStart, look: Look, stay: Stay, need: Need | None) -> bool:
    """Whether it has to be on already."""
    if look.memory.get(EARLY):
        look.keep(EARLY, True)
        return True
    assert look.hours is not None
    found: bool | None = None
    if look.number(spec.temperature) is not None:
        start_ms = stay.start_ms - (0 if need is None else round(need.lead_s * 1000))
        look.wake_at_hour(start_ms)
        found = need is not None and look.hours.wall_ms >= start_ms
    early = settled(look, found, spec.on_bad_input, (spec.temperature,), before=False, trip=True)
    if early:
        look.keep(EARLY, True)
    return bool(early)


def _observe(spec: OptimumStart, look: Look, need: Need | None) -> None:
    """Begin a lesson, go on with it, or end it."""
    for key in (_LEAD, _LACKS, _RATE, _LESSONS):
        if key in look.memory:
            look.keep(key, look.memory[key])
    began_ms = look.memory.get(BEGAN)
    if began_ms is None:
        if look.memory.get(PHASE) == "away" and need is not None:
            look.keep(_LEAD, need.lead_s)
            look.keep(_LACKS, need.kelvin)
            look.keep(_RATE, need.rate.seconds)
            look.keep(_LESSONS, need.rate.lessons)
            _begin(spec, look, need)
        return
    began_ms, way = min(int(began_ms), look.now_ms), str(look.memory[_WAY])
    begun = float(look.memory[_FROM])
    goal = spec.heat_to if way == "heat" else spec.cool_to
    number = look.number(spec.temperature)
    lasted_s = (look.now_ms - began_ms) / 1000
    if goal is None or (number is None and not look.unread((spec.temperature,))):
        return
    if lasted_s > look.wire_s(_OBEYS_S) and _disobeyed(spec, look):
        return
    sign = 1 if way == "heat" else -1
    there = number is not None and sign * (goal - number) <= NEAR_K
    late = lasted_s >= 2 * spec.at_most_s
    if number is not None and (there or late):
        gained = sign * (number - begun)
        if gained >= _PROGRESS_K:
            outdoor = look.memory.get(_OUTDOOR)
            at = None if outdoor is None else float(outdoor)
            learn(look, way, at, lasted_s / gained, spec.assumed_s, spec.at_most_s)
        return
    for key in (_FROM, _WAY, _OUTDOOR):
        if key in look.memory:
            look.keep(key, look.memory[key])
    look.keep(BEGAN, began_ms)
    look.wake_at(began_ms + round(2 * spec.at_most_s * 1000))


def _begin(spec: OptimumStart, look: Look, need: Need) -> None:
    number, outdoor = look.number(spec.temperature), _outdoor(spec, look)
    if need.kelvin < LEAST_K or number is None:
        return
    look.keep(BEGAN, look.now_ms)
    look.keep(_FROM, number)
    look.keep(_WAY, need.way)
    if outdoor is not None:
        look.keep(_OUTDOOR, outdoor)


def _disobeyed(spec: OptimumStart, look: Look) -> bool:
    """Whether something else stands where it asks: behind a lock or by hand, the room teaches nothing."""
    read = [(look.value(item.on.point), item.on.value) for item in spec.then if not item.floor]
    return any(value is not None and value != asked for value, asked in read)


def _since(look: Look, phase: str) -> int:
    """Since when it has been in this phase; remembered from now on."""
    since_ms = int(look.memory.get(SINCE, look.now_ms)) if look.memory.get(PHASE) == phase else look.now_ms
    look.keep(PHASE, phase)
    look.keep(SINCE, since_ms)
    return since_ms


def _put(spec: OptimumStart, look: Look, phase: str, words: Text) -> None:
    since_ms = _since(look, phase)
    put(look, spec.then, phase != "away", words, since_ms, off_last=True)


# What people are told


def _words(spec: OptimumStart, look: Look, stay: Stay) -> Text:
    """Why it is on early: as it was reckoned when it began."""
    assert look.hours is not None
    earliest_ms, kept = stay.start_ms - round(spec.at_most_s * 1000), look.kept
    time = look.hours.clock(stay.start_ms, earliest_ms)
    if _LEAD not in kept:
        return text("as early as may be before people come at {time}: the room cannot be read", time=time)
    known = Rate(float(kept[_RATE]), int(kept[_LESSONS]))
    parts = {"lead": f"{float(kept[_LEAD]) / 60:.0f}", "time": time, **_parts(float(kept[_LACKS]), known)}
    if known.lessons:
        return text(
            "{lead} min before people come at {time}: {kelvin} K at {rate} min/K, learned from {count} "
            "starts",
            **parts,
        )
    return text(
        "{lead} min before people come at {time}: {kelvin} K at {rate} min/K, which is assumed", **parts
    )


def _parts(kelvin: float, known: Rate) -> dict[str, object]:
    count = {"count": known.lessons} if known.lessons else {}
    return {"kelvin": f"{kelvin:.1f}", "rate": f"{known.seconds / 60:.1f}", **count}


def _remark(spec: OptimumStart, look: Look, stay: Stay | None, need: Need | None) -> None:
    """For whoever asks why: when it would begin, as things are."""
    hours = look.hours
    assert hours is not None
    if stay is None:
        look.remark(text("nobody is expected within two days"))
    elif hours.wall_ms < stay.start_ms:
        time = hours.clock(stay.start_ms, hours.wall_ms)
        if look.number(spec.temperature) is None:
            look.remark(text("people come at {time}; the room cannot be read", time=time))
        elif need is None:
            look.remark(text("people come at {time}; the room is as it should be", time=time))
        else:
            begins = hours.clock(stay.start_ms - round(need.lead_s * 1000), hours.wall_ms)
            parts = {"time": time, "begins": begins, **_parts(need.kelvin, need.rate)}
            if need.rate.lessons:
                words = text(
                    "people come at {time}; as the room is now it begins at {begins}: {kelvin} K at {rate} "
                    "min/K, learned from {count} starts",
                    **parts,
                )
            else:
                words = text(
                    "people come at {time}; as the room is now it begins at {begins}: {kelvin} K at {rate} "
                    "min/K, which is assumed",
                    **parts,
                )
            look.remark(words)
