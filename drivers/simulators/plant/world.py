"""The whole plant of a site, stepped in site time: surroundings, loads, devices, meters. No socket, no
clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

from config.plan.devices import Device
from config.plan.site import Plan
from drivers.simulators.plant.environment import Calendar, Environment, Surroundings
from drivers.simulators.plant.loads import Load, Tap
from drivers.simulators.plant.model import METERS, DeviceModel, Flow, Setting
from drivers.simulators.plant.registry import MODELS, model_of

MOST_STEP_S = 10.0
"""Longest step of the physics, site seconds."""


class PlantError(Exception):
    """plant.yaml names something that is not there."""


class World:
    """Built from a Plan and the site's plant.yaml (as plain data; empty for a site without one).

    `facts` has the sections loads (`Load`), taps (`Tap`), meters (`of`, `remainder` of an electric, water
    or gas meter) and devices (what each model's docstring names); a device's `model` is its profile's
    `plant`.
    """

    def __init__(
        self,
        plan: Plan,
        facts: Mapping[str, Any],
        seed: int,
        start_ms: int,
        most_step_s: float = MOST_STEP_S,
        booked: Callable[[str, float], bool] | None = None,
    ) -> None:
        self._most_step_s = most_step_s
        self.wall_ms = float(start_ms)
        self._surroundings = Surroundings(plan.site, Calendar(plan.calendar), seed, booked)
        self.environment = self._surroundings.at(self.wall_ms)
        self._stood_ms = self.environment.time_s * 1000
        """Until when the whole has been stepped."""
        self._ahead: dict[str, float] = {}
        """Devices that were stepped further on, and until when."""
        self.loads = {name: Load(seed, name, of) for name, of in _section(facts, "loads").items()}
        self.taps = {name: Tap(seed, name, of) for name, of in _section(facts, "taps").items()}
        devices, meters = _section(facts, "devices"), _section(facts, "meters")
        names = {device.name for device in plan.devices}
        unknown = sorted((set(devices) | set(meters)) - names)
        if unknown:
            raise PlantError(f"plant.yaml speaks of devices the site does not have: {', '.join(unknown)}")
        places = {str(own["place"]) for own in devices.values() if "place" in own}
        if unknown := sorted(places - {place.name for place in plan.places}):
            raise PlantError(f"plant.yaml speaks of places the site does not have: {', '.join(unknown)}")
        self.models: dict[str, DeviceModel] = {}
        for device in plan.devices:
            own = {**meters.get(device.name, {}), **devices.get(device.name, {})}
            points = {plan.points[number].name: plan.points[number] for number in device.points}
            setting = Setting(device, points, own, seed, self.environment)
            self.models[device.name] = self._made(device, setting)
        self._together = {name: {name} for name in self.models}
        self._linking = ""
        for name, model in self.models.items():
            self._linking = name
            model.link(self)
        try:
            self._order = sorted(self.models.values(), key=lambda model: (model.rank, model.depth()))
        except RecursionError:
            raise PlantError("plant.yaml: meters measure each other in a circle") from None
        self._turn = {model.name: turn for turn, model in enumerate(self._order)}
        self._steps = [(model, model.step) for model in self._order]

    @staticmethod
    def _made(device: Device, setting: Setting) -> DeviceModel:
        wanted = str(setting.facts.get("model", ""))
        try:
            made = model_of(device.profile, wanted)
        except KeyError:
            raise PlantError(
                f"{device.name}: no plant model {wanted!r}; there are {', '.join(MODELS)}"
            ) from None
        return made(setting)

    def model(self, name: str) -> DeviceModel | None:
        found = self.models.get(name)
        if found is not None:
            self._join(name)
        return found

    def flow(self, reference: str, quantity: str) -> Flow:
        """What `reference` draws. Raises PlantError for a name that is neither device, load nor tap."""
        if quantity == "power" and reference in self.loads:
            load = self.loads[reference]
            return lambda: load.kw
        if quantity == "water" and reference in self.taps:
            tap = self.taps[reference]
            return lambda: tap.m3h
        owner, _, part = reference.partition(".")
        found = self.model(owner)
        flow = None if found is None else found.flows.get(part or quantity)
        if flow is None:
            raise PlantError(f"plant.yaml: nothing named {reference!r} draws {quantity}")
        return flow

    def together(self, name: str) -> Collection[str]:
        """The devices that work with that one, itself among them; the meters before them not."""
        return self._together[name]

    def advance(self, wall_ms: float) -> Environment:
        """Move the plant on to a later moment, in equal steps of at most `most_step_s`. Going back moves
        nothing."""
        span_s = (wall_ms - self.wall_ms) / 1000
        if span_s > 0:
            count = math.ceil(span_s / self._most_step_s)
            for number in range(1, count + 1):
                self._step(self.wall_ms + span_s * 1000 * number / count)
            self.wall_ms = wall_ms
        return self.environment

    def advance_some(self, wall_ms: float, names: Collection[str]) -> None:
        """Move these devices alone on to a moment not long after that of the plant, which follows with the
        next `advance`: what lies around them stands still meanwhile."""
        environment = self._surroundings.at(wall_ms)
        for name in sorted(names, key=self._turn.__getitem__):
            dt_s = (wall_ms - self._ahead.get(name, self._stood_ms)) / 1000
            if dt_s > 0:
                self._ahead[name] = wall_ms
                model = self.models[name]
                model.environment = environment
                model.step(dt_s)

    def _step(self, wall_ms: float) -> None:
        environment = self.environment = self._surroundings.at(wall_ms)
        for load in self.loads.values():
            load.step(environment)
        for tap in self.taps.values():
            tap.step(environment)
        dt_s = (wall_ms - self._stood_ms) / 1000
        ahead = self._ahead
        for model, step in self._steps:
            if ahead and model.name in ahead:
                rest_s = (wall_ms - ahead[model.name]) / 1000
                if rest_s > 0:
                    model.environment = environment
                    step(rest_s)
            else:
                model.environment = environment
                step(dt_s)
        self._stood_ms = wall_ms
        self._ahead = {name: at_ms for name, at_ms in ahead.items() if at_ms > wall_ms}

    def _join(self, name: str) -> None:
        """What is linked and `name` work together. Not so a meter and what is behind it: it only looks on."""
        asking = self.models[self._linking]
        if asking.rank < METERS and self.models[name].rank < METERS:
            together = self._together[self._linking] | self._together[name]
            for one in together:
                self._together[one] = together


def _section(facts: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    section = facts.get(name) or {}
    if not isinstance(section, Mapping) or not all(isinstance(of, Mapping) for of in section.values()):
        raise PlantError(f"plant.yaml: {name} is not a list of names with their facts")
    return {str(key): dict(of) for key, of in section.items()}
