"""Boilers: when hot water is wanted, how hot, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from config.language import text
from config.plan.asks import Band, Switched
from config.plan.hourly import Flush, Heated, Heater, TopUp, WarmUp
from config.plan.tariff import TARIFF_PERIODS, TariffPeriod
from config.written.lower.target import Target
from config.written.model.base import Every, Flag, Quantity, Wait, Written, each
from config.written.rules.common import Condition, EquipmentNames, OnBadInput, RuleWritten
from config.written.rules.hours import HoursWritten, hours, needs_tariff
from config.written.rules.making import Making
from config.written.rules.switching import switched_target

_KINDS = ("water-purifier", "heater")
_UNIT = "°C"


class KeepWritten(Written):
    """Heated below `low` until above `high`."""

    low: Quantity
    high: Quantity


_PERIOD: dict[str, Any] = {"type": "string", "enum": list(TARIFF_PERIODS)}


class TopUpWritten(Written):
    """`within` so long before dear periods it is heated up to `to`; in them below `least` alone."""

    before: Annotated[
        list[TariffPeriod],
        BeforeValidator(each),
        Field(min_length=1),
        WithJsonSchema({"anyOf": [_PERIOD, {"type": "array", "minItems": 1, "items": _PERIOD}]}),
    ]
    within: Every
    to: Quantity
    least: Quantity


class FlushWritten(Written):
    """How long it is flushed, and after what time in which no hot water was wanted, besides once a day."""

    lasts: Annotated[Every, Field(alias="for")]
    after: Every = 8 * 3600.0


class HeaterWritten(RuleWritten):
    """Hot water when it is wanted: by hours, by a condition, or by either."""

    kind: Literal["heater"]
    boilers: EquipmentNames
    wanted: HoursWritten | None = None
    untrusted_clock: Flag | None = None
    when: Condition | None = None
    keep: KeepWritten | None = None
    warm_up: Every | None = None
    per_degree: Wait | None = None
    top_up: TopUpWritten | None = None
    flush: FlushWritten | None = None
    on_bad_input: OnBadInput


def lower(written: HeaterWritten, making: Making) -> Heater | None:
    """The record, or None with every problem told."""
    when = None if written.when is None else making.condition("when")
    wanted = None if written.wanted is None else hours(making, "wanted", written.wanted)
    _check_keys(written, making)
    degrees = dict(_degrees(written, making))
    boilers = _boilers(written, making)
    top = written.top_up
    if top is not None:
        needs_tariff(making, ["top_up"])
    count = (2 if written.keep else 0) + (2 if top else 0)
    if len(degrees) < count or not _in_order(degrees, making) or boilers is None:
        return None
    if written.when is not None and when is None:
        return None
    return Heater(
        boilers,
        wanted,
        bool(written.untrusted_clock),
        when,
        None if written.keep is None else Band(degrees["keep", "low"], degrees["keep", "high"]),
        None if written.warm_up is None else WarmUp(written.warm_up, written.per_degree),
        None
        if top is None
        else TopUp(tuple(top.before), top.within, degrees["top_up", "to"], degrees["top_up", "least"]),
        None if written.flush is None else Flush(written.flush.lasts, written.flush.after),
        written.on_bad_input,
    )


def _check_keys(written: HeaterWritten, making: Making) -> None:
    """What one key needs of others."""
    if written.wanted is None and written.when is None and not making.lacks("wanted", "when"):
        making.problem([], text("say when hot water is wanted: by hours (wanted), or when"))
    if written.wanted is not None and written.untrusted_clock is None and not making.lacks("untrusted_clock"):
        making.problem(
            ["wanted"],
            text('"{key}" is missing', key="untrusted_clock"),
            text("whether hot water is wanted while the clock cannot be trusted"),
        )
    for key, other in (
        ("untrusted_clock", "wanted"),
        ("warm_up", "wanted"),
        ("per_degree", "warm_up"),
        ("per_degree", "keep"),
        ("top_up", "keep"),
    ):
        alone = getattr(written, key) is not None and getattr(written, other) is None
        if alone and not making.lacks(other):
            making.problem([key], text("{key} goes with {other}", key=key, other=other))


def _degrees(written: HeaterWritten, making: Making) -> Iterator[tuple[tuple[str, str], float]]:
    """Every temperature that is written, by its place."""
    for key, names in (("keep", ("low", "high")), ("top_up", ("to", "least"))):
        table = getattr(written, key)
        for name in names if table is not None else ():
            if making.named.entry.lacks(key, name):
                continue
            if (found := making.amount([key, name], getattr(table, name), _UNIT)) is not None:
                yield (key, name), found


def _in_order(degrees: dict[tuple[str, str], float], making: Making) -> bool:
    """Whether least < low < high < to."""
    order = (("top_up", "least"), ("keep", "low"), ("keep", "high"), ("top_up", "to"))
    known = [place for place in order if place in degrees]
    for place, following in pairwise(known):
        if degrees[place] >= degrees[following]:
            making.problem(
                following, text("{key} is not more than {other}", key=following[1], other=place[1])
            )
            return False
    return True


def _boilers(written: HeaterWritten, making: Making) -> tuple[Heated, ...] | None:
    made: dict[str, Heated] = {}
    told = False
    for index, item in enumerate([] if making.lacks("boilers") else written.boilers):
        path: list[object] = ["boilers", index]
        targets = making.targets(path, item)
        told = told or not targets
        for target in targets:
            boiler = _boiler(written, making, path, target)
            if boiler is None:
                told = True
            elif boiler.name in made:
                making.member(path, target, text("{name} is named twice", name=boiler.name))
            else:
                made[boiler.name] = boiler
    return None if told else tuple(made.values())


def _boiler(written: HeaterWritten, making: Making, path: list[object], target: Target) -> Heated | None:
    if target.kind not in _KINDS:
        making.member(
            path,
            target,
            text("{name} is no boiler", name=target.shown),
            text("one of {words}", words=", ".join(_KINDS)),
        )
        return None
    name = target.shown.partition(".")[0]
    roles = dict(making.site.equipment[name].roles)
    heat = switched_target(making, path, True, None, target)
    missing = [
        role
        for role, asked in (("temperature", written.keep), ("flush", written.flush))
        if asked and role not in roles
    ]
    for role in missing:
        if not making.site.lost.lost_part(name, role):
            making.site.findings.member(
                making.place(*path), name, text('{name} has no role "{role}"', name=name, role=role)
            )
    if heat is None or missing:
        return None
    temperature = roles["temperature"] if written.keep is not None else None
    return Heated(name, heat, temperature, None if written.flush is None else _flush(making, path, name))


def _flush(making: Making, path: list[object], name: str) -> Switched | None:
    """What flushes it. A pulse begins what the machine ends by itself."""
    (target,) = making.targets(path, {"name": f"{name}.flush"})
    command = target.point.command
    if command is not None and command.pulse_s is not None:
        return Switched(making.ask(target, True), None)
    return switched_target(making, path, True, None, target)
