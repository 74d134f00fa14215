"""Versions of a site's files for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from rich.markup import escape

from config.language import Text, render, text
from config.language.output import visible
from controller.cli.paragraphs import broken
from controller.cli.speech import put
from controller.cli.tables import Column, show_fitting

_SORTS = {
    "site": text("the site itself"),
    "lines": text("lines"),
    "devices": text("devices"),
    "points": text("points"),
    "equipment": text("equipment"),
    "programmes": text("programmes"),
    "rules": text("rules"),
    "calendar": text("the calendar"),
    "tariff": text("the tariff"),
    "places": text("places"),
    "meters": text("meters"),
    "submeters": text("submeters"),
    "trends": text("trends"),
    "sinks": text("sinks"),
    "channels": text("channels of alarms"),
    "restart": text("restarting in turn"),
}
_STATES = {
    "in-force": text("in force"),
    "replaced": text("superseded"),
    "rolled-back": text("rolled back"),
}
_ROLLBACK = re.compile(r"rollback to (\d+)(?:: writes were rejected: (.*))?")
_MOST = 12
"""Names shown of one sort."""


def applied(found: dict[str, Any], language: str, *, only_checked: bool) -> None:
    """What has changed, or would."""
    if not found["changes"]:
        _line(text("nothing changes"), language)
    for words in changed(found["changes"]):
        _line(words, language)
    for write in found["writes"]:
        _line(_written(write), language)
    for write in found["last_writes"]:
        _line(text("written as it leaves the plan: {label} ({point}) → {value}", **_named(write)), language)
    if found["number"] is not None:
        _line(text("version {number} is in force", number=found["number"]), language)
    elif not only_checked:
        _line(text("this version is in force already"), language)


def changed(parts: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Text]:
    """What is other, by sort: names that were added, changed and removed."""
    for sort, part in parts.items():
        yield from _part(_SORTS[sort], part)


def history(rows: list[dict[str, Any]], zone: tzinfo, language: str) -> None:
    """The versions, newest first; times in the site's `zone`."""
    number = Column(text("version"), [str(row["number"]) for row in rows])
    since = Column(text("in force from"), [_moment(row["since"], zone) for row in rows])
    person = Column(text("by"), [escape(row["person"]) for row in rows])
    state = Column(text("standing"), [render(_standing(row), language) for row in rows])
    plan = Column(text("plan"), [row["plan"][:12] for row in rows])
    said = Column(text("comment"), [escape(_said(row, language)) for row in rows])
    show_fitting([[number, since, person, state, plan, said], [number, since, person, state, said]], language)


def _part(sort: Text, part: Mapping[str, Sequence[str]]) -> list[Text]:
    said = []
    if part["added"]:
        said.append(text("{sort}, added: {names}", sort=sort, names=_names(part["added"])))
    if part["changed"]:
        said.append(text("{sort}, changed: {names}", sort=sort, names=_names(part["changed"])))
    if part["removed"]:
        said.append(text("{sort}, removed: {names}", sort=sort, names=_names(part["removed"])))
    return said


def _names(names: Sequence[str]) -> str:
    more = f" … (+{len(names) - _MOST})" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _written(write: dict[str, Any]) -> Text:
    if write["value"] is None:
        return text("released at once: {label} ({point})", **_named(write))
    return text("written at once: {label} ({point}) → {value}", **_named(write))


def _named(write: dict[str, Any]) -> dict[str, str]:
    return {"label": write["label"], "point": write["point"], "value": write["shown"]}


def _standing(row: dict[str, Any]) -> Text:
    standing = _STATES[row["state"]]
    return standing if row["kept"] else text("{standing}, not kept", standing=standing)


def _said(row: dict[str, Any], language: str) -> str:
    parts = [row["comment"], *(render(_recorded(row[part]), language) for part in ("detail", "why"))]
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _recorded(said: str) -> Text | str:
    """What the daemon itself has written down, which it does in English."""
    found = _ROLLBACK.fullmatch(said)
    if found is None:
        return said
    if found[2] is None:
        return text("back to version {number}", number=found[1])
    return text("back to version {number}: writes were rejected: {said}", number=found[1], said=found[2])


def _moment(written: str, zone: tzinfo) -> str:
    """Local time of the site, to the minute."""
    return datetime.fromisoformat(written).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _line(words: Text, language: str) -> None:
    for line in broken(visible(render(words, language)), hang=2):
        put(line)
