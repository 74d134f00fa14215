"""Changing intervals by hand, as somebody with a tool for databases might."""

from __future__ import annotations

import sqlite3

_PARTS = """
    NEW.fitting - NEW.meter, NEW.count_end, NEW.consumption, NEW.peak,
    json_array(NEW.flags, NEW.covered_s, NEW.from_ms, NEW.count_start, NEW.end_ms, NEW.revision)"""
_KEY = "((SELECT id FROM slots WHERE start_ms = NEW.start_ms) << 26) + (NEW.meter << 10)"
_SLOT = "INSERT OR IGNORE INTO slots (start_ms, end_ms) VALUES (NEW.start_ms, NEW.end_ms);"
_TRIGGERS = f"""
    CREATE TEMP TRIGGER changed INSTEAD OF UPDATE ON intervals BEGIN
        {_SLOT}
        UPDATE logged SET key = {_KEY} + (OLD.key & 1023),
            (fitted, count_end, consumption, peak, rest) = (SELECT {_PARTS}) WHERE key = OLD.key;
    END;
    CREATE TEMP TRIGGER deleted INSTEAD OF DELETE ON intervals BEGIN
        DELETE FROM logged WHERE key = OLD.key;
    END;
    CREATE TEMP TRIGGER added INSTEAD OF INSERT ON intervals BEGIN
        {_SLOT}
        INSERT INTO logged (key, id, fitted, count_end, consumption, peak, rest)
        SELECT {_KEY} + NEW.revision, (SELECT max(id) + 1 FROM logged), {_PARTS};
    END;
"""


def tamper(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Let this connection change what the view shows."""
    connection.executescript(_TRIGGERS)
    return connection
