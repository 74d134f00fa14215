"""A whole simulated site: plant, devices, lines; its addresses and its faults."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from config.plan.clock import Clock
from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from config.plan.site import Plan
from drivers.simulators.device import Had, SimulatedDevice
from drivers.simulators.faults import FaultError, Faults, Number
from drivers.simulators.injection import Injection
from drivers.simulators.modbus.memory import Memory
from drivers.simulators.modbus.servers import LineServer, serve
from drivers.simulators.modbus.unit import Unit
from drivers.simulators.plant.world import MOST_STEP_S, World

if TYPE_CHECKING:
    from drivers.simulators.bacnet import BacnetSimulator

TICK_S = 0.5
"""Machine seconds between two looks at the plant."""
HOST = "127.0.0.1"


class Simulation:
    """Serves every line of `plan` on this machine: `async with Simulation(…) as simulation`.

    `plant_facts` is the site's plant.yaml as plain data ({} without one). The plant runs on `clock`'s site
    time, the wire on the machine's. All methods are called from the event loop.
    """

    def __init__(
        self,
        plan: Plan,
        plant_facts: Mapping[str, Any],
        clock: Clock,
        seed: int = 1,
        tick_s: float | None = TICK_S,
        most_step_s: float = MOST_STEP_S,
    ) -> None:
        """`tick_s` None: whoever made it moves the plant and lets the devices show it; what a command changes
        is then shown with the rest."""
        self.plan = plan
        self.world = World(plan, plant_facts, seed, clock.now().wall_ms, most_step_s)
        self._clock = clock
        self._tick_s = tick_s
        self._chance = random.Random(seed)
        self._line_faults = {line.name: Faults() for line in plan.lines}
        self.devices: dict[str, SimulatedDevice] = {}
        self._units: dict[str, Unit] = {}
        self.bacnet: dict[str, BacnetSimulator] = {}
        self._servers: dict[str, LineServer] = {}
        self._injection = Injection(
            plan,
            self.devices,
            self._units,
            self.bacnet,
            self._servers,
            self._line_faults,
            self._start_bacnet_device,
        )
        self._folder: Path | None = None
        self._task: asyncio.Task[None] | None = None
        for device in plan.devices:
            points = {plan.points[number].name: plan.points[number] for number in device.points}
            behind = self._line_faults[plan.lines[device.line].name]
            self.devices[device.name] = SimulatedDevice(
                device,
                points,
                self.world.models[device.name],
                Faults(behind),
                shows_at_once=tick_s is not None,
            )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open every line. Raises OSError when an address cannot be had; nothing stays open then."""
        self._folder = Path(tempfile.mkdtemp(prefix="louguan-lines-"))
        try:
            for line in self.plan.lines:
                if line.transport == "bacnet-ip":
                    await self._start_bacnet(line.id)
                else:
                    units = self._units_of(line.id)
                    faults = self._line_faults[line.name]
                    self._servers[line.name] = serve(line, units, self._folder, faults, self._chance)
                    await self._servers[line.name].start()
            self.tick()
        except BaseException:
            await self.stop()
            raise
        if self._tick_s is not None:
            self._task = asyncio.create_task(self._run(self._tick_s), name="plant")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for server in self._servers.values():
            await server.stop()
        self._servers.clear()
        await self._injection.stop()
        for simulator in self.bacnet.values():
            await simulator.stop()
        self.bacnet.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    async def _run(self, tick_s: float) -> None:
        while True:
            await asyncio.sleep(tick_s)
            self.tick()

    def tick(self) -> None:
        """Bring the plant to the clock's site time and show what changed."""
        self.world.advance(self._clock.now().wall_ms)
        now_s = asyncio.get_running_loop().time()
        for device in self.devices.values():
            device.watch(now_s)
            device.show()

    # Lines

    def _units_of(self, line: int) -> dict[int, Unit]:
        units: dict[int, Unit] = {}
        for twin in self.devices.values():
            if twin.device.line != line:
                continue
            memory = Memory(twin.points.values(), twin.device.limits)
            unit = Unit(twin.device.unit, memory, twin.faults, self._hearer(twin), twin.obey)
            twin.put = memory.put
            self._units[twin.device.name] = units[twin.device.unit] = unit
        return units

    @staticmethod
    def _hearer(twin: SimulatedDevice) -> Any:
        loop = asyncio.get_running_loop()
        return lambda: twin.hear(loop.time())

    async def _start_bacnet(self, line: int) -> None:
        for twin in self.devices.values():
            if twin.device.line == line:
                await self._start_bacnet_device(twin, 0)

    async def _start_bacnet_device(self, twin: SimulatedDevice, port: int) -> None:
        from drivers.simulators.bacnet import BacnetSimulator

        simulator = BacnetSimulator(twin.device, twin.points.values(), HOST, port)
        await simulator.start()
        self.bacnet[twin.device.name] = simulator

        def put(point: Point, value: Value | None) -> None:
            simulator.set_value(point.name, value)

        def commanded(name: str, value: Value | None) -> None:  # noqa: ARG001 - what is in force counts
            twin.obey([(twin.points[name], simulator.value(name))])

        twin.put = put
        simulator.on_command(commanded)
        for name, point in twin.points.items():
            if point.command is not None:
                if name in twin.model.start:
                    simulator.set_value(name, twin.model.told[name])
                twin.model.command(name, simulator.value(name))

    def overlay(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Where everything is, for `drivers.overlay.apply`. Who searches the networks of a BACnet line asks
        each device of it."""
        lines: dict[str, dict[str, Any]] = {name: server.where() for name, server in self._servers.items()}
        for line in self.plan.lines:
            if line.transport == "bacnet-ip":
                lines[line.name] = {"host": HOST, "port": _free_udp_port(), "networks": []}
        for simulator in self.bacnet.values():
            lines[self.plan.lines[simulator.device.line].name]["networks"].append(simulator.address)
        return {
            "lines": lines,
            "devices": {name: {"address": simulator.address} for name, simulator in self.bacnet.items()},
        }

    # For people and tests

    async def fault(
        self, name: str, on: bool = True, *, device: str = "", line: str = "", **numbers: Number
    ) -> None:
        """Begin or end a fault of one device or one line. Raises FaultError for what there is not."""
        if bool(device) == bool(line):
            raise FaultError("a fault is aimed at one device or one line")
        if line:
            await self._injection.line(name, on, line, numbers)
        else:
            await self._injection.device(name, on, device, numbers)

    def force(self, point: str, value: Value | None) -> None:
        """Show `value` at DEVICE.POINT whatever the plant says; None: the plant has it again. Raises
        FaultError."""
        owner, _, name = point.partition(".")
        twin = self.devices.get(owner)
        if twin is None:
            raise FaultError(f"no device {owner!r}")
        twin.force(name, value)

    def another(self, point: str, value: Value | None, slot: int = 0) -> None:
        """Another master commands DEVICE.POINT: what it writes stands there without a write of ours. `slot`:
        of the priority array, BACnet only; None takes its value out again. Raises FaultError."""
        owner, _, name = point.partition(".")
        twin = self.devices.get(owner)
        if twin is None or name not in twin.points or twin.points[name].command is None:
            raise FaultError(f"nobody can command {point!r}")
        if owner in self.bacnet:
            if not 1 <= slot <= 16:
                raise FaultError(f"{point} has slots 1 to 16, not {slot}")
            self.bacnet[owner].command(name, value, slot)
            return
        if value is None or slot:
            raise FaultError(f"{point} has no slots: it takes a value")
        assert twin.put is not None
        twin.put(twin.points[name], value)
        twin.obey([(twin.points[name], value)])

    def truth(self) -> dict[str, Any]:
        """What really is: every device's values as the plant has them, and the surroundings."""
        now = self.world.environment
        return {
            "time_ms": int(self.world.wall_ms),
            "environment": {
                "workday": now.workday,
                "outdoor_c": round(now.outdoor_c, 2),
                "lux": round(now.lux, 1),
                "occupancy": round(now.occupancy, 3),
                "rain_mm_h": round(now.rain_mm_h, 2),
            },
            "devices": {name: twin.model.all_values() for name, twin in self.devices.items()},
        }

    def had(self, point: Point) -> Had:
        """What the device of a commanded point has now."""
        device = self.plan.devices[point.device].name
        simulator = self.bacnet.get(device)
        if simulator is None or not isinstance(point.source, BacnetObject) or not point.source.commandable:
            return Had(self.devices[device].model.told.get(point.name))
        return Had(simulator.value(point.name), tuple(sorted(simulator.slots(point.name).items())))

    def status(self) -> dict[str, Any]:
        """Requests heard, those of them that wrote, and faults, by device; faults by line."""
        return {
            "devices": {
                name: {
                    "requests": self.bacnet[name].requests if name in self.bacnet else twin.heard,
                    "writes": (self.bacnet if name in self.bacnet else self._units)[name].writes,
                    "faults": list(twin.faults.names()),
                }
                for name, twin in self.devices.items()
            },
            "lines": {name: list(faults.names()) for name, faults in self._line_faults.items()},
        }


def _free_udp_port() -> int:
    """A port for the daemon's own BACnet socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
