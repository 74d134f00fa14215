"""Bringing a database of any older version forward.

Each step is a numbered function that is never changed once released; the names of those applied are kept in
the database by sqlite-utils. Its import is put off until there is something to do: it costs 150 ms and 13
MiB, and a start with up-to-date files needs neither.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from config.language import text
from controller.store.errors import StoreTooNew

if TYPE_CHECKING:
    from sqlite_utils import Database

Step = Callable[["Database"], None]
"""One migration: runs inside a transaction together with the note that it was applied."""


_NAME = re.compile(r"m(\d{3})(_[a-z0-9_]+)?")


_A_WHILE = 10_000_000
"""Of SQLite's own instructions: about half a second, a few on a small machine."""


def bring_forward(
    connection: sqlite3.Connection,
    name: str,
    steps: Sequence[Step],
    under_way: Callable[[], object] = lambda: None,
) -> list[str]:
    """Apply to the database `name` whichever of `steps` it has not had. Returns the names of those applied
    now. `under_way` is called every now and then while that takes its time.

    Raises StoreTooNew when it has had steps that are unknown here, sqlite3.Error when a step fails (which
    then has changed nothing) or what it has had cannot be the name of a step.
    """
    had = applied(connection, name)
    known = [step.__name__ for step in steps]
    strangers = sorted(set(had) - set(known))
    # A later step has a later number; anything else that is unknown is no step.
    if not all((found := _NAME.fullmatch(name)) and int(found[1]) > len(known) for name in strangers):
        raise sqlite3.DatabaseError("the list of its migrations is damaged")
    if strangers:
        raise StoreTooNew(
            text(
                "{name}.db was written by a newer louguan (it has {step}); this one cannot use it",
                name=name,
                step=strangers[-1],
            )
        )
    pending = [step for step in known if step not in had]
    if pending:
        from sqlite_utils import Database, Migrations

        migrations = Migrations(name)
        for step in steps:
            migrations()(step)

        def goes_on() -> None:
            under_way()

        connection.set_progress_handler(goes_on, _A_WHILE)
        try:
            migrations.apply(Database(connection, execute_plugins=False))
        finally:
            connection.set_progress_handler(None, 0)
    return pending


def applied(connection: sqlite3.Connection, name: str) -> list[str]:
    """The steps the database `name` has had, in order."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone():
        return []
    query = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id"
    return [str(row[0]) for row in connection.execute(query, (name,))]
