"""Hours by kind of day and tariff periods, as rules look at them. Pure: what is kept only saves work."""

from __future__ import annotations

from typing import NamedTuple

from config.plan.devices import Source
from config.plan.programmes import Hours, Programme
from config.plan.tariff import Tariff
from schedules.context import Context
from schedules.programme import HORIZON_DAYS, Rank, evaluate
from schedules.tariff import TariffHours

_HORIZON_MS = HORIZON_DAYS * 86_400_000


class Span(NamedTuple):
    """Whether a moment lies within hours, and of which stretch it is. UTC milliseconds."""

    within: bool
    since_ms: int
    """Begin of the period; outside, the latest boundary."""
    until_ms: int
    """The next begin or end; HORIZON_DAYS ahead at most (look again)."""


class _Begin(NamedTuple):
    """The next begin of hours, as seen from `since_ms` on and until it is reached."""

    since_ms: int
    moment_ms: int
    """When that is, or up to where there is none."""
    found: bool


class SiteHours:
    """Local time, kinds of day and tariff of one site."""

    def __init__(self, context: Context, tariff: Tariff | None) -> None:
        self._context = context
        self.tariff = None if tariff is None else TariffHours(tariff, context)
        self._spans: dict[Source, tuple[int, Span]] = {}
        """By where the hours stand: the last answer, and from when it holds."""
        self._begins: dict[Source, _Begin] = {}

    def span(self, hours: Hours, wall_ms: int) -> Span:
        """The stretch that `wall_ms` is of."""
        known = self._spans.get(hours.source)
        if known is not None and known[0] <= wall_ms < known[1].until_ms:
            return known[1]
        verdict = evaluate(_programme(hours), self._context, wall_ms)
        span = Span(verdict.rank is Rank.PERIOD, verdict.since_ms, verdict.until_ms)
        self._spans[hours.source] = wall_ms, span
        return span

    def begin(self, hours: Hours, wall_ms: int) -> int | None:
        """When hours next begin after `wall_ms`; None if not within HORIZON_DAYS."""
        known = self._begins.get(hours.source)
        if known is None or not known.since_ms <= wall_ms < known.moment_ms:
            known = _Begin(wall_ms, self.span(hours, wall_ms).until_ms, found=False)
        horizon_ms = wall_ms + _HORIZON_MS
        if not known.found and known.moment_ms < horizon_ms:
            self._begins[hours.source] = known = self._looked_on(hours, known, horizon_ms)
        return known.moment_ms if known.found and known.moment_ms < horizon_ms else None

    def _looked_on(self, hours: Hours, known: _Begin, horizon_ms: int) -> _Begin:
        """From where it was looked for in vain, up to `horizon_ms`."""
        programme, moment_ms = _programme(hours), known.moment_ms
        while moment_ms < horizon_ms:
            verdict = evaluate(programme, self._context, moment_ms)
            if verdict.rank is Rank.PERIOD:
                return _Begin(known.since_ms, moment_ms, found=True)
            moment_ms = verdict.until_ms
        return _Begin(known.since_ms, moment_ms, found=False)

    def date(self, wall_ms: int) -> str:
        """The local day, ISO."""
        return self._context.local.date_at(wall_ms).isoformat()


def _programme(hours: Hours) -> Programme:
    """The programme that asks for something in these hours."""
    return Programme(
        0, "", "", (), 15, 10, None, False, None, False, hours.week, (), (), hours.source
    )  # fmt: skip
