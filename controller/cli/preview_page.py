"""A preview as one page for a browser: nothing of it comes from anywhere else, and nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import escape
from importlib.resources import files
from string import Template

from config.language import Text, render, text
from config.plan.reading import Value
from controller.cli.pages import language_tag
from controller.cli.preview_days import DAY_S, Pattern, Piece, clock
from controller.cli.preview_groups import Group
from controller.cli.preview_tables import notes
from controller.cli.preview_words import DayWords, asked, behind, days_of, level, next_change, runs
from schedules.preview import Foreseen

_HOURS = range(0, 25, 3)
_LOW = 0.5
"""Below this a value's colour is nearer to the ground's than to the ink's."""
_ROOM_S = 5400
"""A piece shorter than this has no room for its words."""


def page(foreseen: Foreseen, chosen: list[Group], language: str) -> str:
    """The whole page."""
    days = days_of(foreseen, language)
    moving = [group for group in chosen if not group.course.steady]
    steady = [group for group in chosen if group.course.steady]
    site, window = foreseen.plan.site, foreseen.window
    last = window.first + timedelta(days=window.days - 1)
    template = Template((files("controller.cli") / "preview.html").read_text(encoding="utf-8"))
    return template.substitute(
        lang=language_tag(language),
        title=escape(render(text("{site}: what is to come", site=site.label or site.name), language)),
        dates=escape(
            render(
                text(
                    "{first} to {last}, local time {zone}",
                    first=window.first.isoformat(),
                    last=last.isoformat(),
                    zone=site.time_zone,
                ),
                language,
            )
        ),
        plan=escape(foreseen.plan.hash[:12]),
        days="".join(_special(days)),
        notes="".join(f'<p class="note">{escape(note)}</p>' for note in notes(foreseen, language)),
        groups="".join(_group(foreseen, group, days, language) for group in moving),
        steady="".join(_steady(foreseen, steady, language)),
    )


def _special(days: list[DayWords]) -> Iterator[str]:
    for first, last in runs(day for day in days if day.special):
        dates = first.short if first is last else f"{first.short} – {last.short}"
        yield (
            f'<li><span class="kind {first.sort}">{escape(first.kind)}</span>'
            f"<b>{escape(dates)}</b> {escape(first.why)}</li>"
        )


def _kind(day: DayWords) -> str:
    return f"kind {day.sort}" if day.announced else f"kind {day.sort} unknown"


def _group(foreseen: Foreseen, group: Group, days: list[DayWords], language: str) -> str:
    shown = {day.date: day for day in days}
    hours = "".join(f'<i style="left:{hour / 24:.4%}">{hour}</i>' for hour in _HOURS)
    rows = "".join(
        f'<div class="day {shown[day].sort}"><span class="date">{escape(shown[day].short)}</span>'
        f'<span class="{_kind(shown[day])}">{escape(shown[day].kind)}</span>'
        f'<span class="bar">{"".join(_bar(foreseen, group, piece, language) for piece in pieces)}</span>'
        f'<span class="letter">{letter}</span></div>'
        for day, pieces, letter in group.course.days
    )
    patterns = "".join(_pattern(group, pattern, language) for pattern in group.course.patterns)
    return (
        f"<section><h2>{escape(group.title)}</h2>{_points(group, language)}"
        f'<div class="days"><div class="scale"><span class="bar">{hours}</span></div>{rows}</div>'
        f'<dl class="patterns">{patterns}</dl></section>'
    )


def _points(group: Group, language: str) -> str:
    names = ", ".join(group.names)
    where = ", ".join(f"{item.source.file}:{item.source.line}" for item in group.programmes)
    count = render(text("points: {count}", count=len(group.points)), language)
    return (
        f'<details class="points"><summary>{escape(count)} · <code>{escape(where)}</code></summary>'
        f"<p>{escape(names)}</p></details>"
    )


def _bar(foreseen: Foreseen, group: Group, piece: Piece, language: str) -> str:
    words = asked(piece.span.value, group.point, language)
    classes = [_class(group, piece.span.value)]
    classes += ["in"] if piece.runs_in else []
    classes += ["on"] if piece.runs_on else []
    shown = escape(words) if piece.to_s - piece.from_s >= _ROOM_S and _is_on(group, piece.span.value) else ""
    return (
        f'<b class="{" ".join(classes)}" title="{escape(_why(foreseen, group, piece, language))}" '
        f'style="left:{piece.from_s / DAY_S:.4%};width:{(piece.to_s - piece.from_s) / DAY_S:.4%};'
        f'--v:{level(piece.span.value, group.point, group.known) or 0:.3f}">{shown}</b>'
    )


def _is_on(group: Group, value: Value | None) -> bool:
    return bool(level(value, group.point, group.known))


def _class(group: Group, value: Value | None) -> str:
    height = level(value, group.point, group.known)
    if not height:
        return "none" if height is None else "off"
    return "v low" if height < _LOW else "v"


def _why(foreseen: Foreseen, group: Group, piece: Piece, language: str) -> str:
    """When it really begins and ends, why, where that is written, and what is behind it."""
    span = piece.span
    winner = span.winner
    reason: Text | str = text("nobody asks") if winner is None else winner.reason
    lines = [
        f"{_moment(foreseen, span.began_ms)} – {_moment(foreseen, span.over_ms)}",
        f"{asked(span.value, group.point, language)}: {render(reason, language)}",
    ]
    if winner is not None:
        lines.append(str(winner.source))
    for heard in span.hidden:
        words = text("behind it: {why}", why=behind(heard, group.point, language))
        lines.append(render(words, language))
    if change := next_change(foreseen, span, language):
        lines.append(change)
    return "\n".join(lines)


def _moment(foreseen: Foreseen, wall_ms: int | None) -> str:
    if wall_ms is None:
        return "…"
    local = foreseen.context.local
    mark = "" if foreseen.context.announced(wall_ms) else "?"
    return f"{local.date_at(wall_ms).strftime('%m-%d')} {clock(wall_ms, local)}{mark}"


def _pattern(group: Group, pattern: Pattern, language: str) -> str:
    items = []
    for number, piece in enumerate(pattern.days[0]):
        hidden = ", ".join(behind(heard, group.point, language) for heard in piece.span.hidden)
        note = ""
        if hidden:
            said = render(text("(behind it: {hidden})", hidden=hidden), language)
            note = f" <small>{escape(said)}</small>"
        value = piece.span.value
        height = level(value, group.point, group.known) or 0
        colour = f'<b class="{_class(group, value)}" style="--v:{height:.3f}"></b>'
        words = escape(asked(piece.span.value, group.point, language))
        items.append(f"<li><time>{escape(pattern.times(number))}</time>{colour}{words}{note}</li>")
    return f"<dt>{pattern.letter}</dt><dd><ul>{''.join(items)}</ul></dd>"


def _steady(foreseen: Foreseen, steady: list[Group], language: str) -> Iterator[str]:
    if not steady:
        return
    yield f'<section><h2>{escape(render(text("the same all the time"), language))}</h2><div class="steady">'
    for group in steady:
        (piece,) = group.course.patterns[0].days[0]
        words = asked(piece.span.value, group.point, language)
        change = next_change(foreseen, piece.span, language)
        until = f"<small>{escape(change)}</small>" if change else ""
        yield (
            f"<div><span>{escape(group.title)}</span><b>{escape(words)}</b>{until}"
            f"{_points(group, language)}</div>"
        )
    yield "</div></section>"
