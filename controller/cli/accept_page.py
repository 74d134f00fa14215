"""An acceptance as one page to be printed on A4 and signed: nothing of it comes from anywhere else, and
nothing in it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, NamedTuple

from config.language import Text, render, text, word
from config.plan.amounts import amount
from controller.cli.accept_tables import ASPECTS, MARKS, VERDICTS, named, reason
from controller.cli.pages import language_tag

_KINDS = text(
    "AI, AO: analogue in, out; DI, DO: on or off; MI, MO: states; PI: counter; TI: text. ✓ passed, ✗ failed, "
    "– left out, ○ not tried."
)


class _Column(NamedTuple):
    heading: Text
    width: float
    """Of all columns, as the parts of a whole."""
    of_output: bool = False


_COLUMNS = (
    _Column(text("point"), 13),
    _Column(text("type"), 4.2),
    _Column(text("address"), 11.5),
    _Column(text("range"), 9.5),
    _Column(text("reading"), 8.5),
    _Column(text("polling"), 6.4),
    _Column(text("written → read back"), 9.5, of_output=True),
    _Column(text("feedback"), 7.4, of_output=True),
    _Column(text("put back"), 6.5, of_output=True),
    _Column(text("instrument"), 8.4),
    _Column(text("verdict"), 8.8),
    _Column(text("remarks"), 13),
)


_WIDTHS = (12.5, 8, 9.5, 9, 18.5, 9, 11, 7.5, 7, 8)
"""Of the table of equipment, percent."""


def page(made: Sequence[tuple[dict[str, Any], str]]) -> str:
    """The whole page, of the report's data in one language or, one after the other, in several."""
    template = Template((files("controller.cli") / "accept.html").read_text(encoding="utf-8"))
    first, language = made[0]
    return template.substitute(
        lang=language_tag(language),
        title=escape(render(text("{name}: {words}", name=first["label"], words=_TITLE), language)),
        body="\n".join("".join(_Page(data, one).all()) for data, one in made),
    )


_TITLE = text("commissioning and acceptance record")


class _Page:
    """One language's part; lives for one call."""

    def __init__(self, data: dict[str, Any], language: str) -> None:
        self._data = data
        self._language = language

    def all(self) -> Iterator[str]:
        yield f'<main lang="{language_tag(self._language)}">'
        yield from self._head()
        yield from self._attention()
        yield from self._runs()
        yield from self._devices()
        for device in self._data["devices"]:
            yield from self._device(device)
        yield from self._equipment()
        yield from self._signs()
        yield "</main>"

    def _say(self, what: Text | str) -> str:
        return escape(render(what, self._language))

    # The first page

    def _head(self) -> Iterator[str]:
        data = self._data
        verdict = data["verdict"]
        facts = {
            text("plan"): data["plan"][:16],
            text("report made"): f"{_moment(data['made'])} ({data['time_zone']})",
            text("tried"): self._tried(),
            text("by"): ", ".join(dict.fromkeys(run["by"] for run in data["runs"])) or "—",
        }
        yield f'<div class="top"><div><h1>{escape(data["label"])}</h1>'
        yield f'<p class="sub">{self._say(_TITLE)} · {escape(data["site"])}</p></div>'
        yield f'<div class="seal {verdict}">{MARKS[verdict]} {self._say(VERDICTS[verdict])}</div></div>'
        yield '<dl class="facts">'
        for name, value in facts.items():
            yield f"<dt>{self._say(name)}</dt><dd>{escape(value)}</dd>"
        yield "</dl>"
        summary = data["summary"]
        tiles = [
            (f"{summary['devices_answering']} / {summary['devices']}", text("devices that answer"), ""),
            (summary["points"], text("points"), ""),
            (summary["passed"], VERDICTS["passed"], "passed"),
            (summary["failed"], VERDICTS["failed"], "failed" if summary["failed"] else ""),
            (summary["skipped"], VERDICTS["skipped"], "skipped"),
            (summary["open"], VERDICTS["open"], "open"),
            (f"{summary['outputs_passed']} / {summary['outputs']}", text("outputs that took"), ""),
        ]
        yield '<div class="tiles">'
        for number, name, kind in tiles:
            yield f'<div><b class="{kind}">{number}</b><span>{self._say(name)}</span></div>'
        yield "</div>"
        if any(run["simulated"] for run in data["runs"]):
            words = text("Some of this was tried on simulated devices: it says nothing of the real ones.")
            yield f'<p class="hint">{self._say(words)}</p>'

    def _tried(self) -> str:
        runs = self._data["runs"]
        if not runs:
            return "—"
        return f"{_moment(runs[0]['began'])} – {_moment(runs[-1]['ended'] or runs[-1]['began'])}"

    def _attention(self) -> Iterator[str]:
        for left in self._data["left"]:
            words = text(
                "{point} is not as it was found: found {found}, written {wrote}, {at}",
                point=left["point"],
                found=left["found"],
                wrote=left["wrote"],
                at=_moment(left["at"]),
            )
            yield f'<p class="alert">{self._say(words)}</p>'
        if self._data["failed"]:
            yield f'<h2>{self._say(text("what failed"))}</h2><ul class="list">'
            for one in self._data["failed"]:
                yield f"<li><b>{escape(named(one))}</b> {self._say(reason(one['aspect'], one['why']))}</li>"
            yield "</ul>"
        reasons = self._data["summary"]["skipped_why"]
        if reasons:
            yield f'<h2>{self._say(text("what was left out, and why"))}</h2><ul class="list">'
            for item in reasons:
                yield f"<li>{escape(item['why'])} <b>× {item['count']}</b></li>"
            yield "</ul>"
        if self._data["gone"]:
            words = text("tried once, and no more in the plan: {names}", names=", ".join(self._data["gone"]))
            yield f'<p class="hint">{self._say(words)}</p>'

    def _runs(self) -> Iterator[str]:
        heads = (
            text("began"), text("ended"), text("by"), "louguan", "Python", text("plan"),
            text("the clock was"), text("written to"),
        )  # fmt: skip
        yield f"<h2>{self._say(text('runs'))}</h2>"
        yield self._table(heads, (self._run(run) for run in self._data["runs"]))

    def _run(self, run: dict[str, Any]) -> list[str]:
        ended = escape(_moment(run["ended"])) if run["ended"] else self._say(text("broken off"))
        clock = self._say(text("trusted") if run["clock_trusted"] else text("not trusted"))
        if run["clock_leap_s"]:
            clock += " " + self._say(text("(leapt by {seconds} s)", seconds=f"{run['clock_leap_s']:g}"))
        wrote = ", ".join(run["wrote"]) or render(text("nothing"), self._language)
        plain = [_moment(run["began"]), run["by"], run["version"], run["python"], run["plan"][:12]]
        began, by, version, python, plan = (f"<td>{escape(item)}</td>" for item in plain)
        return [began, f"<td>{ended}</td>", by, version, python, plan, f"<td>{clock}</td>",
                f"<td>{escape(wrote)}</td>"]  # fmt: skip

    # Devices

    def _devices(self) -> Iterator[str]:
        heads = (
            text("device"), text("model"), text("where"), text("says of itself"), text("points"),
            text("disconnected"), text("when nobody talks to it"), text("verdict"),
        )  # fmt: skip
        yield f"<h2>{self._say(text('devices'))}</h2>"
        yield self._table(heads, (self._device_row(device) for device in self._data["devices"]))

    def _device_row(self, device: dict[str, Any]) -> list[str]:
        identity = "<br>".join(
            f"{escape(name)}: {escape(value)}" for name, value in device["identity"].items()
        )
        passed = sum(point["verdict"] == "passed" for point in device["points"])
        loss = "<br>".join(self._lost(aspect, check) for aspect, check in device["checks"].items())
        return [
            f"<td>{escape(device['label'])}<code>{escape(device['device'])}</code></td>",
            f"<td>{escape(device['profile'])}</td>",
            f"<td>{escape(device['where'])}</td>",
            f"<td>{identity or '—'}</td>",
            f"<td>{passed} / {len(device['points'])}</td>",
            f"<td>{loss or '○'}</td>",
            f"<td>{escape(device['unheard']) or '—'}</td>",
            self._verdict(device["verdict"]),
        ]

    def _lost(self, aspect: str, check: dict[str, Any]) -> str:
        took = check["seen"].get("seconds")
        said = "" if took is None else f" {took:g} s"
        why = f" {escape(check['why'])}" if check["why"] else ""
        mark = MARKS[check["verdict"]]
        return f'<span class="{check["verdict"]}">{mark}</span> {self._say(ASPECTS[aspect])}{said}{why}'

    def _device(self, device: dict[str, Any]) -> Iterator[str]:
        """Devices without outputs have no columns for them."""
        outputs = any(point["output"] for point in device["points"])
        columns = [column for column in _COLUMNS if outputs or not column.of_output]
        of = " · ".join(escape(device[name]) for name in ("device", "profile", "where"))
        yield f"<h3>{escape(device['label'])} <small>{of}</small></h3>"
        whole = sum(column.width for column in columns)
        rows = (self._point(point, outputs=outputs) for point in device["points"])
        widths = [100 * column.width / whole for column in columns]
        yield self._table([column.heading for column in columns], rows, widths)

    def _point(self, point: dict[str, Any], *, outputs: bool) -> list[str]:
        checks = point["checks"]
        written = [
            self._cell(checks.get("write", checks.get("set-up")), _written, output=point["output"]),
            self._cell(checks.get("feedback"), _took),
            self._cell(checks.get("restored"), lambda check: check.get("wanted", "")),
        ]
        return [
            f"<td>{escape(point['label'])}<code>{escape(point['name'])}</code></td>",
            f"<td>{point['kind']}</td>",
            f"<td>{escape(point['address'])}</td>",
            f"<td>{escape(point['bounds']) or '—'}</td>",
            self._cell(checks.get("read"), _read),
            self._cell(checks.get("period"), lambda check: f"{check['seen'].get('seconds', 0):.1f} s"),
            *(written if outputs else ()),
            self._instrument(point),
            self._verdict(point["verdict"]),
            f"<td>{''.join(self._remarks(point))}</td>",
        ]

    def _cell(
        self,
        check: dict[str, Any] | None,
        shown: Callable[[dict[str, Any]], str],
        *,
        output: bool = False,
    ) -> str:
        if check is None:
            return '<td class="open">○</td>' if output else "<td></td>"
        verdict = check["verdict"]
        return f'<td><span class="{verdict}">{MARKS[verdict]}</span> {escape(shown(check))}</td>'

    def _instrument(self, point: dict[str, Any]) -> str:
        measured, check = point["measured"], point["checks"].get("measured")
        if measured is None:
            return "<td></td>"
        verdict = "open" if check is None else check["verdict"]
        allowed = f" ±{amount(measured['tolerance'], '', 3)}" if measured["tolerance"] else ""
        said = f"{escape(measured['value'])}{allowed}"
        return (
            f'<td><span class="{verdict}">{MARKS[verdict]}</span> {said}'
            f"<small>{escape(measured['by'])}</small></td>"
        )

    def _remarks(self, point: dict[str, Any]) -> Iterator[str]:
        if point["life_safety"]:
            yield f"<div>{self._say(text('life safety: only ever read'))}</div>"
        if point["changed"]:
            yield f"<div>{self._say(text('has changed since it was tried: to be tried again'))}</div>"
        elif point["changed_at"]:
            words = text("was changed, found on {at}, and tried anew", at=_moment(point["changed_at"]))
            yield f"<div>{self._say(words)}</div>"
        for aspect, check in point["checks"].items():
            if check["why"]:
                yield f"<div>{self._say(reason(aspect, check['why']))}</div>"
        for note in point["notes"]:
            who = f"<small>{escape(note['by'])}, {_moment(note['at'])}</small>"
            yield f"<div>“{escape(note['words'])}” {who}</div>"
        if point["at"]:
            yield f"<small>{escape(point['by'])}, {_moment(point['at'])}</small>"

    # Equipment

    def _equipment(self) -> Iterator[str]:
        if not self._data["equipment"]:
            return
        heads = (
            text("equipment"), text("kind"), text("minimum times"), text("role"), text("point"),
            text("reading"), text("write and read-back"), text("feedback"), text("put back"), text("verdict"),
        )  # fmt: skip
        yield f"<h2>{self._say(text('equipment'))}</h2>"
        rows = (row for item in self._data["equipment"] for row in self._roles(item))
        yield self._table(heads, rows, _WIDTHS)

    def _roles(self, item: dict[str, Any]) -> Iterator[list[str]]:
        count = max(1, len(item["roles"]))
        times = []
        if item["min_on_s"]:
            times.append(text("runs {time}", time=amount(item["min_on_s"], "s")))
        if item["min_off_s"]:
            times.append(text("rests {time}", time=amount(item["min_off_s"], "s")))
        if item["starts_per_hour"]:
            times.append(text("{count} starts an hour", count=f"{item['starts_per_hour']:g}"))
        name = f"{escape(item['label'])}<code>{escape(item['equipment'])}</code>"
        lead = [
            f'<td rowspan="{count}">{name}</td>',
            f'<td rowspan="{count}">{escape(word(item["kind"], self._language))}</td>',
            f'<td rowspan="{count}">{"<br>".join(map(self._say, times)) or "—"}</td>',
        ]
        for number, role in enumerate(item["roles"]):
            checks = role["checks"]
            cells = [
                f"<td>{escape(role['role'])}</td>",
                f"<td>{escape(role['label'])}<code>{escape(role['point'])}</code></td>",
                f"<td>{escape(role['value'] or '—')}</td>",
                self._cell(checks.get("write"), _written),
                self._cell(checks.get("feedback"), _took),
                self._cell(checks.get("restored"), lambda check: check.get("wanted", "")),
                self._verdict(role["verdict"]),
            ]
            yield cells if number else lead + cells

    # Small things

    def _verdict(self, verdict: str) -> str:
        return f'<td class="mark {verdict}">{MARKS[verdict]} {self._say(VERDICTS[verdict])}</td>'

    def _table(
        self, heads: Sequence[Text | str], rows: Iterator[list[str]], widths: Sequence[float] = ()
    ) -> str:
        """`widths`: percent of the page that each column takes, whatever is in it."""
        fixed = "".join(f'<col style="width:{width:.2f}%">' for width in widths)
        head = "".join(f"<th>{self._say(one)}</th>" for one in heads)
        body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
        kind = ' class="fixed"' if widths else ""
        lead = f"<colgroup>{fixed}</colgroup><thead><tr>{head}</tr></thead>"
        return f"<table{kind}>{lead}<tbody>{body}</tbody></table>"

    def _signs(self) -> Iterator[str]:
        yield f'<p class="sub">{self._say(_KINDS)}</p>'
        yield f'<h2>{self._say(text("signatures"))}</h2><div class="signs">'
        for who in (text("commissioned by"), text("supervised by"), text("accepted for the owner")):
            yield f"<div><span>{self._say(who)}</span><span>{self._say(text('date'))}</span></div>"
        yield "</div>"


def _read(check: dict[str, Any]) -> str:
    value = check.get("value")
    return str(check["seen"].get("raw", "")) if value is None else str(value)


def _written(check: dict[str, Any]) -> str:
    if "wanted" not in check:
        return ""
    return f"{check['wanted']} → {check.get('value', '—')}"


def _took(check: dict[str, Any]) -> str:
    took = check["seen"].get("seconds")
    return "" if took is None else f"{took:.1f} s"


def _moment(written: str | None) -> str:
    """Whole, by the minute: a record is read years later."""
    return "" if not written else datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M")
