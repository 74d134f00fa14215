"""Meters made of power or flow to the records of the Plan."""

from __future__ import annotations

from fractions import Fraction

from config.language import Text, text
from config.plan.metering import IntegratedMeter, Quantity
from config.plan.points import Point
from config.written.check.values import shown
from config.written.lower.meters import Logged, Meters
from config.written.lower.naming import PointNames
from config.written.lower.numbers import decimal_text
from config.written.model.meters import MeterWritten
from config.written.named import Named
from config.written.problems import Findings, Wrong, listing, one_of
from config.written.quantities import inside

_MAKES: dict[str, tuple[str, tuple[Quantity, ...]]] = {
    "kW": ("kWh", ("electricity", "heat")),
    "m³/h": ("m³", ("water", "gas")),
}
"""Unit of the point → unit counted in, and of what; the first where nobody says."""
_QUANTUM = "0.001"


def lower_integrals(
    meters: Meters, names: PointNames, interval_s: int, findings: Findings
) -> tuple[IntegratedMeter, ...]:
    """Every integral, which is a logged meter from then on; tells everything wrong with each."""
    made: list[IntegratedMeter] = []
    counted = {
        point.counter.power_point: point
        for device in meters.made.values()
        for point in device.points.values()
        if point.counter is not None
    }
    taken: dict[int, str] = {}
    for named in meters.integrals.values():
        if named.written.integrate is None:
            continue
        at = named.entry.place(["integrate"])
        point = names.named(named.written.integrate, at, _MAKES)
        if point is None:
            continue
        if point.unit not in _MAKES or point.kind != "number":
            findings.problem(
                at,
                text("{point} is neither power nor flow", point=point.key),
                text("a number in {units}", units=listing(_MAKES)),
            )
            continue
        if taken.setdefault(point.id, named.name) != named.name:
            findings.problem(
                at, text('{point} is in "{name}" already', point=point.key, name=taken[point.id])
            )
        if point.id in counted:
            findings.note(
                at,
                text(
                    "{point} has a counter beside it, {counter}: that is exact, an integral is an estimate",
                    point=point.key,
                    counter=counted[point.id].key,
                ),
            )
        meter = _meter(named, point, interval_s, findings)
        made.append(meter)
        meters.logged[named.name] = Logged(named.name, meter.quantity, meter.unit)
    return tuple(made)


def _meter(named: Named[MeterWritten], point: Point, interval_s: int, findings: Findings) -> IntegratedMeter:
    unit, quantities = _MAKES[point.unit]
    written = named.written
    quantity = written.quantity or quantities[0]
    if quantity not in quantities:
        findings.problem(
            named.entry.place(["quantity"]),
            text(
                "{point} in {unit} is no {quantity}",
                point=point.key,
                unit=point.unit,
                quantity=Text(quantity),
            ),
            one_of(quantities),
        )
    most = _positive(named, "at_most", written.at_most, point.unit, findings)
    if written.at_most is None and not named.entry.lacks("at_most"):
        most = Fraction(point.valid_high) if point.valid_high is not None else None
        if most is None or most <= 0:
            findings.problem(
                named.entry.at,
                text(
                    '"{key}" is missing: nobody knows the most that {point} can be',
                    key="at_most",
                    point=point.key,
                ),
                hint=text("write {example}", example=f"at_most: 20 {point.unit}"),
            )
    quantum = _positive(named, "quantum", written.quantum, unit, findings)
    digits = _QUANTUM if quantum is None else decimal_text(quantum) or _QUANTUM
    if most and quantum and quantum > most * interval_s / 3600:
        findings.problem(
            named.entry.place(["quantum"]),
            text(
                '"{value}" is more than can come together in an interval ({most})',
                value=written.quantum,
                most=shown(float(most * interval_s / 3600), unit),
            ),
        )
    return IntegratedMeter(
        name=named.name,
        label=written.label or named.name,
        point=point.id,
        quantity=quantity,
        unit=unit,
        quantum=digits,
        max_rate=float(most or 0),
        source=named.entry.at,
    )


def _positive(
    named: Named[MeterWritten], key: str, value: object, unit: str, findings: Findings
) -> Fraction | None:
    """The number in `unit`; None, with what is wrong told, if there is none."""
    if value is None:
        return None
    try:
        number = Fraction(inside(value, unit))
        if number <= 0:
            raise Wrong(text("{value} leaves nothing to count", value=value))
    except Wrong as error:
        findings.wrong(named.entry.place([key]), error)
        return None
    return number
