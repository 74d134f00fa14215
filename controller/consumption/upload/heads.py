"""The head of the ledger, told to whoever takes the log: a ledger that somebody writes anew from its first
row on holds together, and yet is not the one whose head others have kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

HEADER = "Louguan-Ledger-Head"
_WRITTEN = re.compile(r"([0-9]{1,18}):([0-9a-f]{64}):([0-9]{1,15})", re.ASCII)


class LedgerHead(NamedTuple):
    """The last row that was committed when it was asked for."""

    seq: int
    hash: str
    """SHA-256 in hex."""
    time_ms: int
    """Site time then."""


HeadNow: TypeAlias = Callable[[], LedgerHead | None]
"""None: there is none yet."""


def nothing() -> LedgerHead | None:
    """Of a sink that is told of no ledger."""
    return None


def header(head: LedgerHead) -> str:
    """As a header of HTTP has it: SEQ:HASH:TIME_MS."""
    return f"{head.seq}:{head.hash}:{head.time_ms}"


def read_header(written: str) -> LedgerHead | None:
    """What a header says; None for what says nothing."""
    found = _WRITTEN.fullmatch(written)
    return None if found is None else LedgerHead(int(found[1]), found[2], int(found[3]))


def head_json(site: str, head: LedgerHead) -> dict[str, Any]:
    """As a message has it."""
    return {"site": site, "seq": head.seq, "hash": head.hash, "time_ms": head.time_ms}
