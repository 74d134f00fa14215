"""Deeds done: what each of a story's lines does to the site, its people and its daemon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from config.plan.clock import Now
from config.plan.places import Booking
from config.plan.site import Plan
from controller.campaign.edits import edited
from controller.campaign.ground import Ground, NotHere
from controller.campaign.machine import Machine
from controller.campaign.story import Deed
from controller.campaign.troubles import Troubles
from controller.cycle import Engine
from controller.decide.records import (
    Acknowledge,
    Book,
    Lock,
    Observe,
    Override,
    PersonCommand,
    Release,
    Reset,
    Shelve,
    Unlock,
    Unshelve,
)

WHO = "campaign"
SILENT = ("freeze", "unplug")
"""Faults under which a device hears and says nothing."""
LASTING = ("counter-jump",)
"""Faults that are told by what they leave, not by when they end."""

AT_ANY_TIME = ("fault", "force", "hand", "leap", "ntp")
"""What needs no running daemon."""


class Living(Protocol):
    """The life to which it is done."""

    engine: Engine | None
    """None while the daemon does not run."""
    ground: Ground
    machine: Machine
    troubles: Troubles
    plan: Plan
    plans: Sequence[Plan]
    versions: list[Plan]

    @property
    def gone_s(self) -> int: ...
    def now(self) -> Now: ...
    def later(self, after_s: float, done: Callable[[], None]) -> None: ...
    def say(self, command: PersonCommand) -> bool: ...
    def take(self, plan: Plan, *, plain: bool = False, back: bool = False) -> bool: ...
    def stop(self, how: str, for_s: float) -> bool: ...


class Doing:
    """Of one life. Each returns whether it could be done."""

    def __init__(self, life: Living, base: Plan) -> None:
        self._life = life
        self._base = base
        self._points = {point.key: point for point in base.points}
        self._devices = {device.name: device for device in base.devices}
        self._forced: dict[str, int] = {}
        self._faulty: set[tuple[str, ...]] = set()
        """Faults that stand: one cannot begin again before it has ended."""
        self._does: dict[str, Callable[[Deed], bool]] = {
            "fault": self._fault,
            "force": self._force,
            "hand": self._hand,
            "set": self._set,
            "release": lambda deed: life.say(Release(deed.word("point"), WHO)),
            "lock": lambda deed: life.say(Lock(deed.word("target"), WHO, "work", life.now().wall_ms)),
            "unlock": lambda deed: life.say(Unlock(deed.word("target"), WHO)),
            "observe": self._observe,
            "reset": lambda deed: life.say(Reset(deed.word("rule"), WHO, "seen to")),
            "book": self._book,
            "unbook": self._unbook,
            "acknowledge": lambda deed: self._alarm(deed, lambda number: Acknowledge((number,), WHO)),
            "shelve": self._shelve,
            "unshelve": lambda deed: self._alarm(deed, lambda number: Unshelve((number,), WHO)),
            "restart": self._restart,
            "leap": self._leap,
            "ntp": self._ntp,
            "edit": self._edit,
            "roll-back": self._roll_back,
        }

    def do(self, deed: Deed) -> bool:
        """Whether it could be done: not everything can be at any time."""
        if self._life.engine is None and deed.does not in AT_ANY_TIME:
            return False
        return self._does[deed.does](deed)

    # At the devices

    def _fault(self, deed: Deed) -> bool:
        life, name = self._life, deed.word("fault")
        device, line = deed.word("device"), deed.word("line")
        key = (name, device, line, deed.word("point"), deed.word("number"))
        if key in self._faulty:
            return False
        left_out = ("fault", "device", "line", "for_s", "number")
        numbers = {key: value for key, value in deed.facts if key not in left_out}
        if name == "failed-machine":
            machines = sorted(life.ground.machines(device))
            if not machines:
                return False
            numbers["machine"] = machines[deed.whole("number") % len(machines)]
        try:
            life.ground.fault(name, True, device=device, line=line, **numbers)
        except NotHere:
            return False
        names = self._on_line(line) if line else [device]
        silent = name in SILENT
        self._faulty.add(key)
        if name in LASTING:
            life.troubles.jumped.add(device)
        for one in names:
            life.troubles.begin(one, life.gone_s, silent=silent)

        def over() -> None:
            self._faulty.discard(key)
            if name not in (*LASTING, "restart"):
                life.ground.fault(name, False, device=device, line=line, **numbers)
            for one in names:
                life.troubles.end(one, life.gone_s, silent=silent)

        life.later(deed.whole("for_s"), over)
        return True

    def _on_line(self, line: str) -> list[str]:
        lines = {item.id for item in self._base.lines if item.name == line}
        return [device.name for device in self._base.devices if device.line in lines]

    def _force(self, deed: Deed) -> bool:
        life, key = self._life, deed.word("point")
        point = self._points[key]
        try:
            life.ground.force(point.id, deed.fact("value"))
        except NotHere:
            return False
        number = self._forced[key] = self._forced.get(key, 0) + 1

        def over() -> None:
            if self._forced[key] == number:
                life.ground.force(point.id, None)

        life.later(deed.whole("for_s"), over)
        return True

    def _hand(self, deed: Deed) -> bool:
        life, point = self._life, self._points[deed.word("point")]
        device = self._base.devices[point.device].name
        if device in life.troubles.silent:
            return False
        slot = deed.whole("slot")
        life.ground.by_hand(point.id, deed.fact("value"), slot)
        life.troubles.foreign.setdefault(point.key, set()).add(slot)
        life.troubles.happened(device, life.gone_s)
        return True

    # People

    def _set(self, deed: Deed) -> bool:
        now = self._life.now()
        for_ms = deed.whole("for_s") * 1000
        override = Override(
            deed.word("point"),
            deed.fact("value"),
            WHO,
            "",
            now.wall_ms,
            now.wall_ms + for_ms,
            lasting_ms=for_ms if deed.fact("lasts", False) else 0,
            trusted=now.trusted,
            urgent=bool(deed.fact("urgent", False)),
        )
        return self._life.say(override)

    def _observe(self, deed: Deed) -> bool:
        on = bool(deed.fact("on"))
        return self._life.say(Observe(deed.word("target"), on, WHO, "", self._life.now().wall_ms))

    def _book(self, deed: Deed) -> bool:
        now_ms = self._life.now().wall_ms
        start_ms = now_ms // 60_000 * 60_000 + deed.whole("in_s") * 1000
        booking = Booking(deed.word("place"), start_ms, start_ms + deed.whole("for_s") * 1000, person=WHO)
        return self._life.say(Book((booking,), (), WHO))

    def _unbook(self, deed: Deed) -> bool:
        engine = self._life.engine
        assert engine is not None
        standing = sorted(engine.remembered().bookings)
        if not standing:
            return False
        return self._life.say(Book((), (standing[deed.whole("number") % len(standing)],), WHO))

    def _alarm(self, deed: Deed, command: Callable[[int], Acknowledge | Shelve | Unshelve]) -> bool:
        engine = self._life.engine
        assert engine is not None
        standing = engine.alarms()
        if not standing:
            return False
        return self._life.say(command(standing[deed.whole("number") % len(standing)].id))

    def _shelve(self, deed: Deed) -> bool:
        until_ms = self._life.now().wall_ms + deed.whole("for_s") * 1000
        return self._alarm(deed, lambda number: Shelve((number,), until_ms, WHO, "known"))

    # The daemon and its machine

    def _restart(self, deed: Deed) -> bool:
        life, how = self._life, deed.word("how")
        if not life.stop("stop" if how == "stop" else "kill", deed.whole("for_s")):
            return False
        if how == "power":
            life.machine.reboots(deed.word("chip"))
            self._comes_right(deed.whole("ntp_s"))
        return True

    def _leap(self, deed: Deed) -> bool:
        self._life.machine.leaps(deed.whole("by_s"))
        self._comes_right(deed.whole("ntp_s"))
        return True

    def _ntp(self, _: Deed) -> bool:
        self._life.machine.hears_the_time()
        return True

    def _comes_right(self, after_s: int) -> None:
        self._life.later(after_s, self._life.machine.hears_the_time)

    def _edit(self, deed: Deed) -> bool:
        life = self._life
        if (number := deed.whole("edition", -1)) >= 0:
            return life.take(life.plans[number % len(life.plans)])
        what = deed.word("what")
        plan = edited(life.plan, what, deed.whole("number"))
        return plan is not None and life.take(plan, plain=what == "words")

    def _roll_back(self, _: Deed) -> bool:
        life = self._life
        return bool(life.versions) and life.take(life.versions[-1], back=True)
