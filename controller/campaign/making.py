"""From a seed to a story: what happens, when, and to what. Pure: the same seed makes the same.

Each story has its own mixture: of the sorts of deeds each is left out by half of the seeds, because what
happens all the time hides what happens seldom.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.plan.equipment import AUTO, RUN
from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from config.plan.rules import Hazard, Interlock, Supervision
from config.plan.site import Plan
from controller.campaign.edits import EDITS
from controller.campaign.story import Deed, Story
from controller.decide.rules.aims import aims
from controller.decide.rules.registry import KINDS

DEEDS_A_DAY = (12.0, 300.0)
"""From a quiet story to a wild one."""
QUIET_S = 3600
"""At the end of a story nothing happens: everything must come to rest."""
SHORT = (30, 90, 240, 700)
LONG = (60, 300, 1200, 4000, 15_000)
"""Seconds."""
BOUNCING = ("force", "set")
LEAPS = (-7200, -3500, -70, -20, 25, 65, 900, 3500, 5000, 90_000)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a campaign asks for."""

    site: str
    seed: int
    first: str
    hours: float
    cycle_s: float
    on_disk: bool


class _Maker:
    """Draws deeds for one Plan."""

    def __init__(self, plan: Plan, editions: int, dice: random.Random) -> None:
        self._plan = plan
        self._editions = editions
        self._dice = dice
        bacnet = {line.id for line in plan.lines if line.transport == "bacnet-ip"}
        self._bacnet = {device.id for device in plan.devices if device.line in bacnet}
        self._commanded = [
            point
            for point in plan.points
            if point.command is not None and point.command.targetable and not point.life_safety
        ]
        self._motors = {point for item in plan.equipment for role, point in item.roles if role == RUN}
        read = [point for point in plan.points if point.command is None and point.counter is None]
        self._contacts = [point for point in read if point.kind == "bool"]
        bound = {point for item in plan.equipment for _, point in item.roles}
        self._numbers = [point for point in read if point.kind == "number" and point.id in bound]
        self._selectors = [
            plan.points[point] for item in plan.equipment for role, point in item.roles if role == AUTO
        ]
        looked_at = {point for rule in plan.rules for point in KINDS[type(rule.spec)].points(rule.spec)}
        self._looked_at = [point for point in read if point.id in looked_at]
        aimed_at = frozenset[int]().union(*(aims(rule.spec) for rule in plan.rules))
        self._ruled = [point for point in self._commanded if point.id in aimed_at]
        self.sorts: dict[str, Callable[[], Deed | None]] = {
            "device faults": self._device_fault,
            "line faults": self._line_fault,
            "contacts": self._contact,
            "numbers": self._number,
            "selectors": self._selector,
            "hands": self._hand,
            "overrides": self._set,
            "releases": self._release,
            "locks": self._lock,
            "observing": self._observe,
            "resets": self._reset,
            "bookings": self._book,
            "alarms": self._alarm,
            "restarts": self._restart,
            "clocks": self._clock,
            "edits": self._edit,
        }

    # At the devices

    def _device_fault(self) -> Deed | None:
        dice, plan = self._dice, self._plan
        device = dice.choice(plan.devices)
        bacnet = device.id in self._bacnet
        own = [plan.points[point] for point in device.points]
        names = ["freeze", "unplug", "restart", "stuck", "frozen-counter", "failed-machine", "lying-write"]
        names += ["refuse-writes", "reliability", "out-of-service"] if bacnet else ["busy", "exception"]
        if any(point.counter is not None for point in own):
            names.append("counter-jump")
        name = dice.choice(names)
        facts: dict[str, Value] = {"fault": name, "device": device.name, "for_s": dice.choice(LONG)}
        match name:
            case "restart":
                facts["for_s"] = 60
            case "counter-jump":
                facts["by"] = float(dice.choice((-50, -1, 3, 1000)))
            case "reliability" | "out-of-service":
                facts["point"] = dice.choice(own).name
            case "failed-machine":
                facts["number"] = dice.randrange(8)
        return self._deed("fault", facts)

    def _line_fault(self) -> Deed | None:
        facts: dict[str, Value] = {
            "fault": self._dice.choice(("freeze", "unplug")),
            "line": self._dice.choice(self._plan.lines).name,
            "for_s": self._dice.choice(LONG),
        }
        return self._deed("fault", facts)

    def _contact(self) -> Deed | None:
        """A contact is as it is, or bounces."""
        return self._forced(self._likely(self._contacts), lambda _point: self._dice.random() < 0.6)

    def _number(self) -> Deed | None:
        def somewhere(point: Point) -> Value:
            low = 0.0 if point.valid_low is None else point.valid_low
            high = 100.0 if point.valid_high is None else point.valid_high
            return round(low + (high - low) * self._dice.random(), 1)

        return self._forced(self._likely(self._numbers), somewhere)

    def _selector(self) -> Deed | None:
        def turned(point: Point) -> Value:
            if point.kind == "enum":
                return self._dice.choice(point.states)[0]
            return False

        return self._forced(self._selectors, turned)

    def _likely(self, points: Sequence[Point]) -> Sequence[Point]:
        """Mostly those that a rule looks at."""
        kinds = {point.kind for point in points}
        found = [point for point in self._looked_at if point.kind in kinds]
        return found if found and self._dice.random() < 0.7 else points

    def _forced(self, points: Sequence[Point], value: Callable[[Point], Value]) -> Deed | None:
        if not points:
            return None
        point = self._dice.choice(points)
        facts: dict[str, Value] = {"point": point.key, "value": value(point)}
        return self._deed("force", {**facts, "for_s": self._dice.choice(SHORT + LONG)})

    def _hand(self) -> Deed | None:
        if not self._commanded:
            return None
        point = self._dice.choice(self._commanded)
        slot = self._dice.choice((3, 5, 8, 12, 15)) if isinstance(point.source, BacnetObject) else 0
        return self._deed("hand", {"point": point.key, "value": self._value(point), "slot": slot})

    # People

    def _set(self) -> Deed | None:
        if not self._commanded:
            return None
        dice = self._dice
        point = dice.choice(self._ruled if self._ruled and dice.random() < 0.5 else self._commanded)
        value = self._value(point)
        facts: dict[str, Value] = {"point": point.key, "value": value}
        facts |= {"for_s": dice.choice(LONG), "lasts": dice.random() < 0.5}
        if point.id in self._motors and value is False and dice.random() < 0.3:
            facts["urgent"] = True
        return self._deed("set", facts)

    def _release(self) -> Deed | None:
        if not self._commanded:
            return None
        return self._deed("release", {"point": self._dice.choice(self._commanded).key})

    def _target(self) -> str:
        return self._dice.choice(
            [item.name for items in (self._plan.equipment, self._plan.devices) for item in items]
        )

    def _lock(self) -> Deed | None:
        does = "lock" if self._dice.random() < 0.5 else "unlock"
        return self._deed(does, {"target": self._target()})

    def _observe(self) -> Deed | None:
        target = "" if self._dice.random() < 0.3 else self._target()
        return self._deed("observe", {"target": target, "on": self._dice.random() < 0.4})

    def _reset(self) -> Deed | None:
        names = [
            rule.name for rule in self._plan.rules if isinstance(rule.spec, Interlock | Hazard | Supervision)
        ]
        return self._deed("reset", {"rule": self._dice.choice(names)}) if names else None

    def _book(self) -> Deed | None:
        if not self._plan.places:
            return None
        if self._dice.random() < 0.3:
            return self._deed("unbook", {"number": self._dice.randrange(10)})
        facts: dict[str, Value] = {"place": self._dice.choice(self._plan.places).name}
        in_s = 60 * self._dice.choice((-20, 0, 5, 30, 90, 600))
        return self._deed("book", {**facts, "in_s": in_s, "for_s": self._dice.choice((600, 7200))})

    def _alarm(self) -> Deed | None:
        does = self._dice.choice(("acknowledge", "shelve", "unshelve"))
        facts: dict[str, Value] = {"number": self._dice.randrange(20)}
        if does == "shelve":
            facts["for_s"] = self._dice.choice(LONG)
        return self._deed(does, facts)

    # The daemon and its machine

    def _restart(self) -> Deed | None:
        dice = self._dice
        facts: dict[str, Value] = {"how": dice.choice(("stop", "kill", "kill", "power"))}
        facts["for_s"] = dice.choice((0, 0, 60, 400, 4000))
        if facts["how"] == "power":
            facts |= {"chip": dice.choice(("good", "good", "flat", "none")), "ntp_s": dice.choice(LONG)}
        return self._deed("restart", facts)

    def _clock(self) -> Deed | None:
        if self._dice.random() < 0.2:
            return self._deed("ntp", {})
        facts: dict[str, Value] = {"by_s": self._dice.choice(LEAPS), "ntp_s": self._dice.choice(LONG)}
        return self._deed("leap", facts)

    def _edit(self) -> Deed | None:
        dice = self._dice
        if dice.random() < 0.2:
            return self._deed("roll-back", {})
        if self._editions > 1 and dice.random() < 0.6:
            return self._deed("edit", {"edition": dice.randrange(self._editions)})
        return self._deed("edit", {"what": dice.choice(tuple(EDITS)), "number": dice.randrange(1000)})

    # How it is drawn

    def _value(self, point: Point) -> Value:
        """One that may be commanded; now and then one that may not."""
        dice, command = self._dice, point.command
        assert command is not None
        match point.kind:
            case "bool":
                return dice.random() < 0.5
            case "enum":
                return dice.choice(command.states or tuple(number for number, _ in point.states))
            case "number":
                low = 0.0 if command.low is None else command.low
                high = 100.0 if command.high is None else command.high
                return float(dice.choice((low, high, round(low + (high - low) * dice.random(), 1))))
            case _:
                return ""

    @staticmethod
    def _deed(does: str, facts: dict[str, Value]) -> Deed:
        return Deed.of(0, does, **facts)


def make(plan: Plan, wanted: Wanted, editions: int = 1) -> Story:
    """The story of that seed. `editions`: of how many the runner has the Plans."""
    dice = random.Random(f"{wanted.seed} {plan.site.name}")
    maker = _Maker(plan, editions, dice)
    sorts = [name for name in maker.sorts if dice.random() < 0.5] or list(maker.sorts)
    weights = [dice.choice((1, 1, 2, 4)) for _ in sorts]
    last_s = max(0, round(wanted.hours * 3600) - QUIET_S)
    a_day = math.exp(dice.uniform(*map(math.log, DEEDS_A_DAY)))
    deeds: list[Deed] = []
    for _ in range(max(1, round(a_day * wanted.hours / 24))):
        at_s = dice.randrange(last_s + 1)
        for _ in range(dice.choice((1, 1, 1, 2, 4))):  # one seldom comes alone
            deed = maker.sorts[dice.choices(sorts, weights)[0]]()
            if deed is not None:
                deeds.append(deed._replace(at_s=at_s))
            at_s = min(last_s, at_s + dice.choice((0, 1, 30, 60, 300)))
            if deed is not None and deed.does in BOUNCING and dice.random() < 0.2:
                deeds += _bounces(deed, at_s, last_s, dice)
    deeds.sort(key=lambda deed: deed.at_s)
    return Story(
        wanted.site, wanted.seed, wanted.first, wanted.hours, wanted.cycle_s, wanted.on_disk, tuple(deeds)
    )


def _bounces(deed: Deed, at_s: int, last_s: int, dice: random.Random) -> list[Deed]:
    """The same again and again, and now and then the other way round, as bad contacts and impatient people
    do."""
    found: list[Deed] = []
    for _ in range(dice.randrange(2, 9)):
        at_s = min(last_s, at_s + dice.choice((20, 61, 61, 125, 190)))
        facts = {**dict(deed.facts), "for_s": dice.choice((30, 61, 125))}
        if isinstance(facts["value"], bool):
            facts["value"] = dice.random() < 0.5
        found.append(Deed.of(at_s, deed.does, **facts))
    return found
