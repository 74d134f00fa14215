"""One request at a time with one device, and the count of those it did not answer."""

from __future__ import annotations

import asyncio

from drivers.api import BadFrame, NoAnswer, Refused
from drivers.bacnet.line import Shared
from drivers.bacnet.places import Place
from drivers.moving import Moving


class Exchange:
    """Where a device is, and whether it answers. Set by its worker; asked by all that talk to it."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.address: Place | None = None
        """Where it was found; None: not yet."""
        self.online = False
        """It has been found and is not lost."""
        self.misses = 0
        """Requests in a row without a usable answer; an answer of any kind shows that it lives."""
        self.moving = Moving(shared.line.timeout_s * (1 + shared.timing.retries) + shared.timing.search_s)

    @property
    def lost(self) -> bool:
        return self.misses >= self._shared.timing.lost_after

    async def ask(self, service: int, payload: bytes) -> bytes:
        """The answer's payload. Raises NoAnswer, Refused, BadFrame."""
        if self.address is None:
            raise NoAnswer("not found yet").unsent()
        healthy = self.online and not self.misses
        try:
            answer = await self._asked(self.address, service, payload, healthy=healthy)
        except Refused:
            self.misses = 0
            raise
        except (NoAnswer, BadFrame):
            self.misses += 1
            raise
        self.misses = 0
        return answer

    async def ask_other(self, address: Place, service: int, payload: bytes) -> bytes:
        """The same of whoever is at `address`, once: it says nothing of the device. Raises NoAnswer, Refused,
        BadFrame."""
        return await self._asked(address, service, payload, healthy=False, retries=0)

    async def _asked(
        self, address: Place, service: int, payload: bytes, *, healthy: bool, retries: int | None = None
    ) -> bytes:
        line, timing = self._shared.line, self._shared.timing
        self.moving.rest()
        async with self._shared.answering if healthy else self._shared.probing:
            self.moving.on(asyncio.get_running_loop().time())
            return await self._shared.station.ask(
                address,
                service,
                payload,
                timeout_s=line.timeout_s,
                retries=timing.retries if retries is None else retries,
            )
