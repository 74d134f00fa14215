"""Who may read what the programs write: their own user, and where the site says so one group. Nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OWN = 0o077
"""What is taken from the modes of new files: everything of everybody else."""
GROUP = 0o027
"""The group may read."""


def keep(data: Path, gid: int | None = None) -> None:
    """From here on what this process makes is its user's, or its group's to read; a data directory that is
    not there yet is made so. One that is there stays as it is: somebody made it that way.
    """
    os.umask(os.umask(OWN) | (OWN if gid is None else GROUP))
    # A directory that cannot be made is told of by who takes its lock.
    with suppress(OSError):
        if not data.exists():
            data.mkdir(parents=True)
            if gid is not None:
                os.chown(data, -1, gid)
                data.chmod(0o750)


@contextmanager
def narrowed() -> Iterator[None]:
    """Meanwhile, what this process makes is its user's alone."""
    before = os.umask(OWN)
    os.umask(before | OWN)
    try:
        yield
    finally:
        os.umask(before)
