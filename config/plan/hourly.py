"""Kinds of rules that know the hour: what they ask depends on local time or on the tariff too."""

from __future__ import annotations

from dataclasses import dataclass

from config.plan.asks import BadInput, Band, Switched
from config.plan.conditions import Condition
from config.plan.programmes import Hours
from config.plan.tariff import TariffPeriod


@dataclass(frozen=True, slots=True)
class Heated:
    """One boiler under a heater rule."""

    name: str
    """Of the equipment; the rule remembers by it."""
    heat: Switched
    temperature: int | None
    """None: nothing looks at it, its own thermostat keeps it hot."""
    flush: Switched | None


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How long before its hours a boiler is heated."""

    most_s: float
    per_degree_s: float | None
    """So long for each degree that is missing, at most `most_s`; None: always `most_s`."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """Heat that is stored before dear hours, to be spared in them. °C."""

    before: tuple[TariffPeriod, ...]
    """The dear periods."""
    within_s: float
    """So long before they begin it heats up to `to`."""
    to: float
    least: float
    """In them it heats below this alone."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Water that has stood is let go before the first use."""

    for_s: float
    after_s: float
    """Once a day, and whenever no hot water has been wanted for so long."""


@dataclass(frozen=True, slots=True)
class Heater:
    """Boilers that are hot when hot water is wanted, and off otherwise."""

    boilers: tuple[Heated, ...]
    wanted: Hours | None
    untrusted: bool
    """Whether it is wanted while nobody knows what time it is."""
    when: Condition | None
    """It is wanted also while this is true."""
    keep: Band | None
    """°C; None: the permit is on, and the boiler's own thermostat does the rest."""
    warm_up: WarmUp | None
    top_up: TopUp | None
    flush: Flush | None
    on_bad_input: BadInput
    """trip: off."""


@dataclass(frozen=True, slots=True)
class Watered:
    """One valve of an irrigation rule, and what it has a day."""

    name: str
    """Its point; the rule remembers by it."""
    then: Switched
    for_s: float
    """So long at most."""
    water: float | None
    """In the unit of the meter: it ends when so much has been given; None: by the time alone."""


@dataclass(frozen=True, slots=True)
class Irrigation:
    """Valves opened one after another in its hours, each for its share of the day."""

    hours: Hours
    valves: tuple[Watered, ...]
    meter: int | None
    """A counter of what flows through all of them."""
    level: int | None
    band: Band | None
    """Of `level`: water is there beyond `start`, until beyond `stop`."""
    only_if: Condition | None
    skip_when: Condition | None
    rain: Condition | None
    dry_s: float
    """For so long after `rain` was last true nothing is given."""
    longest_s: float | None
    """All valves together a day."""
    most: float | None
    """The same in the unit of the meter."""
    on_bad_input: BadInput
    """trip: closed."""


@dataclass(frozen=True, slots=True)
class TariffShift:
    """Fills by a level, more in cheap hours and less in dear ones."""

    level: int
    least: Band
    """Below it it fills whatever it costs, and whatever the hour."""
    bands: tuple[tuple[TariffPeriod, Band], ...]
    """One for each period there is."""
    curfew: Hours | None
    """Hours in which it runs for `least` alone."""
    only_if: Condition | None
    then: tuple[Switched, ...]
    on_bad_input: BadInput
    """trip: off."""
