"""Brings a fault to where it happens: a unit's replies, a device's values, a line's socket, a BACnet
device."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from config.plan.site import Plan
from drivers.simulators.device import SimulatedDevice
from drivers.simulators.faults import OF_VALUES, FaultError, Faults, Number, given, kind_of
from drivers.simulators.modbus.servers import LineServer
from drivers.simulators.modbus.unit import Unit

if TYPE_CHECKING:
    from drivers.simulators.bacnet import BacnetSimulator


class Injection:
    """Looks at a simulation's own tables, which it does not change; `listen` opens a BACnet device at a
    port."""

    def __init__(
        self,
        plan: Plan,
        devices: Mapping[str, SimulatedDevice],
        units: Mapping[str, Unit],
        bacnet: Mapping[str, BacnetSimulator],
        servers: Mapping[str, LineServer],
        line_faults: Mapping[str, Faults],
        listen: Callable[[SimulatedDevice, int], Awaitable[None]],
    ) -> None:
        self._plan = plan
        self._devices = devices
        self._units = units
        self._bacnet = bacnet
        self._servers = servers
        self._line_faults = line_faults
        self._listen = listen
        self._rivals: dict[str, BacnetSimulator] = {}

    async def stop(self) -> None:
        """End what only faults have brought in."""
        for rival in self._rivals.values():
            await rival.stop()
        self._rivals.clear()

    async def _rival(self, on: bool, twin: SimulatedDevice, running: BacnetSimulator) -> None:
        """Another device of the same instance, with values of its own, comes up beside it or goes."""
        name = twin.device.name
        if on and name not in self._rivals:
            self._rivals[name] = type(running)(twin.device, twin.points.values())
            await self._rivals[name].start()
            self._rivals[name].announce(running.peers)
        elif not on and name in self._rivals:
            await self._rivals.pop(name).stop()

    def _line_of(self, twin: SimulatedDevice) -> str:
        return self._plan.lines[twin.device.line].name

    async def device(self, name: str, on: bool, device: str, numbers: Mapping[str, Number]) -> None:
        """A fault of one device. Raises FaultError."""
        twin = self._devices.get(device)
        if twin is None:
            raise FaultError(f"no device {device!r}")
        if device in self._bacnet:
            await self._of_bacnet(name, on, twin, numbers)
        else:
            self._of_unit(name, on, twin, numbers)

    async def line(self, name: str, on: bool, line: str, numbers: Mapping[str, Number]) -> None:
        """A fault of a whole line; of each device where the line is no one's socket (BACnet). Raises
        FaultError."""
        if line not in self._line_faults:
            raise FaultError(f"no line {line!r}")
        kind_of(name, "line")
        server = self._servers.get(line)
        if server is None:
            for twin in self._devices.values():
                if self._line_of(twin) == line:
                    await self._of_bacnet(name, on, twin, numbers)
            return
        self._line_faults[line].switch(name, on, numbers)
        if name == "unplug":
            await server.plug(not on)
        elif name == "babble":
            server.babble(on)

    def _of_unit(self, name: str, on: bool, twin: SimulatedDevice, numbers: Mapping[str, Number]) -> None:
        kind = kind_of(name, "device")
        full = given(name, numbers)
        twin.suffer(name, on, full)
        if not kind.once:
            power_back = name == "unplug" and not on and twin.faults.has(name)
            twin.faults.switch(name, on, numbers)
            if power_back:
                twin.restart()
        elif name == "restart" and on:
            twin.restart()
            now_s = asyncio.get_running_loop().time()
            self._units[twin.device.name].silent_until = now_s + float(full["seconds"])

    async def _of_bacnet(
        self, name: str, on: bool, twin: SimulatedDevice, numbers: Mapping[str, Number]
    ) -> None:
        running = self._bacnet[twin.device.name]
        if name == "unplug":
            if on and not twin.faults.has(name):
                await running.stop()
                twin.put = None
            elif not on and twin.faults.has(name):
                await self._listen(twin, int(running.address.rpartition(":")[2]))
                twin.forget()
            twin.faults.switch(name, on)
        elif name == "moves":
            if on:
                peers = running.peers
                await running.stop()
                twin.put = None
                await self._listen(twin, 0)
                twin.restart()
                twin.forget()
                self._bacnet[twin.device.name].announce(peers)
        elif name == "instance-clash":
            twin.faults.raise_flag(name, on)
            await self._rival(on, twin, running)
        elif name in OF_VALUES:
            self._of_unit(name, on, twin, numbers)
        else:
            point = numbers.get("point")
            if point is not None and point not in twin.points:
                raise FaultError(f"{twin.device.name} has no point {point}")
            try:
                running.fault(name, on, **numbers)  # type: ignore[arg-type]
            except (ValueError, KeyError, TypeError) as error:
                raise FaultError(str(error)) from None
