"""Requests and answers of the few BACnet services the driver speaks (135, clauses 13, 15 and 16). Pure.

Each `parse_*` raises BadFrame, and nothing else, for bytes that are not what it parses.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple, TypeAlias

from drivers.api import BadFrame
from drivers.bacnet.names import error_name
from drivers.bacnet.tags import (
    APPLICATION,
    CLOSING,
    CONTEXT,
    ENUMERATED,
    OPENING,
    Atom,
    ObjectId,
    Tag,
    Tags,
    atom,
    context,
    context_object,
    object_id,
    tagged,
    unsigned,
    walk,
)


class Ref(NamedTuple):
    """One property of one object; `element` of an array, None = the whole."""

    object: ObjectId
    property: int
    element: int | None = None


class Fault(NamedTuple):
    """Why a property has no value: the name of the error (its code says enough, its class is not kept)."""

    name: str


Answer: TypeAlias = Tags | Fault
"""What a device says of one property: its value's tags, or an error."""


class IAm(NamedTuple):
    """Who announces itself, and the longest APDU it takes."""

    instance: int
    max_apdu: int


class Notification(NamedTuple):
    """A change of value."""

    process: int
    device: int
    object: ObjectId
    values: dict[int, Tags]


def read_property(ref: Ref) -> bytes:
    index = b"" if ref.element is None else context(2, ref.element)
    return context_object(0, ref.object) + context(1, ref.property) + index


def read_property_multiple(refs: Iterable[Ref]) -> bytes:
    """Neighbours of one object share its specification."""
    parts = []
    for owner, group in groupby(refs, key=lambda ref: ref.object):
        parts += [context_object(0, owner), tagged(OPENING, 1)]
        for ref in group:
            parts.append(context(0, ref.property))
            if ref.element is not None:
                parts.append(context(1, ref.element))
        parts.append(tagged(CLOSING, 1))
    return b"".join(parts)


def write_property(ref: Ref, value: bytes, priority: int | None) -> bytes:
    """`value` is application-tagged already."""
    last = b"" if priority is None else context(4, priority)
    return read_property(ref) + tagged(OPENING, 3) + value + tagged(CLOSING, 3) + last


def write_property_multiple(ref: Ref, entries: Iterable[tuple[bytes, int]]) -> bytes:
    """One property, in each of several slots: (value, priority), in the order in which they are written."""
    parts = [context_object(0, ref.object), tagged(OPENING, 1)]
    for value, priority in entries:
        parts += [
            context(0, ref.property),
            tagged(OPENING, 2),
            value,
            tagged(CLOSING, 2),
            context(3, priority),
        ]
    return b"".join([*parts, tagged(CLOSING, 1)])


def subscribe_cov(process: int, what: ObjectId, confirmed: bool, lifetime_s: int) -> bytes:
    """`lifetime_s` must not be 0, which would be for ever (a subscription nobody cleans up)."""
    if lifetime_s <= 0:
        raise ValueError("a subscription must end")
    return context(0, process) + context_object(1, what) + context(2, int(confirmed)) + context(3, lifetime_s)


def unsubscribe_cov(process: int, what: ObjectId) -> bytes:
    return context(0, process) + context_object(1, what)


def who_is(instance: int) -> bytes:
    return context(0, instance) + context(1, instance)


def parse_read_property(data: bytes) -> tuple[Ref, Tags]:
    cursor = _Cursor(walk(data))
    ref = _reference(cursor)
    cursor.take(OPENING, 3)
    value = cursor.until(3)
    cursor.end()
    return ref, value


def parse_read_property_multiple(data: bytes) -> dict[Ref, Answer]:
    cursor = _Cursor(walk(data))
    answers: dict[Ref, Answer] = {}
    while cursor.more():
        owner = object_id(cursor.take(CONTEXT, 0).data)
        cursor.take(OPENING, 1)
        while not cursor.at(CLOSING, 1):
            prop = unsigned(cursor.take(CONTEXT, 2).data)
            index = unsigned(cursor.take(CONTEXT, 3).data) if cursor.at(CONTEXT, 3) else None
            ref = Ref(owner, prop, index)
            if cursor.at(OPENING, 5):
                cursor.take(OPENING, 5)
                answers[ref] = _fault(cursor)
                cursor.take(CLOSING, 5)
            else:
                cursor.take(OPENING, 4)
                answers[ref] = cursor.until(4)
        cursor.take(CLOSING, 1)
    return answers


def parse_error(data: bytes) -> Fault:
    """What follows an error PDU's header; services with a longer error carry the plain one first."""
    cursor = _Cursor(walk(data))
    if cursor.at(OPENING, 0):
        cursor.take(OPENING, 0)
    return _fault(cursor)


def parse_i_am(data: bytes) -> IAm:
    tags = walk(data)
    values: list[Atom] = [atom(tag) for tag in tags]
    match values:
        case [ObjectId(type=8, instance=instance), int(max_apdu), *_] if max_apdu >= 50:
            return IAm(instance, max_apdu)
    raise BadFrame("not an I-Am")


def parse_who_is(data: bytes) -> range:
    """The instances asked for."""
    cursor = _Cursor(walk(data))
    if not cursor.more():
        return range(4194304)
    low = unsigned(cursor.take(CONTEXT, 0).data)
    high = unsigned(cursor.take(CONTEXT, 1).data)
    return range(low, high + 1)


def parse_notification(data: bytes) -> Notification:
    cursor = _Cursor(walk(data))
    process = unsigned(cursor.take(CONTEXT, 0).data)
    device = object_id(cursor.take(CONTEXT, 1).data)
    what = object_id(cursor.take(CONTEXT, 2).data)
    cursor.take(CONTEXT, 3)
    cursor.take(OPENING, 4)
    values: dict[int, Tags] = {}
    while not cursor.at(CLOSING, 4):
        prop = unsigned(cursor.take(CONTEXT, 0).data)
        if cursor.at(CONTEXT, 1):
            cursor.take(CONTEXT, 1)
        cursor.take(OPENING, 2)
        values[prop] = cursor.until(2)
        if cursor.at(CONTEXT, 3):
            cursor.take(CONTEXT, 3)
    cursor.take(CLOSING, 4)
    cursor.end()
    return Notification(process, device.instance, what, values)


def _reference(cursor: _Cursor) -> Ref:
    owner = object_id(cursor.take(CONTEXT, 0).data)
    prop = unsigned(cursor.take(CONTEXT, 1).data)
    index = unsigned(cursor.take(CONTEXT, 2).data) if cursor.at(CONTEXT, 2) else None
    return Ref(owner, prop, index)


def _fault(cursor: _Cursor) -> Fault:
    cursor.take(APPLICATION, ENUMERATED)
    return Fault(error_name(unsigned(cursor.take(APPLICATION, ENUMERATED).data)))


class _Cursor:
    """A place in a list of tags."""

    def __init__(self, tags: list[Tag]) -> None:
        self._tags = tags
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._tags)

    def at(self, kind: int, number: int) -> bool:
        if self._at >= len(self._tags):
            return False
        tag = self._tags[self._at]
        return tag.kind == kind and tag.number == number

    def take(self, kind: int, number: int) -> Tag:
        if not self.at(kind, number):
            raise BadFrame(f"expected tag {kind}/{number}")
        self._at += 1
        return self._tags[self._at - 1]

    def until(self, number: int) -> Tags:
        """Everything up to the closing tag `number` of this level, which is passed too."""
        depth, begin = 0, self._at
        for at in range(begin, len(self._tags)):
            kind = self._tags[at].kind
            if kind == OPENING:
                depth += 1
            elif kind == CLOSING:
                if not depth and self._tags[at].number == number:
                    self._at = at + 1
                    return tuple(self._tags[begin:at])
                depth -= 1
                if depth < 0:
                    break
        raise BadFrame(f"no closing tag {number}")

    def end(self) -> None:
        if self.more():
            raise BadFrame("something follows")
