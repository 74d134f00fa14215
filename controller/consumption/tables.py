"""Rows of the log as tables: CSV for people and spreadsheets, Parquet for analysis. Needs pyarrow for Parquet
only, and imports it only then.

Numbers are exact in both: text in CSV, decimal128 with nine places in Parquet. Unknown is empty, never 0.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, NamedTuple, TypeAlias

from controller.consumption.upload.port import Row
from controller.consumption.upload.rowjson import exact_text, flag_words, peak

if TYPE_CHECKING:
    import pyarrow as pa

Cell: TypeAlias = str | int | float | Decimal | datetime | None
Record: TypeAlias = tuple[Cell, ...]
"""One row: a cell for each of COLUMNS."""
Key: TypeAlias = tuple[str, str, int, int]
"""site, meter, start_ms, revision."""

PLACES = 9
"""Digits after the point in Parquet."""
_DIGITS = 38
_MOST_ROWS = 1_000_000
"""In a file that is read; no sink makes one that has so many."""
_BOM = "\ufeff"
"""By which spreadsheets know UTF-8; without it m³ is not m³ in a Chinese Windows."""


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    TIME = "time"
    WHOLE = "whole"
    EXACT = "exact"
    BINARY = "binary"
    """A number as a computer has it; the shortest digits that say it exactly."""


class Column(NamedTuple):
    """One column."""

    name: str
    kind: Kind


WHOSE = (
    Column("site", Kind.TEXT),
    Column("meter", Kind.TEXT),
    Column("quantity", Kind.TEXT),
    Column("unit", Kind.TEXT),
)
FIGURES = (
    Column("count_start", Kind.EXACT),
    Column("count_end", Kind.EXACT),
    Column("consumption", Kind.EXACT),
    Column("peak", Kind.EXACT),
    Column("covered_s", Kind.WHOLE),
    Column("flags", Kind.TEXT),
)
COLUMNS = (
    *WHOSE,
    Column("start", Kind.TIME),
    Column("end", Kind.TIME),
    Column("start_ms", Kind.WHOLE),
    Column("end_ms", Kind.WHOLE),
    Column("revision", Kind.WHOLE),
    Column("from", Kind.TIME),
    *FIGURES,
)
_NAMES = tuple(column.name for column in COLUMNS)
_KEY = tuple(_NAMES.index(name) for name in ("site", "meter", "start_ms", "revision"))


def record(site: str, row: Row, zone: tzinfo = UTC) -> Record:
    """The row's cells; times in `zone`, with their offset."""
    return (
        *whose(site, row),
        _time(row.start_ms, zone),
        _time(row.end_ms, zone),
        row.start_ms,
        row.end_ms,
        row.revision,
        None if row.from_ms is None else _time(row.from_ms, zone),
        *figures(row),
    )


def whose(site: str, row: Row) -> Record:
    """The cells of WHOSE."""
    return site, row.meter, row.quantity, row.unit


def figures(row: Row) -> Record:
    """The cells of FIGURES."""
    counts = row.exact(row.count_start), row.exact(row.count_end), row.exact(row.consumption)
    return *counts, peak(row), row.covered_s, " ".join(flag_words(row.flags))


def key(cells: Sequence[object]) -> Key:
    """The key of a record, or of a line of CSV split into its cells. Raises ValueError, IndexError."""
    site, meter, start_ms, revision = (cells[at] for at in _KEY)
    return str(site), str(meter), int(str(start_ms)), int(str(revision))


# CSV


def csv_head(columns: Sequence[Column] = COLUMNS) -> str:
    """The first line, with the mark by which UTF-8 is known."""
    return _BOM + _lines([[column.name for column in columns]])


def csv_lines(records: Iterable[Record]) -> str:
    """The records, one a line, lines ended by CR LF."""
    return _lines([_cell(value) for value in cells] for cells in records)


def csv_keys(content: str) -> Iterator[Key]:
    """Keys of all lines of such a file. Raises ValueError where it is none."""
    lines = csv.reader(io.StringIO(content.removeprefix(_BOM), newline=""), strict=True)
    try:
        if tuple(next(lines, ())) != _NAMES:
            raise ValueError("other columns")
        for cells in lines:
            if len(cells) != len(_NAMES):
                raise ValueError("a line is cut off")
            yield key(cells)
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _lines(rows: Iterable[Sequence[str]]) -> str:
    made = io.StringIO(newline="")
    csv.writer(made).writerows(rows)
    return made.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return exact_text(value) or ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value)


def _time(time_ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone)


# Parquet


def has_parquet() -> bool:
    """Whether pyarrow, the extra `parquet`, is installed. Does not import it."""
    return find_spec("pyarrow") is not None


def fits_parquet(cells: Record) -> bool:
    """Whether all its numbers keep every digit there."""
    return all(_fits(value) for value in cells if isinstance(value, Decimal))


def parquet(records: Sequence[Record], before: bytes | None = None) -> bytes:
    """A Parquet file of the records, after those of the file `before`. Each must fit."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema()
    columns = zip(*records, strict=True) if records else [[] for _ in COLUMNS]
    arrays = [pa.array(list(cells), field.type) for cells, field in zip(columns, schema, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=schema)
    if before is not None:
        stood = pq.ParquetFile(pa.BufferReader(before)).read(use_threads=False)
        table = pa.concat_tables([stood, table])
    made = pa.BufferOutputStream()
    pq.write_table(table, made, compression="zstd")
    return bytes(made.getvalue())


def write_parquet(file: IO[bytes], columns: Sequence[Column], batches: Iterable[Sequence[Record]]) -> None:
    """A Parquet file of any length, a batch at a time. Each record must fit."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(columns)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for records in batches:
            cells = zip(*records, strict=True)
            arrays = [pa.array(list(one), field.type) for one, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def parquet_keys(content: bytes) -> Iterator[Key]:
    """Keys of all rows of such a file. Raises ValueError where it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        # A few bytes may say that they are any number of rows.
        if file.metadata.num_rows > _MOST_ROWS:
            raise ValueError("more rows than are ever in one file")
        if file.schema_arrow != _schema():
            raise ValueError("other columns")
        # All of it, for it is gone on with. Threads of Arrow, those of read_table too, would each keep memory
        # of theirs, for a few thousand rows.
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error)) from None
    names = [_NAMES[at] for at in _KEY]
    for cells in table.select(names).to_pylist():
        site, meter, start_ms, revision = (cells[name] for name in names)
        yield site, meter, start_ms, revision


def _fits(value: Decimal) -> bool:
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return exponent >= -PLACES and len(digits) + exponent + PLACES <= _DIGITS


def _schema(columns: Sequence[Column] = COLUMNS) -> pa.Schema:
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(),
        Kind.TIME: pa.timestamp("ms", tz="UTC"),
        Kind.WHOLE: pa.int64(),
        Kind.EXACT: pa.decimal128(_DIGITS, PLACES),
        Kind.BINARY: pa.float64(),
    }
    return pa.schema([pa.field(column.name, types[column.kind]) for column in columns])
