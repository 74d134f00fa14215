"""A device behind a BACnet router, on another network: found, read and commanded through it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import cast

from drivers.simulators.bacnet import BacnetSimulator
from tests.drivers.bacnet.bench import LEVEL, LUX, QUICK, Bench, bench

NETWORK, STATION = 5, 12
Endpoint = tuple[str, int]


class Router(asyncio.DatagramProtocol):
    """Between our line (network unknown) and network 5, on which the device is station 12 (135, clause 6)."""

    def __init__(self, device: Endpoint) -> None:
        self._device = device
        self.line: Endpoint | None = None
        self.routed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Endpoint) -> None:
        npdu = data[4:]
        if addr == self._device:
            assert not npdu[1] & 0x28, "the device speaks to its own network"
            source = bytes((0x01, npdu[1] | 0x08)) + NETWORK.to_bytes(2, "big") + bytes((1, STATION))
            self._send(source + npdu[2:], self.line)
        elif npdu[1] & 0x20 and npdu[2:4] == NETWORK.to_bytes(2, "big") and npdu[4:6] == bytes((1, STATION)):
            self.line = addr
            self.routed += 1
            self._send(bytes((0x01, npdu[1] & ~0x20)) + npdu[7:], self._device)

    def _send(self, npdu: bytes, to: Endpoint | None) -> None:
        if to is not None:
            self.transport.sendto(b"\x81\x0a" + (len(npdu) + 4).to_bytes(2, "big") + npdu, to)


async def test_a_device_on_another_network() -> None:
    async with bench({"a": [replace(LUX, cov=1.0), LEVEL]}) as line:
        await line.driver.stop()
        line.gather()
        line.events.clear()
        simulator = line.devices.pop("a")
        router = await _in_front_of(simulator)
        try:
            _search_only(line)
            line.open()
            await line.driver.start()
            await line.until(lambda: line.driver.status().connected)
            router.line = line.driver.endpoint
            await _announce(simulator, router)
            await line.all_good()
            assert line.states("a")[-1].detail == f"found at {NETWORK}:{STATION}"
            assert (await line.write("a.level", 60.0, 15)).value == 60.0
            await line.until(lambda: simulator.subscriptions == 1)
            simulator.set_value("lux", 500.0)
            await line.until(lambda: line.latest("a.lux") == (500.0, ""))
            assert router.routed > 3
        finally:
            await line.driver.stop()
            router.transport.close()
            await simulator.stop()
            await asyncio.sleep(0)


def _search_only(line: Bench) -> None:
    searched = replace(line.plan.devices[0], address="")
    networks = replace(line.plan.lines[0], networks=("127.255.255.254",))
    line.plan = replace(line.plan, devices=(searched,), lines=(networks,))
    line.timing = replace(QUICK, search_s=1.0)


async def _in_front_of(simulator: BacnetSimulator) -> Router:
    host, _, port = simulator.address.partition(":")
    loop = asyncio.get_running_loop()
    _, router = await loop.create_datagram_endpoint(
        lambda: Router((host, int(port))), local_addr=("127.0.0.1", 0)
    )
    return router


async def _announce(simulator: BacnetSimulator, router: Router) -> None:
    from bacpypes3.pdu import IPv4Address

    assert simulator._application is not None
    simulator._application.i_am(IPv4Address(router.transport.get_extra_info("sockname")))
    await asyncio.sleep(0.05)


async def test_bacpypes3s_layers_are_made_when_a_frame_is_not_plain_and_not_before() -> None:
    async with bench({"a": [replace(LUX, cov=1.0), LEVEL]}) as line:
        await line.all_good()
        assert (await line.write("a.level", 60.0, 15)).value == 60.0
        beyond = line.driver._shared.station._beyond
        assert beyond._stack is None
        loop = asyncio.get_running_loop()
        stranger, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        i_am = bytes.fromhex("0a000007bac0 0100 1000 c4020003e9 2201e0 9103 2104".replace(" ", ""))
        forwarded = b"\x81\x04" + (len(i_am) + 4).to_bytes(2, "big") + i_am
        stranger.sendto(forwarded, line.driver.endpoint)
        await line.until(lambda: beyond._stack is not None)
        stranger.close()
        line.devices["a"].set_value("lux", 700.0)
        await line.until(lambda: line.latest("a.lux") == (700.0, ""))
        assert line.states("a")[-1].online
