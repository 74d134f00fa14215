"""The inside of a simulated device: what it is told, what it does, what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol

from config.plan.devices import Device
from config.plan.points import Point
from config.plan.reading import Value
from drivers.simulators.plant.environment import Environment
from drivers.simulators.plant.generic import Wanderer
from drivers.simulators.plant.motor import Motor
from drivers.simulators.plant.noise import chance
from drivers.simulators.plant.tank import Tank

METERS = 3
"""The rank of meters: they look on."""

Gauge = Callable[[], Value | None]
"""What a point reads at this moment; None is the device's "not available"."""


@dataclass(frozen=True, slots=True)
class Always:
    """The gauge of what never changes: a switch that stands in "auto", a serial number."""

    value: Value | None

    def __call__(self) -> Value | None:
        return self.value


Flow = Callable[[], float]
"""What something draws at this moment: kW, or m³/h."""


class Neighbours(Protocol):
    """The other parts of the plant, by name."""

    def flow(self, reference: str, quantity: str) -> Flow:
        """What `reference` (a device, DEVICE.part, a load, a tap) draws of a `quantity`: power, water,
        gas."""

    def model(self, name: str) -> DeviceModel | None: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a model is made from."""

    device: Device
    points: Mapping[str, Point]
    """By the name the profile gives them."""
    facts: Mapping[str, Any]
    """Of plant.yaml, for this device."""
    seed: int
    environment: Environment
    """At the start."""

    def number(self, name: str, default: float) -> float:
        value = self.facts.get(name, default)
        return float(value) if isinstance(value, int | float) else default

    def numbers(self, name: str) -> list[float]:
        """A list of numbers, empty when it is not given."""
        value = self.facts.get(name, ())
        return [float(item) for item in value] if isinstance(value, list | tuple) else []

    def lot(self, name: str, low: float, high: float) -> float:
        """A fixed random number for this device and `name`."""
        return low + (high - low) * chance(self.seed, f"{self.device.name}/{name}")


class DeviceModel:
    """One device. All values are in the inside units of its points; a name the profile lacks is shown to
    nobody.

    `command` comes when a master's write was accepted; `step` moves the physics by up to some seconds of
    site time; `gauges` give what is to be read now. A point that has none behaves as `Wanderer` has it.
    """

    rank: ClassVar[int] = 1
    """Order of stepping: 0 what others depend on, 1 machines, 2 what follows them, METERS."""
    start: ClassVar[Mapping[str, Value | str]] = {}
    """What command points hold when the device starts; an enum's state by its name."""
    counts: ClassVar[tuple[str, ...]] = ()
    """Attributes that only ever grow: its own, or of a part of it ("stove.burn_s")."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.name = setting.device.name
        self.points = setting.points
        self.environment = setting.environment
        """Now; renewed before each step."""
        self.flows: dict[str, Flow] = {"power": lambda: self.power_kw}
        """What it draws, by quantity or by part, for the meters before it."""
        self.told: dict[str, Value] = {}
        self._words: dict[str, str] = {}
        self._words_at = 0
        """`orders` when they were looked up."""
        self.orders = 0
        """How often it was told something else, or forgot it: as long as it stands, `told` is the same."""
        self._gauges: dict[str, Gauge] | None = None
        self._wanderer = Wanderer(setting.seed, self.name, setting.points.values())
        self.restart()

    @property
    def power_kw(self) -> float:
        return 0.0

    def restart(self) -> None:
        """Everything it was told is forgotten; physics goes on."""
        self.told = {
            name: self._at_start(name, point)
            for name, point in self.points.items()
            if point.command is not None
        }
        self.orders += 1
        for name in self.told:
            self.obey(name)

    def _at_start(self, name: str, point: Point) -> Value:
        value = self.start.get(name)
        if isinstance(value, str) and point.kind == "enum":
            return next((number for number, word in point.states if word == value), point.states[0][0])
        if value is not None:
            return value
        if point.kind == "bool":
            return False
        if point.kind == "enum":
            words = {word: number for number, word in point.states}
            return words.get("auto", point.states[0][0])
        if point.kind == "text":
            return ""
        assert point.command is not None
        return 0.0 if not point.command.targetable else (point.command.low or 0.0)

    def link(self, neighbours: Neighbours) -> None:
        """Look up the neighbours it works with; called once, when all are made."""

    def machines(self) -> Mapping[str, Motor]:
        """Its motors by name."""
        return {}

    def tanks(self) -> Mapping[str, Tank]:
        """Its tanks by name."""
        return {}

    def counted(self) -> dict[str, tuple[object, str]]:
        """What only ever grows, by name: whose attribute it is, and which."""
        found: dict[str, tuple[object, str]] = {}
        for path in self.counts:
            owner, _, what = path.rpartition(".")
            found[path] = (getattr(self, owner) if owner else self, what)
        for name, motor in self.machines().items():
            found |= {f"{name}.{what}": (motor, what) for what in ("run_s", "starts")}
        return found

    def counters(self) -> dict[str, float]:
        """What it has counted, for `go_on` in a later run."""
        mine = {name: float(getattr(owner, what)) for name, (owner, what) in self.counted().items()}
        return {**mine, **self._wanderer.counters()}

    def go_on(self, kept: Mapping[str, float]) -> None:
        """Count on from there; what is not in it stays as it began."""
        for name, (owner, what) in self.counted().items():
            if name in kept:
                setattr(owner, what, type(getattr(owner, what))(kept[name]))
        self._wanderer.go_on(kept, self.environment)

    def depth(self) -> int:
        """Order of stepping within a rank."""
        return 0

    def command(self, name: str, value: Value) -> None:
        """A master wrote it."""
        if self.told.get(name) != value:
            self.orders += 1
        self.told[name] = value
        self.obey(name)

    def obey(self, name: str) -> None:
        """What being told means beyond remembering it; nothing, for most."""

    def unheard(self, goes_to: Value | None, targets: tuple[str, ...]) -> None:
        """Nobody talked to it for the time it was set to: it goes to what it was set to."""
        for name in targets:
            if goes_to is not None:
                self.command(name, goes_to)

    def step(self, dt_s: float) -> None:
        """Physics for `dt_s` of site time, in the surroundings there are now."""

    def gauges(self) -> dict[str, Gauge]:
        """What its points read, by name. Asked for when all are linked; each is read when somebody wants to
        know, after any step."""
        return {}

    def _by_physics(self) -> dict[str, Gauge]:
        # By hand: `cached_property` writes into the instance's dictionary, and from then on all that is asked
        # of it, for ever and each step, takes a longer way.
        if self._gauges is None:
            self._gauges = self.gauges()
        return self._gauges

    def gauge(self, name: str) -> Gauge:
        """What a point reads: by the physics, or what it was told, or what no model knows; None for a name it
        does not have."""
        own = self._by_physics().get(name)
        if own is not None:
            return own
        return partial(self._without, name) if name in self.points else lambda: None

    def _without(self, name: str) -> Value:
        told = self.told.get(name)
        return self._wanderer.value(name, self.environment) if told is None else told

    def stands(self, name: str) -> bool:
        """Whether a point reads the same until the next order: it never changes, or no gauge says it and it
        does not wander."""
        own = self._by_physics().get(name)
        if own is not None:
            return isinstance(own, Always)
        return name in self.told or self.points[name].kind != "number"

    def show(self) -> dict[str, Value | None]:
        """What the physics has its points read now."""
        return {name: gauge() for name, gauge in self._by_physics().items()}

    def all_values(self) -> dict[str, Value | None]:
        """`show`, with what it was told and what no model knows."""
        known = self.show()
        return known | {name: self._without(name) for name in self.points if name not in known}

    # Help for what it was told

    def switch(self, name: str, default: bool = False) -> bool:
        return bool(self.told.get(name, default))

    def told_number(self, name: str, default: float) -> float:
        value = self.told.get(name, default)
        return default if isinstance(value, str) else float(value)

    def word(self, name: str, default: str = "") -> str:
        """The state an enum point was told, by name."""
        if self._words_at != self.orders:
            self._words, self._words_at = {}, self.orders
        found = self._words.get(name)
        if found is None:
            point, value = self.points.get(name), self.told.get(name)
            found = "" if point is None or value is None else point.state_name(value) or ""
            self._words[name] = found
        return found or default

    def state(self, name: str, *words: str) -> int | None:
        """The number of the first of `words` that is a state of this enum point; None when it has none of
        them."""
        point = self.points.get(name)
        if point is None:
            return None
        numbers = {word: number for number, word in point.states}
        return next((numbers[word] for word in words if word in numbers), None)


class GenericModel(DeviceModel):
    """A device of a profile nobody wrote physics for: it echoes commands, the rest wanders."""
