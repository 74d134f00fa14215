"""Plain scalars typed as YAML 1.2's core schema has it, which editors follow too, and a little stricter."""

from __future__ import annotations

import re

from config.language import text
from config.written.nodes import Plain
from config.written.problems import Wrong

_NUMBERLIKE = re.compile(r"[-+.0-9]")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?")
_LONGEST = 40
_WORDS: dict[str, Plain] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


def typed(written: str) -> Plain:
    """The value of a scalar written without quotes.

    `on`, `off`, `yes`, `no`, `22:30`, `1_000`, `nan` and dates stay text. Raises Wrong for a number with a
    leading zero: people mean different things by it.
    """
    if written in _WORDS:
        return _WORDS[written]
    if not _NUMBERLIKE.match(written) or len(written) > _LONGEST:
        return written
    if _LEADING_ZERO.fullmatch(written):
        bare = without_zeros(written)
        raise Wrong(
            text("what is meant by {written}?", written=written),
            hint=text(
                'write {bare} for the number, or "{written}" in quotes for the text',
                bare=bare,
                written=written,
            ),
        )
    if _INT.fullmatch(written):
        return int(written)
    if _HEX.fullmatch(written):
        return int(written, 16)
    if _OCTAL.fullmatch(written):
        return int(written, 8)
    if _FLOAT.fullmatch(written):
        return float(written)
    return written


def without_zeros(number: str) -> str:
    """The number that was perhaps meant by one with leading zeros."""
    digits = number.lstrip("+-0") or "0"
    return f"-{digits}" if number.startswith("-") else digits
