"""Filling in cheap hours: the band of a level depends on the tariff period. Below the least it fills whatever
the hour; what `only_if` forbids, water of bad quality say, is not filled with at all."""

from __future__ import annotations

from config.language import Text, text
from config.plan.hourly import TariffShift
from controller.decide.rules.local import period, within
from controller.decide.rules.look import Look, every
from controller.decide.rules.switched import settled, side_of, switch, was_on

LEAST, SIDE = "least", "side"
_PERIOD_WORDS = {
    "sharp": text("fills as far as in sharp hours"),
    "peak": text("fills as far as in peak hours"),
    "flat": text("fills as far as in flat hours"),
    "valley": text("fills as far as in valley hours"),
    "deep_valley": text("fills as far as in deep valley hours"),
}


def decide(spec: TariffShift, look: Look) -> None:
    """Fill, by the least level or by the band of the hour. With a clock that cannot be trusted all hours are
    flat, and those of a curfew may be now."""
    hour = period(look) or "flat"
    short = side_of(look, LEAST, spec.least, spec.level)
    shift = side_of(look, SIDE, dict(spec.bands)[hour], spec.level)
    quiet = False
    if spec.curfew is not None:
        span = within(look, spec.curfew)
        quiet = span is None or span.within
    fit = True if spec.only_if is None else look.judge(spec.only_if)
    wanted = None if short is None or shift is None else short or (shift and not quiet)
    on = settled(
        look,
        every([wanted, fit]),
        spec.on_bad_input,
        (spec.level, spec.only_if),
        before=was_on(look),
        trip=False,
    )
    if short and fit is False:
        look.tell("alarm", text("below its least level, and it may not fill"))
    if on is not None:
        switch(look, spec.then, on, _words(short, shift, quiet, fit, _PERIOD_WORDS[hour]))


def _words(short: bool | None, shift: bool | None, quiet: bool, fit: bool | None, hour: Text) -> Text:
    if short is None or shift is None or fit is None:
        return text("what it looks at cannot be read")
    if not fit:
        return text("not allowed now")
    if short:
        return text("below the least: fills whatever the hour")
    return text("nothing but the least in these hours") if quiet and shift else hour
