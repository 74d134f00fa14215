"""XML that may come from anybody: no document type, no entities, bounded in size, depth and number. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from controller.consumption.upload.national.errors import DocumentError

MOST_BYTES = 262_144
MOST_DEPTH = 12
MOST_ELEMENTS = 20_000
MOST_ATTRIBUTES = 20
_CHINESE = frozenset({"gb2312", "gbk", "gb18030"})
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["']""")


@dataclass(slots=True)
class Element:
    """One element. Text is that before the first child, without blanks around it."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def add(self, name: str, text: str = "", **attributes: str) -> Element:
        """A new last child."""
        child = Element(name, attributes, text)
        self.children.append(child)
        return child

    def all(self, name: str) -> Iterator[Element]:
        return (child for child in self.children if child.name == name)

    def child(self, name: str) -> Element | None:
        return next(self.all(name), None)

    def of(self, name: str) -> str:
        """Text of the first child of that name; "" if there is none."""
        child = self.child(name)
        return "" if child is None else child.text


def write(root: Element, encoding: str, declaration: bool) -> bytes:
    """The document. Raises DocumentError when the encoding lacks a character, or XML does."""
    begin = f'<?xml version="1.0" encoding="{encoding}"?>' if declaration else ""
    said = begin + "".join(_written(root))
    if _FORBIDDEN.search(said):
        raise DocumentError("a control character in a text")
    try:
        return said.encode(encoding)
    except UnicodeEncodeError as error:
        raise DocumentError(f"{encoding} lacks a character: {error.object[error.start]!r}") from None


_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff￾￿]")


def _written(element: Element) -> Iterator[str]:
    begin = element.name + "".join(f" {key}={quoteattr(value)}" for key, value in element.attributes.items())
    if not element.text and not element.children:
        yield f"<{begin}/>"
        return
    yield f"<{begin}>{escape(element.text)}"
    for child in element.children:
        yield from _written(child)
    yield f"</{element.name}>"


def read(data: bytes, encoding: str, most_bytes: int = MOST_BYTES) -> Element:
    """The root of a document. `encoding` holds where the document does not say. Raises DocumentError."""
    if len(data) > most_bytes:
        raise DocumentError("too large")
    return _Reader().read(_decoded(data, encoding))


def _decoded(data: bytes, encoding: str) -> str:
    declared = _DECLARED.match(data)
    named = declared.group(1).decode("ascii").lower() if declared else encoding
    if named not in {"utf-8", "utf8", "us-ascii", *_CHINESE}:
        raise DocumentError(f"encoding {named}")
    # Those who say gb2312 mean what their Windows calls so; all of it is within gb18030.
    try:
        return data.decode("gb18030" if named in _CHINESE else "utf-8-sig")
    except UnicodeDecodeError:
        raise DocumentError(f"not {named}") from None


class _Reader:
    """The parser of one document."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._root: Element | None = None
        self._count = 0

    def read(self, document: str) -> Element:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.ProcessingInstructionHandler = _refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise DocumentError(f"no XML: {error}") from None
        except UnicodeError:
            raise DocumentError("no XML: a character there is none of") from None
        assert self._root is not None
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MOST_DEPTH:
            raise DocumentError("nested too deep")
        if self._count > MOST_ELEMENTS or len(attributes) > MOST_ATTRIBUTES:
            raise DocumentError("too many parts")
        element = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        self._texts.append([])

    def _end(self, name: str) -> None:  # noqa: ARG002 - expat hands it over
        element, pieces = self._open.pop(), self._texts.pop()
        element.text = "".join(pieces).strip()

    def _characters(self, data: str) -> None:
        if not self._open[-1].children:
            self._texts[-1].append(data)


def _refuse(*_: object) -> None:
    raise DocumentError("a document type, an entity or an instruction, which this protocol has none of")
