"""Our own BACnet station: the services we use over plain frames of our own, and over bacpypes3's layers where
a frame is not plain.

The transaction layer is ours, as on Modbus: one future for each (place, invoke id), a time-out, few
retries, and nothing left running when a request is cancelled or the line closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from drivers.api import BadFrame, NoAnswer
from drivers.bacnet import apdu, frames, services
from drivers.bacnet.apdu import Apdu, Kind
from drivers.bacnet.beyond import Beyond
from drivers.bacnet.names import Service, Unconfirmed
from drivers.bacnet.places import Endpoint, Place, Routed, shown
from drivers.bacnet.wire import UdpWire

_UNRECOGNIZED_SERVICE = 9
_FREE_IDS = 256
_MOST_ERRORS = 500
"""Places whose trouble is remembered; anybody's datagram may bring a new one."""
_SILENCE: Final = b"silence"
_CLOSED: Final = b"closed"
"""In the place of an answer: told by what they are, not by what they say."""


@dataclass(slots=True)
class Ears:
    """Who wants to hear what was not asked for. All are called from the event loop and must not raise."""

    i_am: Callable[[Place, services.IAm], None]
    who_is: Callable[[range], None]
    notification: Callable[[Place, services.Notification], bool]
    """Says whether it is one of ours; a confirmed one that is not is refused, so that the device drops it."""


@dataclass(slots=True)
class Traffic:
    """Counts for people."""

    requests: int = 0
    timeouts: int = 0
    errors: dict[Place | str, str] = field(default_factory=dict)
    """What went wrong last with each place that has not answered since; "" is the line itself, "*" all."""

    @property
    def last_error(self) -> str:
        return next(reversed(self.errors.values()), "")

    def failed(self, place: Place | str, why: str) -> None:
        self.errors.pop(place, None)  # the latest stands last
        self.errors[place] = why
        if len(self.errors) > _MOST_ERRORS:
            del self.errors[next(iter(self.errors))]

    def answered(self, place: Place | str) -> None:
        self.errors.pop(place, None)


class Station:
    """Asks and listens. Raises only DriverError and, from `open`, OSError."""

    def __init__(self, host: str, port: int, broadcasts: Sequence[Endpoint], ears: Ears) -> None:
        self._wire = UdpWire(host, port, broadcasts, self._arrived)
        self._beyond = Beyond(self._wire, self._heard)
        self._ears = ears
        self._waiting: dict[tuple[Place, int], asyncio.Future[bytes]] = {}
        self._next_id = 0
        self._undecodable = 0
        self.traffic = Traffic()

    @property
    def endpoint(self) -> Endpoint:
        """Own address, once open."""
        return self._wire.endpoint

    @property
    def undecodable(self) -> int:
        """Datagrams that were not BACnet, or that nobody could make sense of."""
        return self._undecodable + self._beyond.undecodable

    async def open(self) -> None:
        """Bind the sockets. Raises OSError."""
        await self._wire.open()

    async def close(self) -> None:
        for future in self._waiting.values():
            _resolve(future, _CLOSED)
        await self._beyond.close()
        await self._wire.close()

    async def ask(
        self, place: Place, service: int, payload: bytes, *, timeout_s: float, retries: int
    ) -> bytes:
        """The answer's payload. A retry repeats the same invoke id, so a late first answer serves as well.

        Raises NoAnswer, Refused (Rejected, Aborted among them), BadFrame.
        """
        loop, waiting, traffic = asyncio.get_running_loop(), self._waiting, self.traffic
        key = self._reserve(place)
        request = apdu.confirmed(key[1], service, payload)
        try:
            for _ in range(retries + 1):
                traffic.requests += 1
                future = waiting[key] = loop.create_future()
                await self._send(place, request, expecting_reply=True)
                timer = loop.call_later(timeout_s, _resolve, future, _SILENCE)
                try:
                    answer = await future
                finally:
                    timer.cancel()
                if answer is _CLOSED:
                    raise NoAnswer("line closed")
                if answer is not _SILENCE:
                    traffic.answered(place)
                    return apdu.result(answer, service)
                traffic.timeouts += 1
            traffic.failed(place, f"time-out at {shown(place)}")
            raise NoAnswer("time-out")
        finally:
            del waiting[key]

    async def who_is(self, instance: int) -> None:
        """Search all networks for one device; answers come to `Ears.i_am`. Raises NoAnswer when closed."""
        payload = apdu.unconfirmed(Unconfirmed.WHO_IS, services.who_is(instance))
        try:
            self._wire.send_to_all(frames.to_all(payload))
        except OSError as error:
            self.traffic.failed("*", f"cannot search: {error!r}")
            raise NoAnswer(f"cannot send: {error!r}") from error
        self.traffic.answered("*")

    def _reserve(self, place: Place) -> tuple[Place, int]:
        for _ in range(_FREE_IDS):
            self._next_id = (self._next_id + 1) % _FREE_IDS
            key = (place, self._next_id)
            if key not in self._waiting:
                return key
        raise NoAnswer("no free invoke id").unsent()

    async def _send(self, place: Place, data: bytes, *, expecting_reply: bool) -> None:
        try:
            if isinstance(place, Routed):
                await self._beyond.send(place, data, expecting_reply=expecting_reply)
            else:
                self._wire.send(frames.unicast(data, expecting_reply=expecting_reply), place)
        except Exception as error:  # bacpypes3 raises anything from UnknownRoute to AssertionError
            self.traffic.failed(place, f"{shown(place)}: {error!r}")
            raise NoAnswer(f"cannot send: {error!r}") from error

    def _arrived(self, data: bytes, source: Endpoint, broadcast: bool) -> None:
        """A datagram has come in. Raises nothing."""
        at = frames.plain(data)
        if at:
            try:
                self._heard(source, data[at:])
            except BadFrame:
                self._undecodable += 1
        elif frames.sound(data):
            self._beyond.put(data, source, broadcast)
        else:
            self._undecodable += 1

    def _heard(self, source: Place, data: bytes) -> None:
        """An application PDU. Raises BadFrame."""
        kind = data[0] >> 4
        if kind > Kind.UNCONFIRMED:
            future = self._waiting.get((source, data[1])) if len(data) > 2 else None
            if future is not None and kind != Kind.SEGMENT_ACK:
                _resolve(future, data)
            return
        heard = apdu.parse(data)
        if heard.kind is Kind.CONFIRMED:
            self._serve(source, heard)
        else:
            self._listen(source, heard)

    def _serve(self, source: Place, heard: Apdu) -> None:
        """Confirmed notifications of ours are acknowledged; we serve nothing else."""
        answer = apdu.reject(heard.invoke, _UNRECOGNIZED_SERVICE)
        if heard.service == Service.COV_NOTIFICATION and not heard.segmented:
            with suppress(BadFrame):
                if self._ears.notification(source, services.parse_notification(heard.payload)):
                    answer = apdu.simple_ack(heard.invoke, heard.service)
        if isinstance(source, Routed):
            self._beyond.post(source, answer)
        else:
            with suppress(OSError):  # the line closes
                self._wire.send(frames.unicast(answer, expecting_reply=False), source)
        self.traffic.answered(source)

    def _listen(self, source: Place, heard: Apdu) -> None:
        match heard.service:
            case Unconfirmed.I_AM:
                self._ears.i_am(source, services.parse_i_am(heard.payload))
            case Unconfirmed.WHO_IS:
                self._ears.who_is(services.parse_who_is(heard.payload))
            case Unconfirmed.COV_NOTIFICATION:
                self._ears.notification(source, services.parse_notification(heard.payload))


def _resolve(future: asyncio.Future[bytes], heard: bytes) -> None:
    if not future.done():
        future.set_result(heard)
