"""Where bookings come from without the daemon: a table, or the daemon's own database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from config.language import Text, text
from config.language.details import reason
from controller.cli.speech import Failure, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.plan.places import Booking
    from config.plan.site import Plan

_MOST_TOLD = 40
MOST_BYTES = 1 << 20


def of_table(file: Path, plan: Plan) -> Sequence[Booking]:
    """The bookings of a CSV file. Raises Failure with every line that is wrong."""
    from config.plan.regular import read_regular
    from controller.bookings.table import Problem, read_table
    from schedules.local import LocalTime

    try:
        data = read_regular(file, MOST_BYTES + 1)
    except OSError as error:
        raise Failure(text("cannot open {file}: {error}", file=str(file), error=reason(error))) from error
    if len(data) > MOST_BYTES:
        raise Failure(text("{file} is larger than {most} kB", file=str(file), most=MOST_BYTES // 1024))

    def line(problem: Problem) -> str:
        at = f"{file.name}:{problem.line}" if problem.line else file.name
        return f"{at}: {say(problem.words)}"

    found = read_table(data, plan, LocalTime(plan.site.time_zone))
    if found.problems:
        told = [line(problem) for problem in found.problems[:_MOST_TOLD]]
        more = len(found.problems) - len(told)
        what: Text = text("nothing was taken in: {count} lines are wrong", count=len(found.problems))
        raise Failure(what, hint="\n".join([*told, *([f"… (+{more})"] if more else [])]), kind="wrong-table")
    if found.encoding == "gb18030":
        tell(say(text("note: the file is not UTF-8; it was read as GBK")))
    return found.bookings


def of_daemon(data: Path) -> Sequence[Booking]:
    """Those that the daemon of a data directory has, whether it runs or not; none where none can be read."""
    from controller.store import bookings
    from controller.store.connection import open_reader

    try:
        with closing(open_reader(data / "control.db")) as connection:
            return bookings.read(connection)
    except sqlite3.Error:
        return ()  # there is none, or it is of a version that had no bookings
