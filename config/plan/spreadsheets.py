"""The text of a table (CSV) that a spreadsheet has saved. Pure."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Saved(NamedTuple):
    """What is in a file."""

    content: str
    encoding: str
    """utf-8, utf-16 (Excel's "Unicode text"), or gb18030: what Excel in China calls CSV, GBK and GB 2312
    included."""


def saved(data: bytes) -> Saved:
    """What `data` says. Raises UnicodeDecodeError, of UTF-8, for what is in none of these."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return Saved(data.decode(encoding), encoding)
            except UnicodeDecodeError:
                break
    try:
        return Saved(data.decode("utf-8-sig"), "utf-8")
    except UnicodeDecodeError as error:
        try:
            return Saved(data.decode("gb18030"), "gb18030")
        except UnicodeDecodeError:
            raise error from None
