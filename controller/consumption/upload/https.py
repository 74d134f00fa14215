"""The HTTPS sink: batches of NDJSON, gzipped, POSTed, answered row by row; docs/upload.md has its format."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Sequence

from config.plan.sinks import HttpsSink
from controller.consumption.upload import heads
from controller.consumption.upload.answers import Answer, failure, understood
from controller.consumption.upload.heads import HeadNow
from controller.consumption.upload.httpslink import HttpsLink
from controller.consumption.upload.port import Batch, Outcome, Row, Stream, TooLarge
from controller.consumption.upload.rowjson import row_json
from controller.consumption.upload.wire import FORMAT

_IN_THREAD_ROWS = 50
"""Batches of more rows are packed beside the control's loop."""
_IN_THREAD_BYTES = 64 * 1024
_ANSWER_BYTES = 64 * 1024
"""Longest answer, beside what its rows may need."""
_ANSWER_ROW_BYTES = 1024


class HttpsUpload:
    """The Sink of one HttpsSink. Used from one event loop; `send` one at a time."""

    def __init__(self, plan: HttpsSink, site: str, head: HeadNow = heads.nothing) -> None:
        """`site` names the rows' origin for the other side; `head` is the ledger's, told with each batch."""
        self._plan = plan
        self._site = site
        self._head = head
        self._most_rows = plan.common.batch_rows
        self._link = HttpsLink(plan)

    @property
    def most_rows(self) -> int:
        return self._most_rows

    async def send(self, batch: Batch) -> Outcome:
        body = await self._packed(batch)
        headers = {
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Idempotency-Key": batch.key,
            "Louguan-Format": FORMAT,
        }
        if (head := self._head()) is not None:
            headers[heads.HEADER] = heads.header(head)
        most = _ANSWER_BYTES + _ANSWER_ROW_BYTES * len(batch.rows)
        return await self._heard(batch, await self._link.post(body, headers, most))

    async def idle(self) -> None:
        """Nothing to say: a connection that is not used may end."""

    async def close(self) -> None:
        # What a cut connection held down may be tried again after it.
        self._most_rows = self._plan.common.batch_rows
        await self._link.drop()

    async def _heard(self, batch: Batch, answer: Answer) -> Outcome:
        """What the answer means. Raises SinkError."""
        rows = len(batch.rows)
        if not (200 <= answer.status < 300):
            # Whatever it is, the next try is to start from scratch.
            await self._link.drop()
        if answer.status == 413:
            # A limit of the other side's, which the runner cannot know; given up with the last row at fault.
            self._most_rows = max(1, rows // 2) if rows > 1 else self._plan.common.batch_rows
            raise TooLarge(failure(answer))
        if len(answer.body) > _IN_THREAD_BYTES:
            return await asyncio.to_thread(understood, self._site, batch.rows, answer)
        return understood(self._site, batch.rows, answer)

    async def _packed(self, batch: Batch) -> bytes:
        if len(batch.rows) > _IN_THREAD_ROWS:
            return await asyncio.to_thread(pack, self._site, batch.rows, batch.stream)
        return pack(self._site, batch.rows, batch.stream)


def pack(site: str, rows: Sequence[Row], stream: Stream) -> bytes:
    """The body of a batch; the same bytes for the same rows."""
    lines = "".join(
        json.dumps(row_json(site, row, stream), ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in rows
    )
    return gzip.compress(lines.encode(), 6, mtime=0)
