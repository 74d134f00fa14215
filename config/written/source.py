"""YAML, event by event, to nodes that know file, line and column.

The C parser does the scanning. What makes YAML surprising (aliases, anchors, tags, merge keys, block scalars,
duplicate keys, comments that swallow a number) is refused with advice, and so is what would cost much time or
memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from config.language import Text, text
from config.plan.devices import Source
from config.written import signs
from config.written.advice import explain
from config.written.nodes import Items, Node, Scalar, Table
from config.written.problems import Findings, Wrong
from config.written.scalars import typed

MOST_BYTES = 512 * 1000
MOST_DEPTH = 50
MOST_NODES = 50_000
MOST_SITE_NODES = 50_000
"""In all files of a site: what fits into the memory that the compiler may use."""
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_OWN_TAGS = "tag:yaml.org,2002:"
_SWALLOWED = re.compile(r"\s+(#\d\S*)")


@dataclass(slots=True)
class Budget:
    """How many values may still be read, over several files."""

    nodes: int = MOST_SITE_NODES


class _Unreadable(Exception):
    """The file was given up; what is wrong is already among the findings."""


def read(file: str, data: bytes, findings: Findings, budget: Budget | None = None) -> Table | None:
    """The top-level table of a file, or None with problems told.

    `file` is the name to show. An empty file is an empty table. What is read is taken from `budget`.
    """
    if len(data) > MOST_BYTES:
        findings.problem(
            Source(file, 0, 0),
            text("the file is larger than {limit} kB", limit=MOST_BYTES // 1000),
            hint=text("split it into several files"),
        )
        return None
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.problem(_byte_place(file, data, error.start), *_encoding(data, error.start))
        return None
    try:
        node = _Reader(file, content, findings, budget or Budget()).document()
    except _Unreadable:
        return None
    if node is None:
        return Table(1, 1, {})
    if not isinstance(node, Table):
        findings.problem(
            Source(file, node.line, node.column),
            text("this file has no keys"),
            text('lines such as "key: value"'),
            text('a full-width colon is no colon for a key: write ": "')
            if isinstance(node, Scalar) and "：" in node.text
            else None,
        )
        return None
    return node


def _encoding(data: bytes, start: int) -> tuple[Text, Text | None, Text]:
    advice = text("save the file as UTF-8")
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return text("byte 0x{byte} is not UTF-8 text", byte=f"{data[start]:02x}"), None, advice
    return text("the file is not UTF-8, it looks like GBK"), None, advice


def _byte_place(file: str, data: bytes, start: int) -> Source:
    before = data[:start].decode("utf-8-sig", errors="replace")
    lines = _BREAK.split(before)
    return Source(file, len(lines), len(lines[-1]) + 1)


class _Reader:
    """Turns the events of one file into nodes; lives for one call."""

    def __init__(self, file: str, content: str, findings: Findings, budget: Budget) -> None:
        self._file = file
        self._content = content
        self._findings = findings
        self._lines: list[str] | None = None
        self._events: Iterator[Any] = yaml.parse(content, Loader=yaml.CSafeLoader)
        self._nodes = 0
        self._budget = budget

    def document(self) -> Node | None:
        before = self._findings.count
        try:
            node = self._document()
        except yaml.YAMLError as error:
            # A number swallowed by a comment often breaks the syntax of what follows: tell the cause alone.
            if self._findings.count == before:
                at, message, hint = explain(error, self._content, self._text_lines())
                self._findings.problem(Source(self._file, *at), message, hint=hint)
            raise _Unreadable from error
        return node

    def _document(self) -> Node | None:
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        if event.version or event.tags:
            self._give_up(event, text("directives such as %YAML are not used here"), text("delete this line"))
        node = self._node(next(self._events), 0)
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            self._give_up(
                event,
                text("a second document begins here"),
                text("delete the line ---, or make it a file of its own"),
            )
        return node

    def _node(self, event: Any, depth: int) -> Node:
        if depth > MOST_DEPTH:
            self._give_up(event, text("nested more than {limit} deep", limit=MOST_DEPTH))
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._give_up(
                event,
                text("more than {limit} values in one file", limit=MOST_NODES),
                text("split it into several files"),
            )
        self._budget.nodes -= 1
        if self._budget.nodes < 0:
            self._give_up(event, text("more than {limit} values in the site", limit=MOST_SITE_NODES))
        self._refuse_references(event)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line, column)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(event, depth + 1))
            return Items(line, column, tuple(items))
        return self._table(line, column, depth)

    def _table(self, line: int, column: int, depth: int) -> Table:
        entries: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            value = self._node(next(self._events), depth + 1)
            if key.text in entries:
                first = entries[key.text][0]
                self._findings.problem(
                    Source(self._file, key.line, key.column),
                    text('"{key}" is written twice, first in line {line}', key=key.text, line=first.line),
                )
            else:
                entries[key.text] = (key, value)
        return Table(line, column, entries)

    def _key(self, event: Any) -> Scalar:
        self._refuse_references(event)
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if not isinstance(event, yaml.ScalarEvent):
            self._give_up(
                event, text("a list or table cannot be a key"), text("brackets may be missing quotes")
            )
        if event.value == "<<" and not event.style:
            self._give_up(event, text('merge keys "<<" are not used here'), text("write the lines out"))
        if event.value == "":
            self._give_up(event, text('a name is missing before ":"'))
        self._check_swallowed(event)
        if not event.style and signs.ends_wide(event.value):
            self._give_up(event, *signs.full_width_colon(), after=event.value.index("："))
        if not event.style and (bracket := signs.brackets(event.value)):
            self._give_up(event, bracket.message, bracket.hint, after=bracket.at[1] - 1)
        if wrong := signs.in_key(event.value):
            cleaned = signs.cleaned(event.value)
            if not event.value.startswith(cleaned[:1] or " "):
                self._give_up(event, *wrong)  # it was to be indented: nobody knows where it belongs
            self._tell(event, *wrong)
            return Scalar(line, column, cleaned, cleaned)
        return Scalar(line, column, event.value, event.value)

    def _scalar(self, event: Any, line: int, column: int) -> Scalar:
        if event.style in {"|", ">"}:
            self._tell(
                event,
                text('"{sign}" begins a block of text in YAML', sign=event.style),
                text("put the text in quotes, on one line"),
            )
            return Scalar(line, column, event.value, event.value)
        if event.style:
            return Scalar(line, column, event.value, event.value)
        self._check_swallowed(event)
        if quotes := signs.quotes(event.value):
            self._findings.note(
                Source(self._file, line, column),
                text("the quotes {quotes} are part of the text: YAML's own are \" and '", quotes=quotes),
            )
        try:
            return Scalar(line, column, typed(event.value), event.value)
        except Wrong as error:
            self._findings.wrong(Source(self._file, line, column), error)
            return Scalar(line, column, event.value, event.value)

    def _check_swallowed(self, event: Any) -> None:
        """`label: 中水泵 #2` would become 中水泵 in silence."""
        if event.style:
            return
        end = event.end_mark
        lines = self._text_lines()
        if end.line < len(lines) and (found := _SWALLOWED.match(lines[end.line], end.column)):
            self._findings.problem(
                Source(self._file, end.line + 1, found.start(1) + 1),
                text('YAML takes "{rest}" and all that follows for a comment', rest=found.group(1)[:20]),
                hint=text(
                    'put the text in quotes: "{whole}"', whole=f"{event.value} {found.group(1)}".strip()[:60]
                ),
            )

    def _refuse_references(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._give_up(
                event,
                text('"*{name}" is an alias in YAML; aliases are not used here', name=str(event.anchor)[:20]),
                text("write names out, use a tag, or put the text in quotes"),
            )
        if event.anchor:
            self._tell(
                event,
                text(
                    '"&{name}" is an anchor in YAML; anchors are not used here', name=str(event.anchor)[:20]
                ),
                text("delete it, or put the text in quotes"),
            )
        if event.tag:
            tag = str(event.tag).replace(_OWN_TAGS, "!!")
            self._tell(
                event,
                text('"{tag}" is a tag in YAML; tags are not used here', tag=tag[:40]),
                text('write "not", or put the text in quotes')
                if tag.startswith("!") and not tag.startswith("!!")
                else text("delete it, or put the text in quotes"),
            )

    def _text_lines(self) -> list[str]:
        if self._lines is None:
            self._lines = _BREAK.split(self._content)
        return self._lines

    def _tell(self, event: Any, message: Text, hint: Text | None = None, after: int = 0) -> None:
        """`after`: so many characters behind the event's beginning."""
        mark = event.start_mark
        self._findings.problem(Source(self._file, mark.line + 1, mark.column + 1 + after), message, hint=hint)

    def _give_up(self, event: Any, message: Text, hint: Text | None = None, after: int = 0) -> None:
        self._tell(event, message, hint, after)
        raise _Unreadable
