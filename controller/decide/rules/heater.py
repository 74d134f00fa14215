"""Boilers: hot when hot water is wanted, flushed before it is, and off otherwise.

Between the thresholds of its band a boiler stays as it is. Before dear hours the band is moved up, so that
heat is stored, and in them it is moved down: storing (high, to), usually (low, high), sparing (least, low).
"""

from __future__ import annotations

from typing import NamedTuple

from config.language import Text, text
from config.plan.asks import Band
from config.plan.hourly import Flush, Heated, Heater
from config.plan.slots import Slot
from controller.decide.rules.local import begin, dear_from, dear_since, period, today, wake_by, within
from controller.decide.rules.look import Look
from controller.decide.rules.switched import settled, side_of, switch, was_on

WANTED = "wanted"
_DAY_S = 86_400.0
_HEATING = text("hot water is wanted: heating")
_HOT_ENOUGH = text("hot enough")
_TOO_COLD = text("too cold, even for dear hours")
_HOT_ENOUGH_FOR_DEAR = text("hot enough for dear hours")
_STORES = text("stores heat before dear hours")
_STORED = text("heat is stored")
_FLUSH_FIRST = text("not before it has been flushed")
_NOT_WANTED = text("no hot water is wanted")
_WARMING_UP = text("warming up")
_IS_WANTED = text("hot water is wanted")
_UNREADABLE = text("what it looks at cannot be read")
_FLUSHING = text("flushing before the first use")
_FLUSHED = text("flushed")


class _Keeping(NamedTuple):
    """The band that holds now."""

    band: Band
    heats: Text
    rests: Text


def decide(spec: Heater, look: Look) -> None:
    """Whether hot water is wanted, and what that makes of each boiler."""
    before = look.memory.get(WANTED)
    wanted = settled(
        look,
        _wanted(spec, look),
        spec.on_bad_input,
        (spec.when,),
        before=None if before is None else bool(before),
        trip=False,
    )
    if wanted is not None:
        look.keep(WANTED, wanted)
    keeping = None if spec.keep is None else _keeping(spec, spec.keep, look)
    for boiler in spec.boilers:
        _boiler(spec, boiler, look, wanted, keeping)


def _wanted(spec: Heater, look: Look) -> bool | None:
    found = False if spec.when is None else look.judge(spec.when)
    if spec.wanted is None:
        return found
    span = within(look, spec.wanted)
    return True if (spec.untrusted if span is None else span.within) else found


def _keeping(spec: Heater, keep: Band, look: Look) -> _Keeping:
    top = spec.top_up
    usual = _Keeping(keep, _HEATING, _HOT_ENOUGH)
    if top is None or (now := period(look)) is None:
        return usual
    if now in top.before:
        band = Band(top.least, keep.start)
        return _Keeping(band, _TOO_COLD, _HOT_ENOUGH_FOR_DEAR)
    coming_ms = dear_from(look, top.before, _DAY_S)
    if coming_ms is None:
        return usual
    store_ms = coming_ms - round(top.within_s * 1000)
    if look.now_ms < store_ms:
        wake_by(look, store_ms)
        return usual
    return _Keeping(Band(keep.stop, top.to), _STORES, _STORED)


def _boiler(spec: Heater, boiler: Heated, look: Look, wanted: bool | None, keeping: _Keeping | None) -> None:
    of = f"-{boiler.name}"
    warming = wanted is False and _warms_up(spec, boiler, look, of)
    need = wanted is True or warming
    flushing = False
    if boiler.flush is not None and spec.flush is not None:
        flushing = _flushes(spec.flush, look, of, need)
        _say_flush(boiler, look, of, flushing)
    if wanted is None:
        return
    on: bool | None = need and not flushing
    if flushing:
        words = _FLUSH_FIRST
    elif not need:
        words = _NOT_WANTED
    elif keeping is None or boiler.temperature is None:
        words = _WARMING_UP if warming else _IS_WANTED
    else:
        on, words = _by_temperature(spec, boiler.temperature, look, of, keeping)
    if on is not None:
        switch(look, (boiler.heat,), on, words, of=of)


def _by_temperature(
    spec: Heater, temperature: int, look: Look, of: str, keeping: _Keeping
) -> tuple[bool | None, Text]:
    side = side_of(look, f"side{of}", keeping.band, temperature)
    on = settled(look, side, spec.on_bad_input, (temperature,), before=was_on(look, of), trip=False, of=of)
    if side is None:
        return on, _UNREADABLE
    return on, keeping.heats if on else keeping.rests


def _warms_up(spec: Heater, boiler: Heated, look: Look, of: str) -> bool:
    """Whether it must be heated for the hours to come. Once begun it is not broken off: as it gets hotter,
    less time would do."""
    if spec.wanted is None or spec.warm_up is None:
        return False
    begins_ms = begin(look, spec.wanted)
    if begins_ms is None:
        return False
    flush_s = spec.flush.for_s if spec.flush is not None and boiler.flush is not None else 0.0
    before_s = 0.0 if spec.top_up is None else spec.top_up.within_s
    earliest_ms = begins_ms - round(before_s * 1000) - round((flush_s + spec.warm_up.most_s) * 1000)
    if look.now_ms < earliest_ms:
        wake_by(look, earliest_ms)  # however cold it is, nothing that it reads matters until then
        return False
    ready_ms = begins_ms
    if spec.top_up is not None:
        dear_ms = dear_since(look, spec.top_up.before, begins_ms, spec.top_up.within_s)
        if dear_ms is not None and dear_ms > look.now_ms:
            ready_ms = dear_ms
    due_ms = ready_ms - round((flush_s + _takes_s(spec, boiler, look)) * 1000)
    if look.memory.get(f"warming{of}") is not True and look.now_ms < due_ms:
        wake_by(look, due_ms)
        return False
    look.keep(f"warming{of}", True)
    return True


def _takes_s(spec: Heater, boiler: Heated, look: Look) -> float:
    """How long it takes to be hot; a boiler that cannot be read counts as cold."""
    assert spec.warm_up is not None
    most_s, per_degree_s = spec.warm_up.most_s, spec.warm_up.per_degree_s
    number = None if boiler.temperature is None else look.number(boiler.temperature)
    if per_degree_s is None or number is None or spec.keep is None:
        return most_s
    return min(most_s, max(0.0, spec.keep.stop - number) * per_degree_s)


def _flushes(flush: Flush, look: Look, of: str, need: bool) -> bool:
    """Whether it is being flushed: before the first use of a day, and after it has stood. What has begun is
    done to its end."""
    began, done, idle = f"flush{of}_ms", f"flushed{of}_ms", f"idle{of}_ms"
    idle_ms, done_ms = look.memory.get(idle), look.memory.get(done)
    if not need:
        look.keep(idle, look.now_ms if idle_ms is None else idle_ms)
    began_ms = look.memory.get(began)
    if began_ms is None and need and _due(flush, look, idle_ms, done_ms):
        began_ms = look.now_ms
    if began_ms is not None:
        began_ms = min(int(began_ms), look.now_ms)
        if not look.passed(began_ms, flush.for_s):
            look.keep(began, began_ms)
            if done_ms is not None:
                look.keep(done, done_ms)
            return True
        done_ms = began_ms + round(flush.for_s * 1000)
    if done_ms is not None:
        look.keep(done, done_ms)
    return False


def _due(flush: Flush, look: Look, idle_ms: object, done_ms: object) -> bool:
    """Whether what begins now has to begin with a flush. Nothing is known of the one before: it has."""
    if not isinstance(done_ms, int | float):
        return True
    if not isinstance(idle_ms, int | float):
        return False
    stood_s = (look.now_ms - max(idle_ms, done_ms)) / 1000
    day = today(look)
    return stood_s >= flush.after_s or (day is not None and today(look, int(done_ms)) != day)


def _say_flush(boiler: Heated, look: Look, of: str, flushing: bool) -> None:
    assert boiler.flush is not None
    ask = boiler.flush.on if flushing else boiler.flush.off
    if ask is None:
        return
    key = f"flush{of}_ms" if flushing else f"flushed{of}_ms"
    since_ms = int(look.memory.get(key, look.now_ms if flushing else look.began_ms))
    words = _FLUSHING if flushing else _FLUSHED
    look.ask(ask, words, since_ms, slot=Slot.PROCESS)
