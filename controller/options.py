"""How a daemon was asked to run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from config.language import Text


@dataclass(frozen=True, slots=True)
class Options:
    """The words of the command line, already of the right type."""

    site: Path
    data: Path
    overlay: Path | None = None
    speed: float = 1.0
    accept: bool = False
    observe: bool = False
    trust_clock: bool = False
    """Believe the machine's clock from the start."""
    socket_group: str | None = None
    ledger_days: int = 400
    """Days that the ledger's rows stay in control.db."""
    language: str | None = None
    """None: the site's own."""
    person: str = ""
    """Who started it, for the record of an accepted plan."""
    compiled: Path | None = None
    """Accept this compiled Plan of the site's files: the program that started us has just compiled them."""
    lock: int | None = None
    """The open lock file of the data directory: the program that started us has locked it for us."""
    end_with_input: bool = False
    """Stop when standard input closes: the program that started us is gone."""


_PATHS = ("site", "data", "overlay", "compiled")


def dump(options: Options) -> bytes:
    """For another process of ours."""
    words = asdict(options)
    given = {name: str(words[name]) for name in _PATHS if words[name] is not None}
    return json.dumps({**words, **given}).encode("ascii")


def load(said: bytes) -> Options:
    """What `dump` gave."""
    words = json.loads(said)
    return Options(**{**words, **{name: Path(words[name]) for name in _PATHS if words[name] is not None}})


class NotStarted(Exception):
    """The daemon cannot start; `what` says why and `hint` what to do."""

    def __init__(self, what: Text | str, hint: Text | str = "") -> None:
        super().__init__(str(what))
        self.what = what
        self.hint = hint
