"""The protocol's documents: built and read, for the collector's side and the centre's. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from config.dialects import Dialect
from controller.consumption.upload.national import markup
from controller.consumption.upload.national.errors import DocumentError
from controller.consumption.upload.national.markup import Element

LOGIN, BEAT, CONFIG, DATA = "id_validate", "heart_beat", "config", "data"
"""Groups of operations, by the element that holds what is said."""
_LONGEST = 64


class Identity(NamedTuple):
    """Who speaks, or is spoken to."""

    building: str
    gateway: str


class Message(NamedTuple):
    """One document."""

    who: Identity
    """The collector, in both directions. Empty where the centre leaves it out."""
    operation: str
    group: str
    """"" when nothing follows <common>."""
    content: Element
    """The element after <common>, named as the group."""


class Function(NamedTuple):
    """One value of one meter."""

    id: str
    coding: str
    """Energy item code."""
    error: str
    value: str
    """Decimal text, or "" when it is not known."""


class MeterValues(NamedTuple):
    """What one meter says at one time."""

    id: str
    functions: tuple[Function, ...]


class Report(NamedTuple):
    """A data document: report, continuous or reply."""

    sequence: str
    parser: str
    time_ms: int | None
    """None in a reply that has nothing to say."""
    total: int
    current: int
    meters: tuple[MeterValues, ...]


def digest(dialect: Dialect, sequence: str, key: str) -> str:
    """What proves the key in the handshake."""
    said = key + sequence if dialect.md5_order == "key+sequence" else sequence + key
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()


def write_time(dialect: Dialect, ms: int, zone: tzinfo) -> str:
    """A moment as the dialect writes it, in the site's time."""
    return datetime.fromtimestamp(ms / 1000, zone).strftime(dialect.time_format)


def read_time(dialect: Dialect, said: str, zone: tzinfo) -> int:
    """UTC milliseconds of a moment as the dialect writes it. Raises DocumentError."""
    try:
        if not said.isascii() or len(said) > _LONGEST:
            raise ValueError
        moment = datetime.strptime(said, dialect.time_format).replace(tzinfo=zone)
        return round(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise DocumentError(f"no time: {said[:_LONGEST]!r}") from None


def build(
    dialect: Dialect, who: Identity, group: str, operation: str, parts: Iterable[Element] = ()
) -> bytes:
    """A document of that operation. Raises DocumentError when a text cannot be written."""
    root = Element("root")
    common = root.add("common")
    common.add(dialect.building_element, who.building)
    common.add(dialect.gateway_element, who.gateway)
    common.add("type", operation)
    root.add(group, operation=operation).children.extend(parts)
    return markup.write(root, dialect.encoding, dialect.declaration)


def parse(dialect: Dialect, document: bytes, most_bytes: int = markup.MOST_BYTES) -> Message:
    """The message in a document. Raises DocumentError."""
    if not document:
        raise DocumentError("nothing readable in a frame: is the cipher key the centre's?")
    root = markup.read(document, dialect.encoding, most_bytes)
    common = root.child("common")
    if root.name != "root" or common is None:
        raise DocumentError("no document of this protocol")
    content = next((child for child in root.children if child is not common), Element(""))
    who = Identity(common.of(dialect.building_element), common.of(dialect.gateway_element))
    operation = content.attributes.get("operation", "") or common.of("type")
    return Message(who, operation, content.name, content)


def report_parts(dialect: Dialect, report: Report, zone: tzinfo) -> list[Element]:
    """The content of a data document, in the order the guideline gives."""
    said = "" if report.time_ms is None else write_time(dialect, report.time_ms, zone)
    parts = [
        Element("sequence", text=report.sequence),
        Element("parser", text=report.parser),
        Element("time", text=said),
        Element("total", text=str(report.total)),
        Element("current", text=str(report.current)),
    ]
    for meter in report.meters:
        element = Element("meter", {"id": meter.id})
        for function in meter.functions:
            written = function._asdict()
            attributes = {name: written[name] for name in dialect.function_attributes}
            element.children.append(Element("function", attributes, function.value))
        parts.append(element)
    return parts


def read_report(dialect: Dialect, message: Message, zone: tzinfo) -> Report:
    """The content of a data document. Raises DocumentError."""
    content = message.content
    said = content.of("time")
    return Report(
        sequence=_short(content.of("sequence")),
        parser=_short(content.of("parser")),
        time_ms=read_time(dialect, said, zone) if said else None,
        total=_count(content.of("total")),
        current=_count(content.of("current")),
        meters=tuple(_meter(element) for element in content.all("meter")),
    )


def _meter(element: Element) -> MeterValues:
    functions = [
        Function(
            id=_short(child.attributes.get("id", "")),
            coding=_short(child.attributes.get("coding", "")),
            error=_short(child.attributes.get("error", "")),
            value=_value(child.text),
        )
        for child in element.all("function")
    ]
    return MeterValues(_short(element.attributes.get("id", "")), tuple(functions))


def _short(said: str) -> str:
    if len(said) > _LONGEST:
        raise DocumentError("a text too long")
    return said


def _count(said: str) -> int:
    if not re.fullmatch(r"[0-9]{0,9}", said):
        raise DocumentError(f"no number: {said[:_LONGEST]!r}")
    return int(said or 0)


def _value(said: str) -> str:
    if re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?|", said):
        return said
    raise DocumentError(f"no value: {said[:_LONGEST]!r}")


def empty_reply(dialect: Dialect, sequence: str) -> Report:
    """What is answered to a query when there is nothing to say."""
    return Report(sequence, dialect.parser, None, 0, 0, ())


def texts(**said: str) -> Sequence[Element]:
    """Elements with nothing but a text."""
    return [Element(name, text=text) for name, text in said.items()]
