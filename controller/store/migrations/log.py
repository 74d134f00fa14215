"""The steps of log.db."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.store.migrations import Step

if TYPE_CHECKING:
    from sqlite_utils import Database


def m001_first(db: Database) -> None:
    """Meters, what was fitted when, intervals and where each meter's log stands."""
    db.execute(
        """CREATE TABLE meters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            point TEXT NOT NULL,
            quantity TEXT NOT NULL
        )"""
    )
    db.execute(
        """CREATE TABLE fittings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            meter INTEGER NOT NULL REFERENCES meters (id),
            serial TEXT NOT NULL DEFAULT '',
            unit TEXT NOT NULL,
            quantum TEXT NOT NULL,
            modulus INTEGER,
            since_ms INTEGER NOT NULL,
            first_count INTEGER
        )"""
    )
    db.execute("CREATE INDEX fittings_by_meter ON fittings (meter, id)")
    db.execute(
        """CREATE TABLE intervals (
            meter INTEGER NOT NULL REFERENCES meters (id),
            start_ms INTEGER NOT NULL,
            revision INTEGER NOT NULL DEFAULT 0,
            end_ms INTEGER NOT NULL CHECK (end_ms > start_ms),
            fitting INTEGER NOT NULL REFERENCES fittings (id),
            from_ms INTEGER,
            count_start INTEGER CHECK (typeof(count_start) IN ('integer', 'null')),
            count_end INTEGER CHECK (typeof(count_end) IN ('integer', 'null')),
            consumption INTEGER CHECK (typeof(consumption) IN ('integer', 'null') AND consumption >= 0),
            peak INTEGER CHECK (typeof(peak) IN ('integer', 'null')),
            covered_s INTEGER NOT NULL CHECK (typeof(covered_s) = 'integer' AND covered_s >= 0),
            flags INTEGER NOT NULL CHECK (typeof(flags) = 'integer'),
            PRIMARY KEY (meter, start_ms, revision)
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE marks (
            meter INTEGER PRIMARY KEY REFERENCES meters (id),
            slot_ms INTEGER NOT NULL,
            anchor_ms INTEGER,
            anchor_count INTEGER,
            last_ms INTEGER,
            last_count INTEGER,
            wraps INTEGER NOT NULL,
            flags INTEGER NOT NULL
        )"""
    )


def m002_refused(db: Database) -> None:
    """Intervals that the table of intervals would not take, word for word. Nothing is checked here."""
    db.execute(
        """CREATE TABLE refused (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            meter INTEGER NOT NULL,
            fitting INTEGER NOT NULL,
            start_ms TEXT NOT NULL,
            reason TEXT NOT NULL,
            content TEXT NOT NULL
        )"""
    )


def m003_marks(db: Database) -> None:
    """Rollovers in quanta, as they were counted, so that another modulus cannot change them; and since when
    the count has stood."""
    db.execute(
        """CREATE TABLE marks_new (
            meter INTEGER PRIMARY KEY REFERENCES meters (id),
            slot_ms INTEGER NOT NULL,
            anchor_ms INTEGER,
            anchor_count INTEGER,
            last_ms INTEGER,
            last_count INTEGER,
            rolled INTEGER NOT NULL,
            changed_ms INTEGER,
            flags INTEGER NOT NULL
        )"""
    )
    db.execute(
        "INSERT INTO marks_new SELECT meter, slot_ms, anchor_ms, anchor_count, last_ms, last_count, "
        "wraps * coalesce((SELECT modulus FROM fittings WHERE fittings.meter = marks.meter "
        "ORDER BY id DESC LIMIT 1), 0), NULL, flags FROM marks"
    )
    db.execute("DROP TABLE marks")
    db.execute("ALTER TABLE marks_new RENAME TO marks")


def m004_feed(db: Database) -> None:
    """What sinks must get, in order, and how far each has come. Ids are never used twice: what a sink has is
    said by them."""
    db.execute(
        """CREATE TABLE feed (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            meter INTEGER NOT NULL,
            start_ms INTEGER NOT NULL,
            revision INTEGER NOT NULL
        )"""
    )
    db.execute(
        """CREATE TABLE sinks (
            name TEXT PRIMARY KEY,
            since_ms INTEGER NOT NULL,
            retired_ms INTEGER
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE settled (
            sink TEXT NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL CHECK (last >= first),
            PRIMARY KEY (sink, first)
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE aside (
            sink TEXT NOT NULL,
            feed INTEGER NOT NULL,
            reason TEXT NOT NULL,
            since_ms INTEGER NOT NULL,
            PRIMARY KEY (sink, feed)
        ) WITHOUT ROWID"""
    )
    db.execute(
        "INSERT INTO feed (meter, start_ms, revision) "
        "SELECT meter, start_ms, revision FROM intervals ORDER BY end_ms, meter, revision"
    )


def m005_people(db: Database) -> None:
    """What people know: the last count of a meter that was replaced, and notes to a span of time."""
    db.execute("ALTER TABLE fittings ADD COLUMN last_count INTEGER")
    db.execute(
        """CREATE TABLE notes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            meter INTEGER NOT NULL REFERENCES meters (id),
            from_ms INTEGER NOT NULL,
            to_ms INTEGER NOT NULL CHECK (to_ms > from_ms),
            note TEXT NOT NULL,
            person TEXT NOT NULL,
            noted_ms INTEGER NOT NULL
        )"""
    )


def m006_days(db: Database) -> None:
    """What each day adds up to, kept for ever; and of which meters days before now are still to be made."""
    db.execute(
        """CREATE TABLE days (
            meter INTEGER NOT NULL REFERENCES meters (id),
            start_ms INTEGER NOT NULL,
            fitting INTEGER NOT NULL REFERENCES fittings (id),
            end_ms INTEGER NOT NULL CHECK (end_ms > start_ms),
            consumption INTEGER CHECK (typeof(consumption) IN ('integer', 'null')),
            from_ms INTEGER,
            logged_s INTEGER NOT NULL,
            unknown_s INTEGER NOT NULL,
            later_s INTEGER NOT NULL,
            peak INTEGER,
            covered_s INTEGER NOT NULL,
            intervals INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            sealed INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (meter, start_ms, fitting)
        ) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE days_due (
            meter INTEGER PRIMARY KEY REFERENCES meters (id),
            from_ms INTEGER NOT NULL
        )"""
    )
    # Only whoever registers meters knows the time zone.
    db.execute("INSERT INTO days_due SELECT meter, min(start_ms) FROM intervals GROUP BY meter")


def m007_integrated(db: Database) -> None:
    """Where an integrated meter stands within its open slot: that is in no counter."""
    db.execute("ALTER TABLE marks ADD COLUMN remainder INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE marks ADD COLUMN covered_ms INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE marks ADD COLUMN peak INTEGER")


def m008_gone(db: Database) -> None:
    """What was deleted here, so that its absence is known to be right and gets into the ledger whatever
    happens; and from when on a restored file's rows are others than those that were lost with it."""
    db.execute(
        """CREATE TABLE deletions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            deleted_ms INTEGER NOT NULL,
            why TEXT NOT NULL,
            delivered INTEGER NOT NULL,
            undelivered INTEGER NOT NULL,
            sinks TEXT NOT NULL,
            first_ms INTEGER NOT NULL,
            last_ms INTEGER NOT NULL,
            recorded INTEGER NOT NULL CHECK (recorded IN (0, 1))
        )"""
    )
    db.execute(
        """CREATE TABLE restores (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            restored_ms INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision > 0)
        )"""
    )


def m009_undone(db: Database) -> None:
    """Replacements that were taken back: what older revisions of intervals were made by."""
    db.execute(
        """CREATE TABLE undone (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            meter INTEGER NOT NULL REFERENCES meters (id),
            serial TEXT NOT NULL,
            since_ms INTEGER NOT NULL,
            last_count INTEGER NOT NULL,
            first_count INTEGER NOT NULL,
            undone_ms INTEGER NOT NULL
        )"""
    )


def m010_dense(db: Database) -> None:
    """Intervals as the feed has them, one row for both: in the order of time, by slot and meter, and of the
    figures only what does not follow from others. The feed is said by stretches of ids."""
    db.execute(
        """CREATE TABLE slots (
            id INTEGER PRIMARY KEY,
            start_ms INTEGER NOT NULL UNIQUE,
            end_ms INTEGER NOT NULL CHECK (end_ms > start_ms)
        )"""
    )
    db.execute(
        """CREATE TABLE logged (
            key INTEGER PRIMARY KEY,
            id INTEGER NOT NULL CHECK (typeof(id) = 'integer'),
            fitted INTEGER NOT NULL CHECK (typeof(fitted) = 'integer'),
            count_end INTEGER CHECK (typeof(count_end) IN ('integer', 'null')),
            consumption INTEGER CHECK (typeof(consumption) IN ('integer', 'null') AND consumption >= 0),
            peak INTEGER CHECK (typeof(peak) IN ('integer', 'null')),
            rest CHECK (
                CASE typeof(rest)
                WHEN 'text' THEN json_array_length(rest) = 6
                    AND json_type(rest, '$[0]') = 'integer' AND json_type(rest, '$[1]') = 'integer'
                    AND json_extract(rest, '$[1]') >= 0
                    AND json_type(rest, '$[2]') IN ('integer', 'null')
                    AND json_type(rest, '$[3]') IN ('integer', 'null')
                    AND json_type(rest, '$[4]') IN ('integer', 'null') AND json_type(rest, '$[5]') = 'integer'
                ELSE typeof(rest) IN ('integer', 'null') AND coalesce(rest, 0) >= 0
                    AND count_end IS NOT NULL AND consumption IS NOT NULL
                END
            )
        )"""
    )
    db.execute(
        """CREATE TABLE stretches (
            first INTEGER PRIMARY KEY,
            last INTEGER NOT NULL CHECK (last >= first),
            slot INTEGER NOT NULL REFERENCES slots (id)
        )"""
    )
    db.execute("CREATE INDEX stretches_by_slot ON stretches (slot)")
    db.execute("CREATE TABLE fed (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL)")
    db.execute("INSERT INTO fed SELECT 1, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), 0)")
    # Slots in the order of time, as far as the first meters have them: what is written next comes behind.
    db.execute(
        "INSERT INTO slots (start_ms, end_ms) SELECT start_ms, end_ms FROM intervals WHERE true "
        "ON CONFLICT (start_ms) DO UPDATE SET end_ms = min(end_ms, excluded.end_ms) "
        "WHERE excluded.end_ms < end_ms"
    )
    db.execute(
        _DENSE.format(
            number="feed.id", source="feed JOIN intervals USING (meter, start_ms, revision)", order="feed.id"
        )
    )
    if db.execute("SELECT (SELECT count(*) FROM logged) < (SELECT count(*) FROM intervals)").fetchone()[0]:
        # What the feed has left out: sinks get it now.
        anew = "(SELECT last FROM fed) + row_number() OVER ()"
        db.execute(_DENSE.format(number=anew, source="intervals", order="meter, start_ms"))
        db.execute("UPDATE fed SET last = max(last, (SELECT max(id) FROM logged))")
    db.execute(
        "INSERT INTO stretches SELECT min(id), max(id), slot FROM (SELECT id, slot, id - row_number() "
        "OVER (PARTITION BY slot ORDER BY id) AS island FROM (SELECT id, key >> 26 AS slot FROM logged)) "
        "GROUP BY slot, island"
    )
    db.execute("DROP TABLE feed")
    db.execute("DROP TABLE intervals")
    for statement in _VIEWS:
        db.execute(statement)


_DENSE = """
    INSERT INTO logged
    SELECT (slots.id << 26) + (meter << 10)
        + (SELECT count(*) FROM intervals AS older WHERE older.meter = intervals.meter
            AND older.start_ms = intervals.start_ms AND older.revision < intervals.revision),
        {number}, fitting - meter, count_end, consumption, peak,
        CASE WHEN revision = 0 AND intervals.end_ms = slots.end_ms AND from_ms IS intervals.start_ms
            AND count_start IS count_end - consumption AND count_end IS NOT NULL
            AND consumption IS NOT NULL AND covered_s < 1 << 20 AND flags BETWEEN 0 AND 65535
        THEN CASE WHEN flags = 0 AND covered_s * 1000 = intervals.end_ms - intervals.start_ms
            THEN NULL ELSE (flags << 20) + covered_s END
        ELSE json_array(flags, covered_s, from_ms, count_start, intervals.end_ms, revision) END
    FROM {source} JOIN slots USING (start_ms) WHERE true ORDER BY {order} ON CONFLICT (key) DO NOTHING
"""
_SHOWN = """
    slots.start_ms AS start_ms,
    CASE typeof(rest) WHEN 'text' THEN json_extract(rest, '$[5]') ELSE 0 END AS revision,
    CASE typeof(rest) WHEN 'text' THEN json_extract(rest, '$[4]') ELSE slots.end_ms END AS end_ms,
    CASE typeof(rest) WHEN 'text' THEN json_extract(rest, '$[2]') ELSE slots.start_ms END AS from_ms,
    CASE typeof(rest) WHEN 'text' THEN json_extract(rest, '$[3]') ELSE count_end - consumption END
        AS count_start,
    count_end, consumption, peak,
    CASE typeof(rest) WHEN 'text' THEN json_extract(rest, '$[1]') WHEN 'integer' THEN rest & 1048575
        ELSE (slots.end_ms - slots.start_ms) / 1000 END AS covered_s,
    CASE typeof(rest) WHEN 'text' THEN json_extract(rest, '$[0]') WHEN 'integer' THEN rest >> 20
        ELSE 0 END AS flags,
    key, logged.id AS id"""
_VIEWS = (
    f"""CREATE VIEW intervals AS SELECT meters.id AS meter, meters.id + fitted AS fitting, {_SHOWN}
    FROM slots CROSS JOIN meters CROSS JOIN logged ON key BETWEEN (slots.id << 26) + (meters.id << 10)
        AND (slots.id << 26) + (meters.id << 10) + 1023""",  # noqa: S608
    f"""CREATE VIEW feed AS SELECT ((key >> 10) & 65535) AS meter, ((key >> 10) & 65535) + fitted AS fitting,
        {_SHOWN}, stretches.first AS stretch
    FROM stretches CROSS JOIN slots ON slots.id = stretches.slot
        CROSS JOIN logged ON key BETWEEN (slots.id << 26) AND (slots.id << 26) + 67108863
        AND logged.id BETWEEN stretches.first AND stretches.last""",  # noqa: S608
)
"""By meter, through the slots; and by place in the feed."""


def m011_days_by_time(db: Database) -> None:
    """Days in the order of time: those that grow lie beside each other."""
    db.execute(
        """CREATE TABLE days_new (
            meter INTEGER NOT NULL REFERENCES meters (id),
            start_ms INTEGER NOT NULL,
            fitting INTEGER NOT NULL REFERENCES fittings (id),
            end_ms INTEGER NOT NULL CHECK (end_ms > start_ms),
            consumption INTEGER CHECK (typeof(consumption) IN ('integer', 'null')),
            from_ms INTEGER,
            logged_s INTEGER NOT NULL,
            unknown_s INTEGER NOT NULL,
            later_s INTEGER NOT NULL,
            peak INTEGER,
            covered_s INTEGER NOT NULL,
            intervals INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            sealed INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (start_ms, meter, fitting)
        ) WITHOUT ROWID"""
    )
    db.execute("INSERT INTO days_new SELECT * FROM days ORDER BY start_ms")
    db.execute("DROP TABLE days")
    db.execute("ALTER TABLE days_new RENAME TO days")
    db.execute("CREATE INDEX days_by_meter ON days (meter, start_ms)")


LOG: tuple[Step, ...] = (
    m001_first,
    m002_refused,
    m003_marks,
    m004_feed,
    m005_people,
    m006_days,
    m007_integrated,
    m008_gone,
    m009_undone,
    m010_dense,
    m011_days_by_time,
)
"""In order; a released step is never changed, only followed."""
