"""Rules: what is asked of points by what is read, rather than by the time of day. One record a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from config.plan.alarms import Priority
from config.plan.asks import Ask, BadInput, Band, Selector, Switched
from config.plan.conditions import Condition
from config.plan.devices import Source
from config.plan.hourly import Heater, Irrigation, TariffShift
from config.plan.programmes import Programme
from config.plan.reading import Value


@dataclass(frozen=True, slots=True)
class Watch:
    """An alarm that the site declares: it asks for nothing."""

    when: Condition
    stays: Condition
    """What keeps it, once it is there: `when` with its deadband."""
    said: str
    """What people are told: the site's own message, or the condition as written."""
    priority: Priority
    latch: bool
    groups: tuple[str, ...]
    """Equipment, and names of groups: of what comes together in one, the first is the cause."""
    only_if: Condition | None
    """Suppressed while this is false."""
    on_delay_s: float
    off_delay_s: float
    on_bad_input: BadInput


@dataclass(frozen=True, slots=True)
class Interlock:
    """A trip: when its condition comes true it asks for its values until it is reset."""

    when: Condition
    when_said: str
    """As written."""
    then: tuple[Ask, ...]
    until: Condition | None
    """With reset auto; None = as soon as `when` is false."""
    reset: Literal["auto", "manual"]
    on_bad_input: BadInput


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A motor whose standing run command is withdrawn after a fire has stopped it."""

    command: int
    feedback: int


@dataclass(frozen=True, slots=True)
class Hazard:
    """Fire or gas: while it lasts, and until a person resets it, nothing is written to what yields to it."""

    hazard: Literal["fire", "gas"]
    contacts: tuple[int, ...]
    """Points of contacts that are closed when all is well. One that cannot be read counts as active."""
    yields: tuple[str, ...]
    """Names of equipment."""
    withdrawals: tuple[Withdrawal, ...]
    """On fire only."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Something is asked for while somebody is there, and for a while after."""

    contacts: tuple[int, ...]
    """Active while somebody is there; one is enough."""
    then: tuple[Switched, ...]
    """What is off of it is asked for below everything else: others may want it on."""
    run_on_s: float
    on_bad_input: BadInput
    """trip: as if somebody were there."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """One lamp group under a lighting rule."""

    name: str
    """Of the equipment; the rule remembers by it."""
    command: int
    presence: tuple[int, ...]
    lux: int | None


@dataclass(frozen=True, slots=True)
class Levels:
    """Bounds of what programmes ask of lamps, in the unit of their command; None: no such bound."""

    at_least: Value | None
    """Always: for safety."""
    present: Value | None
    """The least while somebody is there and daylight does not do."""
    absent: Value | None
    """The most while nobody is."""
    dark: Value | None
    """The least while it is dark."""
    bright: Value | None
    """The most while daylight does."""


@dataclass(frozen=True, slots=True)
class Daylight:
    """When it is dark and when bright, in lx; in between as before."""

    dark_below: float
    dark_s: float
    """For so long it must be below without a break."""
    bright_above: float
    bright_s: float


@dataclass(frozen=True, slots=True)
class Lighting:
    """Programme, presence and daylight of lamps in one result: the programme's level is the base, and the
    rule keeps it within bounds. Contacts that cannot be read count as somebody there, light that cannot be
    read as dark."""

    lamps: tuple[Lamp, ...]
    levels: Levels
    run_on_s: float
    daylight: Daylight | None


@dataclass(frozen=True, slots=True)
class Link:
    """Something runs while something else does, and on for a while."""

    when: Condition
    when_said: str
    then: tuple[Switched, ...]
    """What is off of it is asked for below everything else: others may want it on."""
    run_on_s: float
    until: Condition | None
    """It stops once the run-on is over and this is true."""
    on_bad_input: BadInput
    """trip: on."""


@dataclass(frozen=True, slots=True)
class Level:
    """Two-position control of a level, or of any number."""

    level: int
    band: Band
    only_if: Condition | None
    then: tuple[Switched, ...]
    on_bad_input: BadInput
    """trip: off."""


@dataclass(frozen=True, slots=True)
class Supervision:
    """A motor that a rule may start does what it is told. Not written by anybody: every such motor has it,
    by the name of its equipment."""

    command: int
    feedback: int
    fault: int | None
    selector: Selector | None
    """Not in auto: people run it, and may stop it."""
    start_s: float
    """For so long it may be told to run and not do so."""
    stop_s: float
    yields_to: tuple[str, ...]
    """Rules of fire and gas: while one of them holds, the panel stops and starts the motor as it must."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One of several that do the same work."""

    name: str
    """Of its equipment, and of the rule that watches it, if one does."""
    then: Switched
    feedback: int | None
    """Of one whose run command is ours; None: nothing tells whether it runs."""
    fault: int | None
    selector: Selector | None
    hours: int | None
    """Run hours; None: the rule counts them."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Several machines of which as many run as are needed, in turns."""

    machines: tuple[Machine, ...]
    when: Condition | None
    """One is needed while it is true; without it and `level`: always."""
    level: int | None
    steps: tuple[Band, ...]
    """Of `level`: as many are needed as of these are on."""
    first: Literal["hours", "rested"]
    """Who starts first: the one with the fewest run hours, or the one whose last start is longest ago."""
    relieve_s: float | None
    """After so long it is relieved by another."""
    take_over_s: float
    """One that does not run so long after it should is passed over, whatever the reason."""
    on_bad_input: BadInput
    """trip: none."""


@dataclass(frozen=True, slots=True)
class Cycling:
    """On for a time and off for a time, again and again."""

    when: Condition | None
    """None: always."""
    when_said: str
    run_s: float
    rest_s: float
    then: tuple[Switched, ...]
    on_bad_input: BadInput
    """trip: off."""


@dataclass(frozen=True, slots=True)
class MakeUp:
    """Fills up from a source that must not run for nothing: a level that does not rise closes it."""

    level: int
    band: Band
    rise: float
    """By so much the level must rise …"""
    within_s: float
    """… in so long, or it is closed until a person resets it."""
    then: tuple[Switched, ...]
    on_bad_input: BadInput
    """trip: closed."""


@dataclass(frozen=True, slots=True)
class Coast:
    """Optimum stop: off before people leave, while the room keeps near enough to what it was."""

    at_most_s: float
    """So long before they leave at most."""
    band: float
    """K by which the room may leave its bounds."""


@dataclass(frozen=True, slots=True)
class OptimumStart:
    """On while people are there, and before that as late as will do to have the room at its set-point when
    they come; how long that takes is learned."""

    occupied: Programme
    """Asks for something while people are there. Aims at no point."""
    then: tuple[Switched, ...]
    temperature: int
    outdoor: int | None
    heat_to: float | None
    """°C; None = never heats."""
    cool_to: float | None
    at_most_s: float
    """So long before they come at most."""
    assumed_s: float
    """Seconds for a kelvin until something has been learned."""
    coast: Coast | None
    on_bad_input: BadInput
    """trip: as if it took longest. What it does while people are there does not depend on it."""


@dataclass(frozen=True, slots=True)
class Shed:
    """What a demand cap may take from one point."""

    name: str
    """The rule remembers by it."""
    step: int
    """Those of a lower one are shed first; those of one take turns."""
    command: int
    bound: Value
    floor: bool
    """`bound` is the least, not the most: the set-point of something that cools."""
    kw: float
    """Saved by it."""
    of_level: bool
    """`kw` is drawn at 100 %, and saved in proportion to what `bound` takes away."""
    at_least_s: float
    """Once shed it stays so for so long, unless the rule gives up …"""
    at_most_s: float
    """… and never longer than this …"""
    between_s: float
    """… and then it is left alone for so long."""
    only_if: Condition | None
    """None: always. Given back when it is false; what cannot be read sheds nothing more."""


STEADY = 3
"""Counts of one minute are coarse: their power is that of so many, if nothing was shed meanwhile."""


@dataclass(frozen=True, slots=True)
class DemandCap:
    """The mean power of any 15 minutes stays below a limit: what is expected above it is shed in steps."""

    meters: tuple[int, ...]
    """Together they measure the demand: powers, or counters of energy."""
    counted: bool
    """They are counters."""
    most_kw: float
    """The most that counters can count; nothing above it is believed."""
    limit_kw: float
    margin_kw: float
    """Shed when more than the limit less this is expected."""
    deadband_kw: float
    """Give back when less than the limit less this is expected."""
    ahead_min: int
    """Windows that end within so many minutes are looked at, with the power of now."""
    calm_s: float
    """So long there must be room before anything is given back …"""
    stagger_s: float
    """… one at a time, so long apart."""
    sheds: tuple[Shed, ...]
    on_bad_input: BadInput
    """hold: what is shed stays so, within its times. There is no trip."""


RuleSpec: TypeAlias = (
    Interlock
    | Hazard
    | Presence
    | Lighting
    | Link
    | Level
    | Duty
    | Cycling
    | MakeUp
    | OptimumStart
    | Heater
    | Irrigation
    | TariffShift
    | Supervision
    | DemandCap
    | Watch
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. What it remembers is kept by its name, over restarts and edits."""

    id: int
    """In the order declared: within one slot the earlier is heard."""
    name: str
    label: str
    slot: int
    source: Source
    spec: RuleSpec
