"""A boiler's own thermostat against what a heater rule means to reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from config.language import text
from config.plan.equipment import Equipment
from config.plan.hourly import Heater
from config.plan.programmes import Programme
from config.plan.reading import Value
from config.plan.rules import Rule
from config.written.problems import Findings


def note_thermostats(
    rules: Sequence[Rule],
    programmes: Sequence[Programme],
    equipment: Iterable[Equipment],
    findings: Findings,
) -> None:
    """Note set-points by programme that never let a boiler get as hot as its rule wants it."""
    setpoints = {one.name: dict(one.roles).get("setpoint") for one in equipment}
    for rule in rules:
        spec = rule.spec
        if not isinstance(spec, Heater) or spec.keep is None:
            continue
        aim = spec.keep.stop if spec.top_up is None else spec.top_up.to
        for boiler in spec.boilers:
            point = setpoints.get(boiler.name)
            asked = [value for one in programmes if point in one.targets for value in _values(one)]
            degrees = [float(value) for value in asked if value is not None and not isinstance(value, str)]
            if degrees and max(degrees) < aim:
                findings.note(
                    rule.source,
                    text(
                        "{name} is never heated up to {aim}: its set-point is {most} at most",
                        name=boiler.name,
                        aim=f"{aim:g} °C",
                        most=f"{max(degrees):g} °C",
                    ),
                )


def _values(programme: Programme) -> Iterator[Value | None]:
    yield programme.default
    lists = [day.periods for day in programme.week] + [one.periods for one in programme.exceptions]
    for periods in lists:
        for period in periods:
            yield period.value
