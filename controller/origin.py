"""Whose a data directory is: a real site's, or that of a simulation with a time of its own.

The two never share one. A simulation's time runs elsewhere and faster: stored in a real site's data it would
make the next real start doubt its clock, and what was tried out there would stand among people's commands.
"""

from __future__ import annotations

import os
from pathlib import Path

from config.language import text
from config.language.details import detail
from controller.options import NotStarted

MARK = "simulated"
"""There in the data directory of a simulation."""
_WORDS = "The data here are of a simulation (louguan demo, or run --overlay). 此目录为模拟数据。\n"
_KEPT = ("control.db", "log.db", "plans")
"""What a daemon keeps: where one of these is without the mark, it was a real site's."""


def is_simulated(data: Path) -> bool:
    """Whether a simulation has marked the directory."""
    return (data / MARK).exists()


def refuse_real(data: Path) -> None:
    """Raises NotStarted for the data of a real site. Writes nothing."""
    if not is_simulated(data) and any((data / name).exists() for name in _KEPT):
        raise NotStarted(
            text("{data} holds the data of a real site: a simulation may not use it", data=str(data)),
            hint=text("give the simulation a directory of its own: --data DIR"),
        )


def refuse_simulated(data: Path) -> None:
    """Raises NotStarted for the data of a simulation. Writes nothing."""
    if is_simulated(data):
        raise NotStarted(
            text("{data} holds the data of a simulation: a real site may not use it", data=str(data)),
            hint=text("give another directory with --data DIR, or delete this one if nobody needs it"),
        )


def refuse_strange(data: Path) -> None:
    """Raises NotStarted for anything but a new, an empty or a simulation's own directory. Writes nothing."""
    refuse_real(data)
    if is_simulated(data):
        return
    try:
        with os.scandir(data) as entries:
            found = next(entries, None)
    except FileNotFoundError:
        return
    except OSError as error:
        raise NotStarted(
            text("cannot open {file}: {error}", file=str(data), error=detail(str(error)))
        ) from error
    if found is not None:
        raise NotStarted(
            text("{data} holds other files: a demo needs a directory of its own", data=str(data)),
            hint=text("name a new directory, or leave --data out: the demo then makes one and deletes it"),
        )


def mark(data: Path) -> None:
    """Make the directory a simulation's. Raises NotStarted."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        (data / MARK).write_text(_WORDS, encoding="utf-8")
    except OSError as error:
        raise NotStarted(
            text("cannot open {file}: {error}", file=str(data), error=detail(str(error)))
        ) from error
