"""Optimum start and stop: how early to begin so that a room is right when people come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from config.language import text
from config.plan.points import Point
from config.plan.programmes import WEEKDAYS, BookedPeriod, DayList, Period, Programme
from config.plan.rules import Coast, OptimumStart
from config.written.check.periods import check_overlaps
from config.written.model.base import Lead, Name, PerKelvin, Quantity, Written
from config.written.model.programmes import Time
from config.written.rules.common import OnBadInput, RuleWritten
from config.written.rules.hours import check_kind
from config.written.rules.making import Making
from config.written.rules.switching import SwitchWritten, number_point, switched

_WIDEST_K = 10.0


class StayWritten(Written):
    """[from, to) of a day in which people are there."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]


class CoastWritten(Written):
    """Off before they leave, while the room stays within `band` of its bounds."""

    at_most: Lead
    band: Quantity


class OptimumStartWritten(RuleWritten):
    """On while places are booked or a kind of day says that people are there, and before that as late as will
    do; learns how long a kelvin takes."""

    kind: Literal["optimum_start"]
    places: list[Name] = Field(default_factory=list)
    occupied: dict[str, list[StayWritten]] = Field(default_factory=dict)
    then: Annotated[list[SwitchWritten], Field(min_length=1)]
    temperature: str
    outdoor: str | None = None
    heat_to: Quantity | None = None
    cool_to: Quantity | None = None
    at_most: Lead
    per_kelvin: PerKelvin = 1200.0
    stop: CoastWritten | None = None
    on_bad_input: OnBadInput


def lower(written: OptimumStartWritten, making: Making) -> OptimumStart | None:
    """The record, or None with every problem told."""
    room = _temperature(making, "temperature", written.temperature)
    outdoor = None if written.outdoor is None else _temperature(making, "outdoor", written.outdoor)
    idle = written.heat_to is None and written.cool_to is None
    if idle and not making.lacks("heat_to", "cool_to"):
        making.problem([], text("say what the room is to be: heat_to, cool_to or both"))
    heat_to = _degrees(making, ["heat_to"], written.heat_to, "°C")
    cool_to = _degrees(making, ["cool_to"], written.cool_to, "°C")
    if heat_to is not None and cool_to is not None and heat_to >= cool_to:
        making.problem(["cool_to"], text("it would heat and cool at the same time"))
    then = switched(making, written.then, "motors" if written.stop is None else "all")
    occupied = _occupied(written, making)
    coast = None if written.stop is None else _coast(written.stop, making)
    if room is None or idle or not then or (written.outdoor is not None and outdoor is None):
        return None
    return OptimumStart(
        occupied,
        then,
        room.id,
        None if outdoor is None else outdoor.id,
        heat_to,
        cool_to,
        written.at_most,
        written.per_kelvin,
        coast,
        written.on_bad_input,
    )


def _temperature(making: Making, path: str, name: str | None) -> Point | None:
    point = number_point(making, path, name)
    if point is not None and point.unit != "°C":
        making.problem([path], text("{point} is no temperature", point=name))
        return None
    return point


def _degrees(making: Making, path: Sequence[object], written: object, unit: str) -> float | None:
    return None if written is None else making.amount(path, written, unit)


def _coast(written: CoastWritten, making: Making) -> Coast | None:
    band = _degrees(making, ["stop", "band"], written.band, "K")
    if band is not None and not 0 < band <= _WIDEST_K:
        making.problem(
            ["stop", "band"],
            text('"{value}" does not fit', value=written.band),
            text("{low} to {high}", low="0 K", high="10 K"),
        )
    return None if band is None else Coast(written.at_most, band)


def _occupied(written: OptimumStartWritten, making: Making) -> Programme:
    """When people are there, as a programme that aims at nothing."""
    empty = not written.places and not any(written.occupied.values())
    if empty and making.named.entry.whole("places") and making.named.entry.whole("occupied"):
        making.problem([], text("say when people are there: places, occupied or both"))
    booked = []
    for index, name in enumerate(written.places):
        at = making.place("places", index)
        place = making.site.places.named(name, at)
        if place is not None:
            label = place.label or place.name
            booked.append(BookedPeriod(place.name, label, 0.0, 0.0, value=True, source=at))
    return Programme(
        id=0,
        name=making.named.name,
        label="",
        targets=(),
        slot=0,
        priority=10,
        default=None,
        has_default=False,
        untrusted=None,
        has_untrusted=False,
        week=tuple(_list(kind, stays, making) for kind, stays in written.occupied.items()),
        exceptions=(),
        effective=(),
        source=making.named.entry.at,
        bookings=tuple(booked),
    )


def _list(kind: str, stays: list[StayWritten], making: Making) -> DayList:
    check_kind(making, "occupied", kind)
    periods = tuple(
        Period(stay.start, stay.end, value=True, source=making.place("occupied", kind, index))
        for index, stay in enumerate(stays)
        if making.named.entry.whole("occupied", kind, index)
    )
    check_overlaps(periods, making.site.findings, repeats=kind not in WEEKDAYS)
    return DayList(kind, periods)
