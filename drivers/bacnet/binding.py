"""Finding a device: known by its instance, reached at an address. An address alone is never believed."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from config.plan.devices import Device
from drivers.api import BadFrame, DriverError, NoAnswer, Refused
from drivers.bacnet import services
from drivers.bacnet.line import Shared
from drivers.bacnet.names import ANY_INSTANCE, DEVICE, Property, Service
from drivers.bacnet.places import Place, Unaddressed, endpoint
from drivers.bacnet.reader import Ask
from drivers.bacnet.services import IAm, Ref
from drivers.bacnet.tags import ObjectId, atom


class WrongDevice(DriverError):
    """Another device answers at this address, or none that knows its instance."""


class Bound(NamedTuple):
    """Where a device is, and the longest APDU it takes (None: not known)."""

    place: Place
    max_apdu: int | None


class Binder:
    """Finds one device, by its static address or by Who-Is."""

    def __init__(self, device: Device, shared: Shared) -> None:
        self._device = device
        self._shared = shared
        self._static = device.address
        self._heard: Bound | None = None
        self._news = asyncio.Event()

    def heard(self, source: Place, i_am: IAm) -> bool:
        """The device has announced itself while it is not bound. Says whether that is news to act on."""
        if self._static:
            return source == endpoint(self._static)
        self._heard = Bound(source, i_am.max_apdu)
        self._news.set()
        return True

    async def find(self) -> Place:
        """Where to ask for it: its static address, or where an I-Am came from. Raises DriverError."""
        if self._static:
            return endpoint(self._static)
        if self._heard is None:
            if not self._shared.line.networks:
                raise Unaddressed("no address, and the line has no networks to search")
            self._news.clear()
            self._shared.searched(range(self._device.instance, self._device.instance + 1))
            await self._shared.station.who_is(self._device.instance)
            try:
                async with asyncio.timeout(self._shared.timing.search_s):
                    await self._news.wait()
            except TimeoutError:
                raise NoAnswer("no I-Am") from None
        assert self._heard is not None
        return self._heard.place

    async def verify(self, ask: Ask) -> int | None:
        """Whether it is the device: its own object identifier must say so. Returns its longest APDU, if it
        tells.

        Raises WrongDevice, NoAnswer, BadFrame.
        """
        heard, self._heard = self._heard, None  # next time it is searched for anew: it may have moved
        said = await instance_of(ask, self._device)
        if said != self._device.instance:
            other = f"device {said}" if said is not None else "another device"
            raise WrongDevice(f"{other} answers in place of {self._device.instance}")
        own = ObjectId(DEVICE, self._device.instance)
        return heard.max_apdu if heard is not None else await _max_apdu(ask, own)


async def instance_of(ask: Ask, device: Device) -> int | None:
    """The instance that whoever is asked has, by its own word; None where it knows neither its own name nor
    that of `device`. Raises NoAnswer, BadFrame."""
    own = ObjectId(DEVICE, device.instance)
    said = await _identifier(ask, ObjectId(DEVICE, ANY_INSTANCE)) or await _identifier(ask, own)
    return said.instance if said is not None and said.type == DEVICE else None


async def _identifier(ask: Ask, what: ObjectId) -> ObjectId | None:
    """The object identifier of the device object; None when the device does not know `what`."""
    try:
        value = await _read(ask, Ref(what, Property.OBJECT_IDENTIFIER))
    except Refused:
        return None
    return value if isinstance(value, ObjectId) else None


async def _max_apdu(ask: Ask, what: ObjectId) -> int | None:
    try:
        value = await _read(ask, Ref(what, Property.MAX_APDU_LENGTH_ACCEPTED))
    except (Refused, BadFrame):
        return None
    return value if isinstance(value, int) and value >= 50 else None


async def _read(ask: Ask, ref: Ref) -> object:
    _, tags = services.parse_read_property(await ask(Service.READ_PROPERTY, services.read_property(ref)))
    if len(tags) != 1:
        raise BadFrame("not a single value")
    return atom(tags[0])
