"""What a rehearsal is of: the plan, the plant's facts, and the other plan it is held against. Raises
Failure."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

from config.language import text
from config.language.details import detail
from config.plan.places import Booking
from config.plan.site import Plan
from controller.cli.plans import plan_of
from controller.cli.processes import describe_plant
from controller.cli.rehearse_faults import Coming, begin
from controller.cli.speech import Failure
from controller.clock import VirtualClock
from controller.rehearsal.baselines import Baseline, baseline
from controller.rehearsal.watched import watched
from drivers.api import Event, Write
from drivers.simulators.in_memory import InMemory
from drivers.simulators.plant.world import PlantError
from schedules.bookings import Bookings
from schedules.context import Context

MOST_DAYS = 400
CYCLES_S = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)


class FaultyField:
    """The site in memory, with faults at their times."""

    def __init__(self, memory: InMemory, clock: VirtualClock, coming: Sequence[Coming]) -> None:
        self._memory = memory
        self._clock = clock
        self._coming = list(coming)

    def advance(self) -> list[Event]:
        """Raises Failure for a fault that the simulated device cannot have."""
        while self._coming and self._coming[0].at_ms <= self._clock.now().wall_ms:
            begin(self._memory, self._coming.pop(0))
        return self._memory.advance()

    def submit(self, write: Write) -> None:
        self._memory.submit(write)

    def read_now(self, point: int) -> None:
        self._memory.read_now(point)


def site_of(site: Path) -> tuple[Plan, dict[str, Any]]:
    """The plan and the facts of the plant behind it."""
    with tempfile.TemporaryDirectory(prefix="louguan-rehearse-", ignore_cleanup_errors=True) as scratch:
        facts = Path(scratch) / "plant.json"
        described = describe_plant(site, facts)
        try:
            _, plan = plan_of(site)
        finally:
            complaint = described.communicate()[1]
        if described.returncode:
            raise Failure(
                text("the site's plant.yaml is not right:"), hint=complaint.decode(errors="replace")
            )
        return plan, json.loads(facts.read_text(encoding="utf-8")) or {}


def field_of(
    plan: Plan,
    facts: Mapping[str, Any],
    clock: VirtualClock,
    cycle_s: float,
    seed: int,
    coming: Sequence[Coming],
    bookings: Sequence[Booking] | None = None,
) -> FaultyField:
    """`bookings`: by them people come to the places that the plant knows; None: as its own dice have it."""
    booked = None if bookings is None else _booked(bookings)
    try:
        memory = InMemory(plan, facts, clock, cycle_s, seed, watched=watched(plan), booked=booked)
        return FaultyField(memory, clock, coming)
    except PlantError as error:
        raise Failure(text("the site's plant.yaml is not right:"), hint=detail(str(error))) from error


def _booked(bookings: Sequence[Booking]) -> Callable[[str, float], bool]:
    standing = Bookings(bookings)
    return lambda place, wall_ms: standing.booked(place, 0.0, int(wall_ms))[0]


def check_without(left_out: Sequence[str], *, as_default: bool) -> None:
    """--without and --as-default."""
    unknown = [word for word in left_out if word not in ("programmes", "rules")]
    if unknown:
        words = text("--without takes programmes or rules, not {given}", given=unknown[0])
        raise Failure(words, code=2)
    if "programmes" in left_out and as_default:
        raise Failure(text("--as-default keeps the programmes that --without leaves out"), code=2)


def without(plan: Plan, left_out: Sequence[str], *, as_default: bool) -> Plan:
    """The plan with its programmes or rules left out, or with programmes that stay at their defaults."""
    if as_default:
        resting = (replace(one, week=(), exceptions=(), bookings=()) for one in plan.programmes)
        plan = replace(plan, programmes=tuple(resting))
    if "programmes" in left_out:
        plan = replace(plan, programmes=())
    if "rules" in left_out:
        plan = replace(plan, rules=())
    return plan


def baselines(names: Sequence[str], plan: Plan, first: date, days: int, *, compared: bool) -> dict[str, Plan]:
    """--against: each name with the plan that it stands for. `compared`: --without or --as-default is there
    too."""
    if names and compared:
        raise Failure(text("--against cannot be had together with --without or --as-default"), code=2)
    known: tuple[Baseline, ...] = get_args(Baseline)
    found: dict[str, Plan] = {}
    for given in names:
        name = next((one for one in known if one == given), None)
        if name is None:
            raise Failure(text("--against takes default or time-clock, not {given}", given=given), code=2)
        found[name] = baseline(name, plan, Context.of(plan), first, days)
    return found


def checked_cycle(written: str) -> float:
    """--cycle: "10s" or "10", seconds that divide a minute."""
    try:
        seconds = float(written.strip().removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if seconds not in CYCLES_S:
        words = text("--cycle takes seconds that divide a minute, like 10s, not {given}", given=written)
        raise Failure(words, code=2)
    return seconds


def check_days(days: int) -> None:
    """--days."""
    if not 1 <= days <= MOST_DAYS:
        raise Failure(text("--days takes 1 to {most}, not {given}", most=MOST_DAYS, given=days), code=2)
