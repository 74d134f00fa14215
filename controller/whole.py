"""Files that are written whole or not at all, whenever the power is cut."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: str) -> None:
    """`content` in the place of what is there, on the disk when this returns. Raises OSError; then what was
    there stands."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        if isinstance(error, OSError):
            # Nobody knows the other name.
            error.filename = str(path)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Bring a file, or a folder's names, to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
