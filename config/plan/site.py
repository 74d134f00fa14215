"""The Plan: a site, compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.plan.devices import Device
from config.plan.equipment import Equipment
from config.plan.lines import Line
from config.plan.metering import NO_METERING, Metering, Trend
from config.plan.places import Place
from config.plan.points import Point
from config.plan.programmes import CalendarPlan, Programme
from config.plan.restart import Restart
from config.plan.rules import Rule
from config.plan.sinks import SinkPlan
from config.plan.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Rollback:
    """When an edit is taken back by itself: so many of the devices that it touched have rejected writes."""

    devices: int = 2
    share: float = 20.0
    """Or so many percent of them."""
    within_s: float = 300.0
    """Site seconds after the edit came into force."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who and where. Latitude and longitude in degrees, north and east positive."""

    name: str
    label: str
    time_zone: str
    latitude: float
    longitude: float
    language: str
    """zh_CN or en."""
    observe: bool
    """The whole site in observe mode."""
    override_max_s: float
    """Longest life of a person's override, site seconds."""
    interval_s: int
    """Length of a log interval, 60 to 3600, divides the hour or is a whole hour."""
    full_disk: Literal["keep", "drop_oldest"] = "keep"
    """When the disk is full and everything acknowledged has gone: keep what some sink has not got, so that
    new intervals wait in memory; or drop the oldest of it."""
    flash_budget_mb: float = 1000.0
    """Megabytes (10⁶ bytes) that the daemon may write to the disk in a day without being told of."""
    apply: Literal["by_hand", "watched"] = "by_hand"
    """Whether edited files come into force by themselves, once they stand still and are right."""
    rollback: Rollback = Rollback()


@dataclass(frozen=True, slots=True)
class Plan:
    """A site, checked and frozen. Every id is an index into its tuple."""

    format: int
    hash: str
    """SHA-256 (hex) of the Plan's own canonical JSON with this field empty."""
    compiler: str
    """Version of louguan that compiled it."""
    files: tuple[tuple[str, str], ...]
    """(path relative to the site, SHA-256 of its bytes) of every file read, sorted."""
    site: Site
    calendar: CalendarPlan
    lines: tuple[Line, ...]
    devices: tuple[Device, ...]
    points: tuple[Point, ...]
    equipment: tuple[Equipment, ...]
    programmes: tuple[Programme, ...]
    rules: tuple[Rule, ...] = ()
    sinks: tuple[SinkPlan, ...] = ()
    metering: Metering = NO_METERING
    trends: tuple[Trend, ...] = ()
    tariff: Tariff | None = None
    places: tuple[Place, ...] = ()
    restart: Restart | None = None
    """None: nothing is staggered."""
    notes: tuple[str, ...] = ()
    """What `check` said beside errors: conversions, expansions of tags, hidden entries (English)."""

    def point_named(self, key: str) -> Point | None:
        """The point "device.point" or "equipment.role" or a bare equipment (its primary command); None if
        unknown."""
        owner, _, name = key.partition(".")
        for item in self.equipment:
            if item.name == owner:
                wanted = item.primary if not name else dict(item.roles).get(name)
                return None if wanted is None else self.points[wanted]
        return next((point for point in self.points if point.key == key), None)
