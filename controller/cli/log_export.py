"""Writing an export: to a file whole or not at all, else to standard output."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from config.language import text
from config.language.details import reason
from controller.cli.log_source import Whose, chosen
from controller.cli.speech import Failure
from controller.consumption import exports
from controller.consumption.tables import Column, Record, has_parquet
from controller.store import history

FORMATS = ("csv", "json", "parquet")


def kind_of(given: str | None, output: Path | None, *, as_json: bool) -> str:
    """What is written: what was said; else csv, but JSON where that is printed. Raises Failure where it
    cannot be written there."""
    prints_json = as_json and output is None
    kind = given or ("json" if prints_json else "csv")
    if kind not in FORMATS:
        raise Failure(text("--format takes csv, json or parquet, not {given}", given=kind), code=2)
    if kind == "csv" and prints_json:
        raise Failure(text("--json prints JSON: leave out --format csv, or say a file with -o FILE"), code=2)
    if kind == "parquet" and output is None:
        raise Failure(text("Parquet is not for a screen: say a file with -o FILE"), code=2)
    if kind == "parquet" and not has_parquet():
        raise Failure(text("Parquet needs pyarrow, which is not installed here"))
    if output is not None and output.is_dir():
        raise Failure(text("{file} is a directory", file=str(output)), code=2)
    return kind


def intervals(
    connection: sqlite3.Connection, owner: Whose, names: list[str] | None, within: tuple[int, int]
) -> Iterator[Record]:
    """The intervals of these meters, or all, as corrected last. Raises Failure."""
    for entry in chosen(history.meters(connection), names, owner):
        notes = history.notes(connection, entry)
        for item in history.newest(history.logged(connection, entry, *within)):
            row = history.upload_row(entry, item)
            yield exports.record(owner.name, row, owner.zone, history.noted(notes, item.row))


def write(records: Iterable[Record], columns: Sequence[Column], kind: str, output: Path | None) -> int:
    """Write them; how many there were. No file is made for none. Raises Failure."""
    if output is None:
        sys.stdout.flush()
        count = exports.write(sys.stdout.buffer, kind, columns, records)
        sys.stdout.buffer.flush()
        return count
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            count = exports.write(file, kind, columns, records)
            file.flush()
            os.fsync(file.fileno())
        if count:
            part.replace(output)
        return count
    except exports.DoesNotFit as error:
        raise Failure(text("a number has more digits than Parquet holds: take csv or json")) from error
    except OSError as error:
        words = text("cannot write {file}: {reason}", file=str(output), reason=reason(error))
        raise Failure(words) from error
    finally:
        part.unlink(missing_ok=True)
