"""Pictures of a rehearsal, as SVG: electricity by day and period, the course of a mean day, unmet needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from config.language import Text, text
from config.plan.tariff import TARIFF_PERIODS
from controller.cli.rehearse_tables import NEEDS
from controller.cli.rehearse_used import PERIODS
from controller.cli.speech import say, tell, unwritable
from controller.rehearsal.hourly import HOUR_MS
from controller.rehearsal.result import Result
from schedules.tariff import TariffHours

_WIDE, _HIGH = 960, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 64, 44
_COLOURS = {
    "sharp": "#b2182b",
    "peak": "#ef8a62",
    "flat": "#8fbcd4",
    "valley": "#2166ac",
    "deep_valley": "#053061",
}
_LINES = ("#1b7837", "#888888", "#762a83", "#c9a227")


def draw(directory: Path, result: Result, against: Result | None) -> None:
    """days.svg, hours.svg and unmet.svg. Raises Failure."""
    both = [result] if against is None else [result, against]
    pictures = {"days.svg": _days(result), "hours.svg": _hours(both), "unmet.svg": _unmet(result)}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures.items():
            (directory / name).write_text(picture, encoding="utf-8")
    except OSError as error:
        raise unwritable(directory, error) from error
    tell(text("{file} is written", file=str(directory)))


def _days(result: Result) -> str:
    """Electricity by day, stacked by period of the tariff."""
    plan = result.plan
    hours = None if plan.tariff is None else TariffHours(plan.tariff, result.context)
    days = _dates(result)
    stacks: dict[str, list[float]] = {}
    for hour_ms, kwh in _by_hour(result).items():
        period = "flat" if hours is None else hours.period(hour_ms)
        place = (result.context.local.date_at(hour_ms) - days[0]).days
        stacks.setdefault(period, [0.0] * len(days))[place] += kwh
    shown = [period for period in reversed(TARIFF_PERIODS) if period in stacks]
    keys = [] if hours is None else [(say(PERIODS[period]), _COLOURS[period]) for period in shown]
    series = [(stacks[period], _COLOURS[period]) for period in shown]
    return _bars(text("Electricity by day, kWh"), [day.strftime("%m-%d") for day in days], series, keys)


def _unmet(result: Result) -> str:
    """Minutes of unmet needs by day."""
    days = _dates(result)
    series, keys = [], []
    for (kind, words), colour in zip(NEEDS.items(), _LINES, strict=True):
        minutes = [0.0] * len(days)
        for unmet in result.needs.unmet:
            for hour_ms, amount in unmet.by_hour.items() if unmet.kind == kind else ():
                minutes[(result.context.local.date_at(hour_ms) - days[0]).days] += amount
        series.append((minutes, colour))
        keys.append((say(words), colour))
    title = text("Needs that were not met, minutes a day")
    return _bars(title, [day.strftime("%m-%d") for day in days], series, keys)


def _hours(both: Sequence[Result]) -> str:
    """The mean course of workdays and days off, kW."""
    curves: list[tuple[list[float], str]] = []
    keys: list[tuple[str, str]] = []
    names = (text("workdays"), text("days off"), text("workdays, compared"), text("days off, compared"))
    for number, result in enumerate(both):
        sums = {True: [0.0] * 24, False: [0.0] * 24}
        counts = {True: set[date](), False: set[date]()}
        for hour_ms, kwh in _by_hour(result).items():
            local = datetime.fromtimestamp(hour_ms / 1000, result.context.local.zone)
            works = "workday" in result.context.calendar.kind(local.date()).kinds
            sums[works][local.hour] += kwh
            counts[works].add(local.date())
        for place, works in enumerate((True, False)):
            if counts[works]:
                colour = _LINES[2 * number + place]
                curves.append(([kwh / len(counts[works]) for kwh in sums[works]], colour))
                keys.append((say(names[2 * number + place]), colour))
    return _curves(text("Electricity over the day, mean kW"), curves, keys)


def _by_hour(result: Result) -> dict[int, float]:
    """kWh of the whole site; every hour is there."""
    start_ms, end_ms = result.frame.start_ms(result.context), result.frame.end_ms(result.context)
    found = dict.fromkeys(range(start_ms, end_ms, HOUR_MS), 0.0)
    for used in result.consumption.roots("electricity"):
        for hour_ms, amount in used.by_hour.items():
            if hour_ms in found:
                found[hour_ms] += float(amount)
    return found


def _dates(result: Result) -> list[date]:
    return [result.frame.first + timedelta(days=number) for number in range(result.frame.days)]


# Drawing


def _bars(
    title: Text,
    names: Sequence[str],
    series: Sequence[tuple[Sequence[float], str]],
    keys: Sequence[tuple[str, str]],
) -> str:
    count = len(names)
    most = _round_up(max((sum(values[at] for values, _ in series) for at in range(count)), default=0.0))
    step = (_WIDE - _LEFT - _RIGHT) / count
    parts = _frame(title, most, keys)
    for at in range(count):
        top = 0.0
        for values, colour in series:
            if not values[at]:
                continue
            low, top = top, top + values[at]
            parts.append(
                f'<rect x="{_LEFT + at * step + step * 0.1:.1f}" y="{_y(top, most):.1f}" '
                f'width="{step * 0.8:.1f}" height="{_y(low, most) - _y(top, most):.1f}" fill="{colour}"/>'
            )
    every = max(1, -(-count // 16))
    for at in range(0, count, every):
        parts.append(_label(_LEFT + (at + 0.5) * step, _HIGH - _BOTTOM + 18, names[at], "middle"))
    return _document(parts)


def _curves(
    title: Text, curves: Sequence[tuple[Sequence[float], str]], keys: Sequence[tuple[str, str]]
) -> str:
    most = _round_up(max((max(values) for values, _ in curves), default=0.0))
    step = (_WIDE - _LEFT - _RIGHT) / 24
    parts = _frame(title, most, keys)
    for values, colour in curves:
        corners = []
        for hour, value in enumerate(values):
            corners += [(_LEFT + hour * step, _y(value, most)), (_LEFT + (hour + 1) * step, _y(value, most))]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for hour in range(0, 25, 3):
        parts.append(_label(_LEFT + hour * step, _HIGH - _BOTTOM + 18, f"{hour:02}:00", "middle"))
    return _document(parts)


def _frame(title: Text, most: float, keys: Sequence[tuple[str, str]]) -> list[str]:
    parts = [f'<text x="{_LEFT}" y="24" font-size="16" font-weight="bold">{escape(say(title))}</text>']
    x = float(_LEFT)
    for words, colour in keys:
        parts.append(f'<rect x="{x:.0f}" y="36" width="12" height="12" fill="{colour}"/>')
        parts.append(_label(x + 17, 46, words, "start"))
        x += 40 + sum(13 if ord(sign) > 0x2E80 else 7 for sign in words)
    for tick in range(5):
        value = most * tick / 4
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{_y(value, most):.1f}" y2="{_y(value, most):.1f}" '
            f'stroke="#dddddd"/>'
        )
        parts.append(_label(_LEFT - 8, _y(value, most) + 4, f"{value:,g}", "end"))
    return parts


def _y(value: float, most: float) -> float:
    return _HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * value / most


def _round_up(value: float) -> float:
    """The end of an axis: 1, 2, 4 or 8 times a power of ten."""
    end = 1.0
    while end * 10 < value:
        end *= 10
    return next((end * step for step in (1, 2, 4, 6, 8, 10) if end * step >= value), end * 10)


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}">{escape(words)}</text>'


def _document(parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" '
        f'height="{_HIGH}" font-family="Noto Sans CJK SC, Microsoft YaHei, sans-serif" fill="#222222">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"
