"""From the bytes of a request to what is answered: unpacked within bounds, read line by line, stored."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple

from controller.receiver.rows import Nonsense, Received, Refused, read_line
from controller.receiver.store import Put, Store

MOST_ROWS = 10_000
MOST_PACKED = 4 * 1024 * 1024
"""Bytes of a body as it comes."""
MOST_PLAIN = 16 * 1024 * 1024
"""Bytes of a body unpacked."""


class TooMuch(Exception):
    """More bytes or rows than are taken at once."""


class Foreign(Exception):
    """A row of a site that may not be written to."""


class Taken(NamedTuple):
    """What is answered, and what is told in the log."""

    answer: dict[str, Any]
    sites: frozenset[str]
    accepted: int
    new: int
    refused: tuple[tuple[str, str], ...]


def take(store: Store, body: bytes, *, packed: bool, site: str | None) -> Taken:
    """Store what `body` holds; for a thread. `site`: the only one that may be written to, None = any.

    Raises Nonsense, TooMuch, Foreign (nothing stored), StoreUnavailable (what is stored of it is
    stored, what is not comes again).
    """
    plain = unpack(body) if packed else body
    if len(plain) > MOST_PLAIN:
        raise TooMuch(f"more than {MOST_PLAIN} bytes")
    by_site, refused = _read(plain, site)
    done = [store.put(name, rows) for name, rows in by_site.items()]
    return _taken(by_site, refused, done)


def unpack(body: bytes) -> bytes:
    """gunzip, never to more than MOST_PLAIN bytes. Raises TooMuch, Nonsense."""
    machine = zlib.decompressobj(wbits=31)
    try:
        plain = machine.decompress(body, MOST_PLAIN + 1)
    except zlib.error as error:
        raise Nonsense("not gzip") from error
    if len(plain) > MOST_PLAIN:
        raise TooMuch(f"more than {MOST_PLAIN} bytes unpacked")
    if not machine.eof or machine.unused_data:
        raise Nonsense("not one whole gzip stream")
    return plain


def _read(plain: bytes, site: str | None) -> tuple[dict[str, list[Received]], list[tuple[str, str]]]:
    by_site: dict[str, list[Received]] = {}
    refused: list[tuple[str, str]] = []
    if plain.count(b"\n") + (not plain.endswith(b"\n")) > MOST_ROWS:
        raise TooMuch(f"more than {MOST_ROWS} rows")
    for number, line in enumerate(plain.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            named, row = read_line(line)
        except Nonsense as error:
            raise Nonsense(f"line {number}: {error}") from error
        except Refused as error:
            refused.append((error.key, error.reason))
            continue
        if site is not None and named != site:
            raise Foreign(f"this token is of site {site}, the rows are of site {named}")
        by_site.setdefault(named, []).append(row)
    if not by_site and not refused:
        raise Nonsense("no rows")
    return by_site, refused


def _taken(by_site: dict[str, list[Received]], refused: list[tuple[str, str]], done: list[Put]) -> Taken:
    accepted = [key for put in done for key in put.accepted]
    away = [*refused, *(pair for put in done for pair in put.refused)]
    new = sum(put.new for put in done)
    answer = {
        "accepted": accepted,
        "refused": [{"key": key, "reason": reason} for key, reason in away],
        "new": new,
    }
    return Taken(answer, frozenset(by_site), len(accepted), new, tuple(away))
