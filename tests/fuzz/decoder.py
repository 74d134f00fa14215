"""What is fuzzed: one way by which foreign bytes come in, with its seeds and what it may raise."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeAlias

CANARY = "canary-Zx7/q9+secret"
"""A secret that decoders know where they know one. It may occur in nothing that people are told."""


class Wrong(Exception):
    """An oracle's verdict: the decoder went on, but with something that must not be."""


Mend: TypeAlias = Callable[[bytes, Random], bytes]


def _as_it_is(data: bytes, _random: Random) -> bytes:
    return data


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Decoder:
    """`take` feeds one case to the real code. What it raises is a crash, but for `declared`."""

    take: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    """What the other side says when all is well, by real encoders."""
    declared: tuple[type[Exception], ...] = ()
    words: tuple[bytes, ...] = ()
    """Pieces worth putting in: keywords, bounds, what other versions would say."""
    mend: Mend = _as_it_is
    """Makes lengths and sums right again after a mutation, now and then, so that it gets further in."""
    tree: Mend | None = None
    """Changes a seed along its own form, for half of the cases."""
    hushed: bool = False
    """The canary may be in no line of the log either, whatever the case says back."""
    longest: int = 4096
    """Bytes of a case, at most."""
    close: Callable[[], None] = _nothing


def unsaid(said: object) -> None:
    """Raises Wrong where the canary is in what people would be told."""
    if CANARY in str(said):
        raise Wrong("a secret is in what people are told")


def folder(name: str) -> tempfile.TemporaryDirectory[str]:
    """One in memory where there is such a place: nothing here is about disks."""
    return tempfile.TemporaryDirectory(
        prefix=f"fuzz-{name}-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None
    )


def with_length(data: bytes, random: Random) -> bytes:
    """A Mend for HTTP: the length that is said is that of the body."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank or not body or random.random() < 0.3:
        return data
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    return b"\r\n".join((*lines, f"Content-Length: {len(body)}".encode(), b"", body))
