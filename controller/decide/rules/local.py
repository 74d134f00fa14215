"""Local time as a rule looks at it: hours by kind of day, and tariff periods. None where the clock cannot be
trusted: nobody knows. Pure.

Times here are those of the rule (`Look.now_ms`), which counts by another clock than the one on the wall.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from config.plan.programmes import Hours
from config.plan.tariff import TariffPeriod
from controller.decide.rules.look import Look
from schedules.hours import Span
from schedules.tariff import PeriodSpan


def within(look: Look, hours: Hours) -> Span | None:
    """Whether it is within hours; wakes the rule when that changes."""
    if look.hours is None:
        return None
    span = look.hours.site.span(hours, look.hours.wall_ms)
    look.wake_at_hour(span.until_ms)
    return span._replace(since_ms=_of_rule(look, span.since_ms), until_ms=_of_rule(look, span.until_ms))


def begin(look: Look, hours: Hours) -> int | None:
    """When hours next begin; None also if not for long."""
    if look.hours is None:
        return None
    found = look.hours.site.begin(hours, look.hours.wall_ms)
    return None if found is None else _of_rule(look, found)


def wake_by(look: Look, at_ms: int) -> None:
    """Look again then, by the time of day."""
    if look.hours is not None:
        look.wake_at_hour(at_ms - look.now_ms + look.hours.wall_ms)


def today(look: Look, at_ms: int | None = None) -> str | None:
    """The local day of a time, ISO; of now where none is given."""
    if look.hours is None:
        return None
    shift_ms = 0 if at_ms is None else at_ms - look.now_ms
    return look.hours.site.date(look.hours.wall_ms + shift_ms)


def period(look: Look) -> TariffPeriod | None:
    """The tariff period; None also where the site has no tariff. Wakes the rule when it changes."""
    tariff = None if look.hours is None else look.hours.site.tariff
    if look.hours is None or tariff is None:
        return None
    now, change_ms = tariff.stretch(look.hours.wall_ms)
    look.wake_at_hour(change_ms)
    return now


def dear_since(look: Look, periods: Collection[TariffPeriod], at_ms: int, back_s: float) -> int | None:
    """When the stretch of `periods` began that a time lies in; None: it lies in none, or that was longer than
    `back_s` before."""
    earliest_ms = at_ms - round(back_s * 1000)
    began_ms = None
    for span in _spans(look, earliest_ms, at_ms + 1):
        if span.period not in periods:
            began_ms = None
        elif began_ms is None:
            began_ms = _of_rule(look, span.start_ms)
    return None if began_ms is None or began_ms <= earliest_ms else began_ms


def dear_from(look: Look, periods: Collection[TariffPeriod], ahead_s: float) -> int | None:
    """When `periods` next begin; None: not so soon, or they hold already."""
    spans = _spans(look, look.now_ms, look.now_ms + round(ahead_s * 1000) + 1)
    first = next(spans, None)
    if first is None or first.period in periods:
        return None
    found = next((span.start_ms for span in spans if span.period in periods), None)
    return None if found is None else _of_rule(look, found)


def _spans(look: Look, from_ms: int, to_ms: int) -> Iterator[PeriodSpan]:
    """The tariff's spans; none where nobody knows."""
    tariff = None if look.hours is None else look.hours.site.tariff
    if look.hours is None or tariff is None:
        return iter(())
    shift_ms = look.hours.wall_ms - look.now_ms
    return tariff.spans(from_ms + shift_ms, to_ms + shift_ms)


def _of_rule(look: Look, wall_ms: int) -> int:
    """A time on the wall as the rule counts."""
    assert look.hours is not None
    return wall_ms - look.hours.wall_ms + look.now_ms
