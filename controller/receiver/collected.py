"""Where what collectors of the national protocol deliver is kept: beside the intervals, in the same file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from controller.receiver.national import KeepError, Value
from controller.receiver.store import Store
from controller.store.errors import StoreError

_INSERT = (
    "INSERT OR REPLACE INTO collected (building, gateway, meter, function, time_ms, coding, error, value, "
    "site, received_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Collected:
    """Implements `national.Store`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, site: str, rows: Sequence[Value]) -> None:
        """See `national.Store`: a later value of the same name replaces the earlier."""
        now_ms = self._store.now_ms()
        try:
            await asyncio.to_thread(self._store.write, _INSERT, [(*row, site, now_ms) for row in rows])
        except StoreError as error:
            raise KeepError(str(error)) from error
