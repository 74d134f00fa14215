"""What an edit changes as one page to read, to print and to send on: nothing of it comes from anywhere else,
and nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from html import escape
from importlib.resources import files
from string import Template

from config.language import Text, render, text
from config.language.output import visible
from controller.cli import preview_differences as differences
from controller.cli.pages import language_tag
from controller.cli.preview_differences import Shown
from controller.cli.preview_groups import names_of
from controller.cli.preview_tables import notes
from controller.cli.preview_words import asked, title
from schedules.changes import Alike, Changes, Side
from schedules.energy import Counted
from schedules.preview import Foreseen
from schedules.unheard import Unheard

_NUMBER = ' class="number"'
_WHOLE = text("all points that both plans command, those that stay as they are among them")


def page(old: Foreseen, new: Foreseen, changes: Changes, only: str | None, language: str) -> str:
    """The whole page. `only`: the name by which its points were chosen."""
    return _Page(old, new, changes, language).whole(only)


class _Page:
    """One comparison in one language."""

    def __init__(self, old: Foreseen, new: Foreseen, changes: Changes, language: str) -> None:
        self._old = old
        self._new = new
        self._changes = changes
        self._language = language
        self._called = names_of(new.plan)

    def whole(self, only: str | None) -> str:
        site, window = self._new.plan.site, self._new.window
        template = Template((files("controller.cli") / "preview_changes.html").read_text(encoding="utf-8"))
        parts = (
            self._notes(),
            self._in_short(),
            self._energy(),
            self._overview(),
            *(self._group(number, group) for number, group in enumerate(self._changes.groups, 1)),
            self._sides(differences.GAINED, self._new, self._changes.gained),
            self._sides(differences.LOST, self._old, self._changes.lost),
            self._days(),
            self._hidden(),
            self._in_files(),
        )
        return template.substitute(
            lang=language_tag(self._language),
            title=self._say(text("{site}: what an edit changes", site=site.label or site.name)),
            dates=self._say(
                text(
                    "{first} to {last}, local time {zone}",
                    first=window.first.isoformat(),
                    last=(window.first + timedelta(days=window.days - 1)).isoformat(),
                    zone=site.time_zone,
                )
            ),
            only=self._only(only),
            old=_plain(self._old.plan.hash[:12]),
            new=_plain(self._new.plan.hash[:12]),
            before=self._say(text("before")),
            after=self._say(text("after")),
            body="".join(part for lines in parts for part in lines),
        )

    def _only(self, name: str | None) -> str:
        return "" if name is None else f"<p>{self._say(text('only what is called: {name}', name=name))}</p>"

    def _notes(self) -> Iterator[str]:
        for note in notes(self._new, self._language):
            yield f'<p class="note">{_plain(note)}</p>'
        changes = self._changes
        if not (changes.points or changes.lost or changes.gained or changes.days):
            yield f'<p class="note">{self._say(differences.NOTHING)}</p>'

    def _in_short(self) -> Iterator[str]:
        """What the reader wants first: how much, and how much of it."""
        changes, unit = self._changes, self._unit()
        told = [(self._say(text("points that differ")), str(len(changes.points)), "")]
        if changes.gained or changes.lost:
            said = self._say(text("points gained and lost"))
            told.append((said, f"+{len(changes.gained)} -{len(changes.lost)}", ""))
        for words, sums in differences.energy_rows(changes) if changes.points else ():
            cost = differences.yuan(sums.before, sums.after)
            more = "" if cost is None else f"{cost.difference} {unit}"
            told.append(
                (self._say(words), f"{differences.kwh(sums.before, sums.after).difference} kWh", more)
            )
        if changes.days:
            told.append((self._say(text("special days touched")), str(len(changes.days)), ""))
        if changes.hidden:
            told.append((self._say(text("entries nobody hears")), str(len(changes.hidden)), ""))
        items = "".join(
            f"<div><dt>{words}</dt><dd><b>{figure}</b><span>{more}</span></dd></div>"
            for words, figure, more in told
        )
        yield f'<dl class="short">{items}</dl>'

    def _energy(self) -> Iterator[str]:
        changes = self._changes
        if not changes.points:
            return
        yield f"<section><h2>{self._say(differences.energy_title(changes))}</h2>"
        if counted := differences.energy_rows(changes):
            bodies = []
            for words, sums in counted:
                lines = [("kWh", differences.kwh(sums.before, sums.after))]
                if (cost := differences.yuan(sums.before, sums.after)) is not None:
                    lines.append((self._unit(), cost))
                first = f'<th scope="rowgroup" rowspan="{len(lines)}">{self._say(words)}</th>'
                rows = []
                for unit, found in lines:
                    rows.append(f'<tr>{first}<th scope="row" class="unit">{unit}</th>{_figures(found)}</tr>')
                    first = ""
                bodies.append(rows)
            heads: list[Text | str] = ["", "", text("before"), text("after"), text("difference")]
            yield self._table(heads, *bodies, figures_from=2, caption=_WHOLE)
        remarks = differences.energy_remarks(self._old.plan, self._new.plan, changes, self._language)
        yield f"<ul>{''.join(f'<li>{self._say(remark)}</li>' for remark in remarks)}</ul></section>"

    def _overview(self) -> Iterator[str]:
        """A line for each group of points."""
        changes = self._changes
        if not changes.groups:
            return
        heads: list[Text | str] = [text("programme"), text("points"), text("hours on, each"), "kWh"]
        heads += [text("yuan")] if changes.priced else []
        rows = []
        for number, group in enumerate(changes.groups, 1):
            on, energy = group.points[0].on, group.energy
            cells = [str(len(group.points))]
            cells.append(_beside(None if on is None else differences.shown(*on)))
            cells.append(_beside(None if energy is None else differences.kwh(*energy)))
            if changes.priced:
                cells.append(_beside(None if energy is None else differences.yuan(*energy)))
            name = f'<a href="#g{number}">{_plain(differences.group_title(group))}</a>'
            if group.points[0].counted is Counted.AT_MOST:
                name += f" <small>{self._say(text('at most'))}</small>"
            figures = "".join(f"<td{_NUMBER}>{cell}</td>" for cell in cells)
            rows.append(f'<tr><th scope="row">{name}</th>{figures}</tr>')
        yield f"<section><h2>{self._say(text('what changes, by programme'))}</h2>"
        yield f"{self._table(heads, rows, figures_from=1)}</section>"

    def _group(self, number: int, group: Alike) -> Iterator[str]:
        """When and what, and all its points."""
        names = ", ".join(self._called[item.key] for item in group.points)
        bodies = []
        for days in differences.by_days(self._new, group.points[0], self._language):
            first = f'<th scope="rowgroup" rowspan="{len(days.stretches)}">{_dates(days.dates)}</th>'
            lines = []
            for item in days.stretches:
                times = _plain(f"{item.start}-{item.end}")
                cells = f'<td>{_plain(item.before)}</td><td class="after">{_plain(item.after)}</td>'
                lines.append(f"<tr>{first}<td>{times}</td>{cells}</tr>")
                first = ""
            bodies.append(lines)
        said = [text("dates"), text("times"), text("before"), text("after")]
        yield f'<section id="g{number}"><h3>{_plain(differences.group_title(group))}</h3>'
        count = self._say(text("points: {count}", count=len(group.points)))
        yield f'<p class="points">{count} · {_plain(names)}</p>'
        yield f"{self._table(said, *bodies, sort='times')}</section>"

    def _sides(self, words: Text, of: Foreseen, sides: Sequence[Side]) -> Iterator[str]:
        if not sides:
            return
        called = names_of(of.plan)
        rows = [
            f'<tr><th scope="row"><code>{_plain(called[side.point.key])}</code></th>'
            f"<td>{_plain(title(side.timeline.programmes))}</td></tr>"
            for side in sides
        ]
        yield f"<section><h2>{self._say(words)}</h2>"
        yield f"{self._table([text('point'), text('programme')], rows)}</section>"

    def _days(self) -> Iterator[str]:
        found = differences.touched(self._changes, self._new.window, self._language)
        if not found:
            return
        rows = [
            f'<tr><th scope="row">{_dates(days.dates)}</th><td>{_plain(days.kind)}</td>'
            f"<td>{_plain(days.why)}</td><td{_NUMBER}>{days.points}</td></tr>"
            for days in found
        ]
        said = [text("dates"), text("kind of day"), text("why"), text("points that differ")]
        yield f"<section><h2>{self._say(differences.SPECIAL_DAYS)}</h2>"
        yield f"{self._table(said, rows, figures_from=3)}</section>"

    def _hidden(self) -> Iterator[str]:
        if not self._changes.hidden:
            return
        rows = [
            f'<tr><th scope="row">{self._say(differences.hidden_entry(item))}</th>'
            f"<td>{_plain(self._value(item))}</td><td>{self._say(differences.hidden_why(item))}</td>"
            f"<td><code>{_plain(str(item.source))}</code></td></tr>"
            for item in self._changes.hidden
        ]
        said = [text("programme"), text("value"), text("why"), text("written at")]
        yield f"<section><h2>{self._say(differences.HIDDEN)}</h2>{self._table(said, rows)}</section>"

    def _value(self, item: Unheard) -> str:
        if item.value is None or not item.programme.targets:
            return ""
        return asked(item.value, self._new.plan.points[item.programme.targets[0]], self._language)

    def _in_files(self) -> Iterator[str]:
        parts = differences.in_files(self._old.plan, self._new.plan, self._language)
        if not parts:
            return
        items = "".join(f"<li>{_plain(part)}</li>" for part in parts)
        yield f"<section><h2>{self._say(differences.IN_FILES)}</h2><ul>{items}</ul>"
        yield f"<p>{self._say(differences.ONLY_PROGRAMMES)}</p></section>"

    def _table(
        self,
        heads: Iterable[Text | str],
        *bodies: Iterable[str],
        figures_from: int | None = None,
        caption: Text | None = None,
        sort: str = "",
    ) -> str:
        """`bodies` are rows that belong together, in markup; from that column on there are figures. `sort`
        is that of the style."""
        top = ""
        for column, words in enumerate(heads):
            number = _NUMBER if figures_from is not None and column >= figures_from else ""
            top += f'<th scope="col"{number}>{self._say(words)}</th>' if words else "<td></td>"
        said = "" if caption is None else f"<caption>{self._say(caption)}</caption>"
        rows = "".join(f"<tbody>{''.join(body)}</tbody>" for body in bodies)
        return f'<table class="{sort}">{said}<thead><tr>{top}</tr></thead>{rows}</table>'

    def _unit(self) -> str:
        return self._say(text("yuan"))

    def _say(self, words: Text | str) -> str:
        return _plain(render(words, self._language))


def _figures(found: Shown) -> str:
    cells = f"<td{_NUMBER}>{found.before}</td><td{_NUMBER}>{found.after}</td>"
    return f'{cells}<td class="number difference">{found.difference}</td>'


def _beside(found: Shown | None) -> str:
    """Two figures and their difference in one cell."""
    return "—" if found is None else f"{found.before}&nbsp;→ {found.after}<b>{found.difference}</b>"


def _dates(dates: str) -> str:
    """A line breaks between two dates, not within one."""
    return ", ".join(
        "..<wbr>".join(f'<span class="day">{day}</span>' for day in run.split(".."))
        for run in dates.split(", ")
    )


def _plain(words: str) -> str:
    """As markup: what came from files looks like nothing that it is not."""
    return escape(visible(words))
