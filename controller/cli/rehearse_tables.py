"""What a rehearsal came to, for a terminal of 80 columns; two of them side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text as Styled

from config.language import Text, render, text
from config.language.details import detail
from config.language.output import visible
from controller.cli import rehearse_used
from controller.cli.paragraphs import broken
from controller.cli.rehearse_rows import WIDTH, Row, heading, section
from controller.cli.speech import language, put, say
from controller.rehearsal.motors import Motor
from controller.rehearsal.needs import Kind, Unmet
from controller.rehearsal.result import Result

_MOST_LISTED = 12
"""Notices."""
NEEDS: dict[Kind, Text] = {
    "dark": text("dark with people there"),
    "empty-tank": text("tank empty"),
    "fumes": text("fumes above 2 mg/m³"),
    "cold-water": text("water too cold for tea"),
}


COLUMNS = {
    "": text("compared"),
    "default": text("left alone"),
    "time-clock": text("time clock"),
}
"""What a rehearsal is held against, by its name."""


def show(result: Result, others: Mapping[str, Result], took_s: float, *, wired: bool) -> None:
    """Print it. `others` are what it is held against. `wired`: it is known what is behind the meters."""
    for line in _lines((result, *others.values()), [COLUMNS[name] for name in others], took_s, wired=wired):
        put(line.rstrip())
    sys.stdout.flush()


def _lines(both: Sequence[Result], others: Sequence[Text], took_s: float, *, wired: bool) -> Iterator[str]:
    result = both[0]
    frame, site = result.frame, result.plan.site
    yield say(
        text(
            "{site}: {days} days from {first}, decided every {cycle} s, seed {seed}",
            site=site.label or site.name,
            days=frame.days,
            first=frame.first.isoformat(),
            cycle=f"{frame.cycle_s:g}",
            seed=frame.seed,
        )
    )
    if not wired:
        words = text(
            "no plant.yaml says what is behind the meters: lamps and machines do not show in what is used"
        )
        yield from broken(say(words), hang=2)
    if others:
        heads = [text("as planned"), *others, *([text("difference")] if len(others) == 1 else [])]
        yield heading(heads)
    yield from section(text("Used"), rehearse_used.used(both))
    yield from section(text("Cost of electricity"), rehearse_used.costs(both))
    yield from section(text("Highest demand of 15 minutes"), rehearse_used.demand(both))
    yield from section(text("Motors: starts"), _motors(both, lambda motor: motor.starts, "", 0))
    yield from section(text("Motors: run hours"), _motors(both, lambda motor: motor.run_ms / 3.6e6, "h", 1))
    yield from section(text("Needs that were not met, minutes"), _needs(both))
    yield from _commands(result)
    yield from _breaches(result)
    yield ""
    yield say(
        text(
            "{cycles} cycles in {seconds} s of computing",
            cycles=sum(one.cycles for one in both),
            seconds=f"{took_s:.1f}",
        )
    )


def _motors(both: Sequence[Result], figure: Callable[[Motor], float], unit: str, digits: int) -> list[Row]:
    rows = []
    for point, motor in both[0].motors.motors.items():
        numbers = tuple(float(figure(one.motors.motors[point])) for one in both)
        if any(numbers):
            rows.append(Row(_named(motor.equipment.name, motor.equipment.label), numbers, unit, digits))
    return rows


def _needs(both: Sequence[Result]) -> list[Row]:
    rows = []
    minutes = say(text("min"))
    for kind, words in NEEDS.items():
        groups = [[one for one in each.needs.unmet if one.kind == kind] for each in both]
        if groups[0]:
            totals = tuple(float(sum(one.minutes for one in group)) for group in groups)
            rows.append(Row(say(words), totals, minutes, 0))
            rows += _worst(groups, minutes)
    return rows


def _worst(groups: Sequence[Sequence[Unmet]], minutes: str) -> Iterator[Row]:
    """The equipment that missed it longest."""
    found = [
        (tuple(float(group[number].minutes) for group in groups), unmet.equipment)
        for number, unmet in enumerate(groups[0])
    ]
    for numbers, item in sorted(found, key=lambda one: (-max(one[0]), one[1].name))[:5]:
        if any(numbers):
            yield Row("  " + _named(item.name, item.label), numbers, minutes, 0)


def _commands(result: Result) -> Iterator[str]:
    commands = result.commands
    yield ""
    yield say(
        text(
            "{writes} commands were sent, {again} of them said again what stood; {points} points",
            writes=commands.writes,
            again=commands.reasserts,
            points=len(commands.sent),
        )
    )
    switched = [one for one in commands.sent.values() if one.switched]
    for one in sorted(switched, key=lambda each: (-each.switched, each.key))[:5]:
        yield "  " + say(text("{point}: switched {times} times", point=one.key, times=one.switched))
    if commands.would:
        yield "  " + say(
            text("observed only: {times} commands were not sent", times=sum(commands.would.values()))
        )


def _breaches(result: Result) -> Iterator[str]:
    """What was not as it should be."""
    said: list[str] = []
    for motor in result.motors.motors.values():
        name = _named(motor.equipment.name, motor.equipment.label)
        if (times := motor.short_runs) > 0:
            said.append(say(text("{name}: ran {times} times shorter than min_on", name=name, times=times)))
        if (times := motor.short_rests) > 0:
            said.append(
                say(text("{name}: rested {times} times shorter than min_off", name=name, times=times))
            )
        if (times := motor.crowded) > 0:
            said.append(say(text("{name}: {times} starts beyond starts_per_hour", name=name, times=times)))
    for (key, fate, reason), times in sorted(result.commands.refused.items()):
        why = render(detail(reason), language()) if reason else fate
        words = text("{point}: {times} commands did not take: {reason}", point=key, times=times, reason=why)
        said.append(say(words))
    for key, times in sorted(result.commands.beyond.items()):
        said.append(say(text("{point}: read {times} times beyond its range", point=key, times=times)))
    for used in result.consumption.used.values():
        if used.unknown:
            words = text(
                "{meter}: {times} intervals are not known", meter=used.meter.name, times=used.unknown
            )
            said.append(say(words))
    zone = result.context.local.zone
    told = [(wall_ms, notice) for wall_ms, notice in result.commands.notices if notice.on]
    for wall_ms, notice in told[:_MOST_LISTED]:
        at = datetime.fromtimestamp(wall_ms / 1000, zone).strftime("%m-%d %H:%M")
        said.append(f"{at} {say(notice.text)}")
    if len(told) > _MOST_LISTED:
        said.append(say(text("and {count} notices more: --json lists them", count=len(told) - _MOST_LISTED)))
    yield ""
    yield (
        say(text("Not as it should be")) if said else say(text("Nothing was refused, broken or out of range"))
    )
    narrow = Console(width=WIDTH)
    for line in said:
        first, *others = Styled(visible(line)).wrap(narrow, WIDTH - 4)
        yield "  " + first.plain
        yield from ("    " + other.plain for other in others)


def _named(name: str, label: str) -> str:
    return label or name
