"""A site over real sockets in one event loop whose time stands while anything is on its way: real drivers,
real simulators, and a whole acceptance in a moment."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

from config.language import Text, render
from config.plan.clock import Clock, Now, Pace
from config.plan.devices import Device
from config.plan.lines import Line
from config.plan.reading import Value
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.accept.file import ProgressFile
from controller.accept.ground import Ground
from controller.accept.guard import Guard
from controller.accept.keeper import Keeper
from controller.accept.records import Aspect, Check, Left
from controller.accept.session import Consent, Planned, Session, Wish
from controller.decide.records import Remembered, RuleMemory
from drivers.api import Driver, Heard, Inbox
from drivers.bacnet import open_line as open_bacnet
from drivers.modbus import open_line as open_modbus
from drivers.overlay import apply
from drivers.simulators.simulation import Simulation
from hil_tests.lockstep.loop import LockstepLoop, LoopClock
from tests.schedules.build import at

T = TypeVar("T")
MORNING = at("2026-03-05 08:00")
SITE = """
site: {name: yard, label: 小院, language: en, calendar: none,
  place: {time_zone: Asia/Shanghai, latitude: 30.5, longitude: 103.9}}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11, timeout: 300 ms}}
devices:
  do-1: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
  di-1: {profile: input-8, line: T1, unit: 2, label: 输入}
  safety: {profile: input-8-safety, line: T1, unit: 3, label: 火警}
  panel: {profile: canteen-hood, line: T1, unit: 4, label: 排烟柜, if_unheard: {after: 120 s, goes_to: auto}}
equipment:
  pump: {kind: pump, label: 水泵, safe: off, run_cmd: do-1.ch1, run_fb: di-1.di1, auto: di-1.di2,
    min_on: 1 min, min_off: 2 min}
  lamp: {kind: lamp-group, label: 门灯, switch: do-1.ch7}
  duct: {kind: fan, label: 排风, min_speed: panel.ex1_min_speed}
rules:
  fire: {kind: fire, label: 消防, contacts: [safety.di1], yields: [lamp]}
  dry: {kind: interlock, when: di-1.di3 is active for 2 s, then: [{target: pump.run_cmd, value: off}],
    reset: auto, on_bad_input: trip}
  wet: {kind: interlock, when: di-1.di4 is active, then: [{target: pump.run_cmd, value: off}], reset: auto,
    on_bad_input: trip}
"""


@cache
def compiled(site: str = SITE) -> Plan:
    """Compiled once a process."""
    findings = Findings()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "site.yaml").write_text(site, encoding="utf-8")
        plan = compile_site(Path(folder), findings)
    assert plan is not None, "\n".join(problem.sentence("en") for problem in findings.problems())
    return plan


class Person:
    """Somebody who answers as he was told to, and remembers what he was asked."""

    def __init__(self, stand: Stand, *, yes: bool = True) -> None:
        self._stand = stand
        self.yes = yes
        self.planned: list[Planned] = []
        self.asked_back: list[str] = []
        self.said: list[str] = []

    async def may_put_back(self, left: Sequence[Left]) -> bool:
        self.asked_back += [one.point for one in left]
        return self.yes

    async def may_write(self, planned: Sequence[Planned]) -> bool:
        self.planned += planned
        return self.yes

    async def disconnect(self, device: Device) -> bool:
        await self._stand.simulation.fault("unplug", True, device=device.name)
        return self.yes

    async def connect(self, device: Device) -> None:
        await self._stand.simulation.fault("unplug", False, device=device.name)

    def tell(self, words: Text) -> None:
        self.said.append(render(words, "en"))

    def tried(self, name: str, checks: Mapping[Aspect, Check]) -> None:
        self.said.append(f"{name} {' '.join(check.verdict for check in checks.values())}")


class Stand:
    """`with Stand(folder) as stand`. Feedback follows the relay as long as `obeys` says so."""

    def __init__(self, folder: Path, site: str = SITE) -> None:
        self.plan = compiled(site)
        self.data = folder / "data"
        self.data.mkdir(exist_ok=True)
        self.loop = LockstepLoop(100.0)
        self.clock = LoopClock(self.loop, Now(MORNING, 100_000_000_000, True))
        self.simulation = Simulation(self.plan, {}, self.clock, tick_s=0.5)
        self.follows: Callable[[Value | None], Value | None] = lambda told: told
        """What the feedback shows of the command."""
        self.remembered = Remembered()
        self.keep: Callable[[Sequence[RuleMemory]], None] = lambda _: None
        self.keeper = self._keeper()
        self._following: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self.loop.run_until_complete(self.simulation.start())
        self._following = self.loop.create_task(self._follow())
        if "di-1" in self.simulation.devices:
            self.simulation.force("di-1.di2", True)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._following is not None
        self._following.cancel()
        self.loop.run_until_complete(asyncio.gather(self._following, return_exceptions=True))
        self.loop.run_until_complete(self.simulation.stop())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def _keeper(self) -> Keeper:
        file = ProgressFile(self.data)
        return Keeper(self.plan, file, file.load(self.plan.site.name))

    async def _follow(self) -> None:
        while "di-1" in self.simulation.devices:
            self.simulation.force("di-1.di1", self.follows(self.has("do-1.ch1")))
            await asyncio.sleep(0.5)

    def id(self, key: str) -> int:
        point = self.plan.point_named(key)
        assert point is not None, key
        return point.id

    def has(self, key: str) -> Value | None:
        """What the device really has."""
        return self.simulation.had(self.plan.points[self.id(key)]).value

    def writes(self, device: str) -> int:
        """Requests to write that a device has heard."""
        return int(self.simulation.status()["devices"][device]["writes"])

    def wish(self, *write: str, lose: Sequence[str] = (), **more: Any) -> Wish:
        """Points by name; whole devices as "panel.*"."""
        points = {
            point.id
            for point in self.plan.points
            if point.command is not None and point.key.partition(".")[0] + ".*" in write
        }
        named = {self.id(name) for name in write if not name.endswith(".*")}
        devices = {device.name: device.id for device in self.plan.devices}
        return Wish(
            frozenset(points | named),
            frozenset(named),
            frozenset(devices[name[:-2]] for name in write if name.endswith(".*")),
            more.pop("allow", frozenset({"switching"})),
            tuple(devices[name] for name in lose),
            **more,
        )

    def ground(self, may_set_up: Callable[[int], bool], person: str = "Li") -> Ground:
        plan = apply(self.plan, self.simulation.overlay())
        guard = Guard(self.plan, Pace(), self.remembered, person, self.keep)
        return Ground(plan, self.clock, self.clock.now, Pace(), guard, _open, may_set_up)

    def run(self, wish: Wish | None = None, person: Person | None = None) -> Person:
        """One run of the command, from what the last one kept."""
        asker = person or Person(self)
        self.keeper = self._keeper()
        self.keeper.look_for_changes(self.clock.now().wall_ms)
        self.within(self.session(wish or Wish(), asker))
        return asker

    async def session(self, wish: Wish, asker: Person) -> None:
        consent = Consent()
        async with self.ground(consent) as ground:
            await Session(ground, self.keeper, wish, asker, consent, "Li").run()

    def within(self, what: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(what)

    def verdicts(self, key: str) -> dict[str, str]:
        """By aspect, as they are kept on the disk."""
        records = self._keeper().progress
        record = records.points.get(key) or records.devices[key]
        return {aspect.value: check.verdict.value for aspect, check in record.checks.items()}

    def why(self, key: str, aspect: Aspect) -> str:
        records = self._keeper().progress
        record = records.points.get(key) or records.devices[key]
        said = record.checks[aspect].why
        return "" if said is None else render(said, "en")


async def _open(
    clock: Clock,
    pace: Pace,
    plan: Plan,
    line: Line,
    inbox: Inbox,
    set_up: Callable[[int], bool],
    write: Callable[[int], bool],
    heard: Heard | None,
) -> Driver:
    # Not the daemon's own: it imports BACnet in a thread, which time on this loop does not wait for.
    if line.transport == "bacnet-ip":
        return open_bacnet(plan, line, inbox, clock, pace, may_set_up=set_up, may_write=write)
    return open_modbus(plan, line, inbox, clock, pace, may_set_up=set_up, may_write=write, heard=heard)
