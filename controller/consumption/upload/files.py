"""The file sink: a folder on a USB stick, or one from which somebody fetches by SFTP.

A row is accepted when the file that holds it is whole on the disk with its checksum. A row that comes again
is not doubled within what is there.
"""

from __future__ import annotations

import asyncio
import errno
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path

from config.language import text
from config.plan.sinks import FileSink
from controller.background import in_thread
from controller.consumption.tables import Record, fits_parquet, has_parquet, record
from controller.consumption.upload import heads
from controller.consumption.upload.drops import Csv, Drops, Parquet
from controller.consumption.upload.heads import HeadNow
from controller.consumption.upload.port import Batch, Denied, Outcome, Row, SinkError, Unreachable
from controller.consumption.upload.saying import cause

_FORBIDDEN = (errno.EACCES, errno.EPERM)


class FilesUpload:
    """One folder."""

    def __init__(self, plan: FileSink, *, site: str, zone: tzinfo, head: HeadNow = heads.nothing) -> None:
        """`zone`: the site's, by which days and hours are cut. `head`: the ledger's, one a day is kept beside
        the rows."""
        self._plan = plan
        self._site = site
        self._zone = zone
        self._head = head
        self._drops = Drops(Path(plan.directory), site, Csv() if plan.format == "csv" else Parquet())
        self._writing: asyncio.Future[None] | None = None
        """What a call that was given up is still about: a stick may take minutes."""

    @property
    def most_rows(self) -> int:
        return self._plan.common.batch_rows

    async def send(self, batch: Batch) -> Outcome:
        if self._plan.format == "parquet" and not has_parquet():
            raise Denied(text("Parquet needs pyarrow, which is not installed here"))
        records = {row.id: record(self._site, row, self._zone) for row in batch.rows}
        refused = {}
        if self._plan.format == "parquet":
            refused = {
                number: "a number has more digits than a column of the file"
                for number, cells in records.items()
                if not fits_parquet(cells)
            }
        groups: dict[str, list[tuple[int, Record]]] = {}
        for row in batch.rows:
            if row.id not in refused:
                groups.setdefault(self._period(row), []).append((row.id, records[row.id]))
        await self._write(groups)
        return Outcome(frozenset(row.id for row in batch.rows if row.id not in refused), refused)

    async def idle(self) -> None:
        """A folder has no heart."""

    async def close(self) -> None:
        """Nothing is open between two batches."""

    async def _write(self, groups: dict[str, list[tuple[int, Record]]]) -> None:
        if self._writing is not None and not self._writing.done():
            raise self._silent()
        self._writing = writing = in_thread(partial(self._add, groups), f"files-{self._plan.common.name}")
        # Retrieved even when nobody waits any more.
        writing.add_done_callback(lambda done: done.cancelled() or done.exception())
        done, _ = await asyncio.wait({writing}, timeout=self._plan.common.timeout_s)
        if not done:
            raise self._silent()
        error = writing.exception()
        if error is not None:
            raise self._failed(error) from None

    def _add(self, groups: dict[str, list[tuple[int, Record]]]) -> None:
        for period, rows in sorted(groups.items()):
            self._drops.add(period, min(number for number, _ in rows), [cells for _, cells in rows])
        if (head := self._head()) is not None:
            moment = datetime.fromtimestamp(head.time_ms / 1000, UTC).astimezone(self._zone)
            line = f"{moment.date()},{head.seq},{head.hash},{moment.isoformat(timespec='seconds')}"
            with suppress(OSError):  # the rows are there; it is tried with the next ones
                self._drops.note_head(line)

    def _period(self, row: Row) -> str:
        """The local day or hour in which it starts; an hour with its offset, since one comes twice a year."""
        start = datetime.fromtimestamp(row.start_ms / 1000, UTC).astimezone(self._zone)
        return start.strftime("%Y-%m-%d" if self._plan.every == "day" else "%Y-%m-%dT%H%z")

    def _silent(self) -> Unreachable:
        seconds = f"{self._plan.common.timeout_s:g}"
        return Unreachable(
            text(
                "{folder} did not take the rows within {seconds} s",
                folder=self._plan.directory,
                seconds=seconds,
            )
        )

    def _failed(self, error: BaseException) -> SinkError:
        folder, said = self._plan.directory, cause(error)
        number = getattr(error, "errno", None)
        if number in (errno.ENOENT, errno.ENOTDIR):
            return Unreachable(text("{folder} is not there", folder=folder))
        if number in (errno.ENOSPC, errno.EDQUOT):
            return Unreachable(text("{folder} is full", folder=folder))
        if number in _FORBIDDEN:
            return Denied(text("{folder} may not be written to: {error}", folder=folder, error=said))
        return Unreachable(text("cannot write to {folder}: {error}", folder=folder, error=said))
