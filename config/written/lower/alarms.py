"""Alarms that the site declares, to rules that ask for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from config.language import text
from config.plan.alarms import WANT_ACK
from config.plan.conditions import Compare, Condition, Lasting, points_of
from config.plan.equipment import Equipment
from config.plan.rules import Rule, Watch
from config.plan.slots import Slot
from config.written.gather import Written
from config.written.model.alarms import AlarmWritten
from config.written.named import Named
from config.written.problems import Wrong
from config.written.quantities import difference
from config.written.rules.making import Making, Site


def lower_alarms(written: Written, site: Site, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Every alarm in the order written, numbered on from `rules`; tells everything wrong with each."""
    taken = {rule.name: rule.source for rule in rules}
    taken |= {name: equipment.source for name, equipment in site.equipment.items()}
    made = []
    for named in written.alarms.values():
        if named.name in taken:
            site.findings.problem(
                named.entry.at,
                text('"{name}" is taken already, in {place}', name=named.name, place=taken[named.name]),
                hint=text("an alarm, a rule and an equipment cannot have one name: give the alarm another"),
            )
        spec = _watch(named, Making(named, site, text('alarm "{name}"', name=named.name)))
        if spec is not None and named.sound:
            made.append(Rule(0, named.name, named.written.label, Slot.PROGRAMME, named.entry.at, spec))
    return tuple(replace(rule, id=len(rules) + number) for number, rule in enumerate(made))


def _watch(named: Named[AlarmWritten], making: Making) -> Watch | None:
    """The record, or None with every problem told."""
    item = named.written
    when = making.condition("when")
    only_if = None if item.only_if is None else making.condition("only_if")
    groups = _groups(item, making, when)
    if when is None or making.lacks("priority") or (item.only_if is not None and only_if is None):
        return None
    return Watch(
        when=when,
        stays=_stays(item, making, when),
        said=item.message or " ".join(item.when.split()),
        priority=item.priority,
        latch=item.priority in WANT_ACK if item.latch is None else item.latch,
        groups=groups,
        only_if=only_if,
        on_delay_s=item.on_delay,
        off_delay_s=item.off_delay,
        on_bad_input=item.on_bad_input,
    )


def _groups(item: AlarmWritten, making: Making, when: Condition | None) -> tuple[str, ...]:
    """What it says it is of; without a word, the equipment whose points it looks at."""
    names: list[str] = []
    for number, one in enumerate(item.equipment or ()):
        names += making.equipment(["equipment", number], one)
    if item.group is not None:
        names.append(item.group)
    if not names and item.equipment is None and not making.lacks("equipment"):
        names = [one.name for one in making.site.equipment.values() if _looks_at(when, one)]
    return tuple(dict.fromkeys(names))


def _looks_at(when: Condition | None, equipment: Equipment) -> bool:
    return not points_of(when).isdisjoint(point for _, point in equipment.roles)


def _stays(item: AlarmWritten, making: Making, when: Condition) -> Condition:
    """What keeps it once it is there."""
    if item.deadband is None:
        return when
    path = ["deadband"]
    if not isinstance(when, Compare):
        making.problem(
            path,
            text("a deadband goes with one number that is below or above something"),
            hint=text("write the time as on_delay: 10 s") if isinstance(when, Lasting) else None,
        )
        return when
    try:
        wide = float(difference(item.deadband, making.site.points[when.point].unit))
        if wide == 0:
            raise Wrong(text("this deadband is none"), text("something like {example}", example="2 K"))
    except Wrong as error:
        making.site.findings.wrong(making.place(*path), error)
        return when
    return replace(when, value=when.value + (wide if when.op == "below" else -wide))
