"""A rehearsal from its plan to its result, and the result as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from config.language import render
from config.plan import bill
from config.plan.places import Booking
from config.plan.site import Plan
from controller import garbage
from controller.clock import VirtualClock
from controller.rehearsal.commands import Commands
from controller.rehearsal.demand import Demand
from controller.rehearsal.loop import Field, Rehearsal
from controller.rehearsal.metering import Consumption
from controller.rehearsal.motors import Motors
from controller.rehearsal.needs import Needs
from schedules.context import Context


@dataclass(frozen=True, slots=True)
class Frame:
    """What is rehearsed."""

    first: date
    days: int
    cycle_s: float
    seed: int

    def start_ms(self, context: Context) -> int:
        return context.local.midnight(self.first)

    def end_ms(self, context: Context) -> int:
        return context.local.midnight(self.first + timedelta(days=self.days))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    plan: Plan
    frame: Frame
    context: Context
    cycles: int
    consumption: Consumption
    demand: Demand
    motors: Motors
    commands: Commands
    needs: Needs


def rehearse(
    plan: Plan,
    frame: Frame,
    make_field: Callable[[VirtualClock], Field],
    *,
    needs_of: Plan | None = None,
    each_day: Callable[[int], None] | None = None,
    bookings: Iterable[Booking] = (),
) -> Result:
    """Run it. `needs_of`: the plan whose programmes say what is needed, where it is another."""
    context = Context.of(plan, bookings)
    clock = VirtualClock(frame.start_ms(context))
    run = Rehearsal(plan, context, make_field(clock), clock, frame.cycle_s)
    consumption = Consumption(plan, run.meters, context, frame.start_ms(context))
    demand = Demand(plan, consumption)
    motors, commands = Motors(plan, round(frame.cycle_s * 1000), frame.start_ms(context)), Commands(plan)
    needs = Needs(needs_of or plan, context)
    with garbage.standing():
        run.run(frame.end_ms(context), (consumption, demand, motors, commands, needs), each_day)
    motors.end(frame.end_ms(context))
    return Result(plan, frame, context, run.cycles, consumption, demand, motors, commands, needs)


def as_data(result: Result) -> dict[str, Any]:
    """For programs. The same plan, plant, frame and seed give the same, to the byte."""
    consumption, plan = result.consumption, result.plan
    return {
        "site": plan.site.name,
        "plan": plan.hash,
        "from": result.frame.first.isoformat(),
        "days": result.frame.days,
        "cycle_s": result.frame.cycle_s,
        "seed": result.frame.seed,
        "cycles": result.cycles,
        "totals": [
            {"quantity": quantity, "unit": unit, "used": _number(consumption.total(quantity)),
             "meters": [used.meter.name for used in consumption.roots(quantity)]}
            for quantity, unit in consumption.quantities()
        ],
        "tariff": [
            {"period": period, "used_kwh": _number(amount), "cost_yuan": _yuan(cost)}
            for period, amount, cost in consumption.by_period()
        ],
        "cost_yuan": _yuan(cost_of(consumption)),
        "max_demand": None
        if result.demand.highest_kw is None
        else {"kw": round(result.demand.highest_kw, 2), "at": _local(result, result.demand.ended_ms)},
        "meters": [
            {
                "meter": used.meter.name,
                "label": used.label,
                "quantity": used.meter.quantity,
                "unit": used.meter.unit,
                "of": used.of,
                "used": _number(used.total),
                "peak": None if used.peak is None else used.peak / 1000,
                "unknown_intervals": used.unknown,
            }
            for used in consumption.used.values()
        ],
        "motors": [
            {
                "equipment": motor.equipment.name,
                "label": motor.equipment.label,
                "starts": motor.starts,
                "run_h": round(motor.run_ms / 3_600_000, 2),
                "short_runs": motor.short_runs,
                "short_rests": motor.short_rests,
                "crowded_starts": motor.crowded,
            }
            for motor in result.motors.motors.values()
        ],
        "commanded": [
            {"point": one.key, "switched": one.switched} for one in _sorted(result.commands.sent.values())
        ],
        "writes": result.commands.writes,
        "reasserts": result.commands.reasserts,
        "unmet": [
            {
                "need": unmet.kind,
                "equipment": unmet.equipment.name,
                "label": unmet.equipment.label,
                "minutes": unmet.minutes,
                "times": unmet.times,
                "longest_min": unmet.longest,
                "first": None if unmet.first_ms is None else _local(result, unmet.first_ms),
            }
            for unmet in result.needs.unmet
            if unmet.minutes
        ],
        "refused": [
            {"point": key, "fate": fate, "detail": detail, "times": times}
            for (key, fate, detail), times in sorted(result.commands.refused.items())
        ],
        "out_of_range": dict(sorted(result.commands.beyond.items())),
        "notices": [
            {"time": _local(result, wall_ms), "kind": notice.kind, "subject": notice.subject,
             "begins": notice.on, "text": render(notice.text, "en")}
            for wall_ms, notice in result.commands.notices
        ],
    }  # fmt: skip


def cost_of(consumption: Consumption) -> Decimal | None:
    """Of all electricity, yuan; None where no price is known."""
    return bill.total(cost for _, _, cost in consumption.by_period())


def _sorted(commanded: Iterable[Any]) -> list[Any]:
    return sorted(commanded, key=lambda one: str(one.key))


def _local(result: Result, wall_ms: int) -> str:
    return datetime.fromtimestamp(wall_ms / 1000, result.context.local.zone).isoformat(timespec="seconds")


def _number(amount: Decimal) -> float:
    return float(amount)


def _yuan(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)
