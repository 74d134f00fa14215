"""Cases that once failed, kept for ever: a file each, words in lines with #, then hexadecimal digits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from tests.fuzz.running import HOUSE, Failure

FOLDER = Path(__file__).with_name("corpus")


def kept(decoder: str, folder: Path = FOLDER) -> Iterator[tuple[str, bytes]]:
    """(name, case) of all that are kept for a decoder."""
    for path in sorted((folder / decoder).glob("*.hex")):
        yield path.stem, case_in(path.read_text(encoding="utf-8"))


def case_in(written: str) -> bytes:
    """The case that a file of the corpus, or a line of digits, holds. Raises ValueError."""
    return bytes.fromhex("".join(line for line in written.splitlines() if not line.startswith("#")))


def keep(decoder: str, seed: int, failure: Failure, folder: Path = FOLDER) -> Path:
    """Put one there; the file."""
    path = folder / decoder / f"{hashlib.sha256(failure.data).hexdigest()[:12]}.hex"
    path.parent.mkdir(parents=True, exist_ok=True)
    says = " ".join(failure.says.replace(f"{HOUSE}/", "").split())
    words = f"# {failure.kind}: {says}\n# {failure.where}\n# seed {seed}, case {failure.number}\n"
    path.write_text(words + "\n".join(wrap(failure.data.hex(), 100)) + "\n", encoding="utf-8")
    return path
