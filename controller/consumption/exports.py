"""The log as people take it away: rows with local and universal time, exact, in CSV, JSON or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from itertools import islice
from typing import IO

from controller.consumption.tables import (
    FIGURES,
    WHOSE,
    Cell,
    Column,
    Kind,
    Record,
    csv_head,
    csv_lines,
    figures,
    fits_parquet,
    whose,
    write_parquet,
)
from controller.consumption.upload.port import Row
from controller.consumption.upload.rowjson import exact_text

COLUMNS = (
    *WHOSE,
    Column("start", Kind.TEXT),
    Column("end", Kind.TEXT),
    Column("start_utc", Kind.TIME),
    Column("end_utc", Kind.TIME),
    Column("revision", Kind.WHOLE),
    Column("from_utc", Kind.TIME),
    *FIGURES,
    Column("note", Kind.TEXT),
)
"""`start` and `end` are local, with their offset."""
_LISTS = frozenset({"flags", "lacking"})
"""Columns of words with blanks between: lists in JSON."""
_BATCH = 20_000


class DoesNotFit(ValueError):
    """A number has more digits than a column of Parquet."""


def record(site: str, row: Row, zone: tzinfo, note: str = "") -> Record:
    """The row's cells."""
    return (
        *whose(site, row),
        local_iso(row.start_ms, zone),
        local_iso(row.end_ms, zone),
        universal(row.start_ms),
        universal(row.end_ms),
        row.revision,
        None if row.from_ms is None else universal(row.from_ms),
        *figures(row),
        note,
    )


def write(file: IO[bytes], kind: str, columns: Sequence[Column], records: Iterable[Record]) -> int:
    """Write all records as csv, json (an object a line) or parquet. Returns how many: of none, or where the
    first cannot be had, csv and json write nothing. Raises OSError, DoesNotFit."""
    counted = _Counted(records)
    if kind == "parquet":
        write_parquet(file, columns, _batches(counted))
        return counted.count
    for number, batch in enumerate(_batches(counted, fitting=False)):
        if kind == "csv" and not number:
            file.write(csv_head(columns).encode())
        content = (
            csv_lines(batch) if kind == "csv" else "".join(_json_line(columns, cells) for cells in batch)
        )
        file.write(content.encode())
    return counted.count


def universal(time_ms: int) -> datetime:
    """UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def local_iso(time_ms: int, zone: tzinfo) -> str:
    """Local time with its offset, to the second."""
    return universal(time_ms).astimezone(zone).isoformat(timespec="seconds")


class _Counted:
    def __init__(self, records: Iterable[Record]) -> None:
        self._records = iter(records)
        self.count = 0

    def __iter__(self) -> Iterator[Record]:
        for one in self._records:
            self.count += 1
            yield one


def _batches(records: Iterable[Record], *, fitting: bool = True) -> Iterator[list[Record]]:
    source = iter(records)
    while batch := list(islice(source, _BATCH)):
        if fitting and not all(map(fits_parquet, batch)):
            raise DoesNotFit
        yield batch


def _json_line(columns: Sequence[Column], cells: Record) -> str:
    found = {
        column.name: value.split() if column.name in _LISTS and isinstance(value, str) else _plain(value)
        for column, value in zip(columns, cells, strict=True)
    }
    return json.dumps(found, ensure_ascii=False) + "\n"


def _plain(value: Cell) -> str | float | None:
    if isinstance(value, Decimal):
        return exact_text(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value
