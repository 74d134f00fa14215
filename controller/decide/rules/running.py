"""Machines that take turns: whether each can, whether it does, and for how long it has. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from config.plan.rules import Duty, Machine
from controller.decide.rules.look import Look


def ready(machine: Machine, look: Look) -> bool:
    """Whether it can be asked: no trip, no fault, and its selector is known to be in auto."""
    if machine.name in look.trips or (machine.fault is not None and look.value(machine.fault) is True):
        return False
    selector = machine.selector
    if selector is None or look.value(selector.point) == selector.auto:
        return True
    # Before it is read, what is asked for already stands.
    return look.memory.get(f"asked-{machine.name}") is True and look.unread((selector.point,))


def runs(machine: Machine, look: Look) -> bool | None:
    """Whether it runs; None: nothing tells."""
    if machine.feedback is None:
        return None
    value = look.value(machine.feedback)
    return None if value is None else value is True


def adopted(machines: Iterable[Machine], look: Look) -> list[Machine]:
    """Those that run already when the rule begins."""
    return [machine for machine in machines if runs(machine, look) is True]


def hours(spec: Duty, machine: Machine, look: Look) -> float:
    """Its run hours: as it says, or last said; counted by the rule where not every one of them says so."""
    name = machine.name
    if all(item.hours is not None for item in spec.machines):
        assert machine.hours is not None
        said = look.number(machine.hours)
        known = float(look.memory.get(f"hours-{name}", 0.0)) if said is None else said
        look.keep(f"hours-{name}", known)
        return known
    ran_s = int(look.memory.get(f"ran-{name}_s", 0))
    key = f"run-{name}_ms"
    since_ms = int(look.memory.get(key, look.now_ms))
    going = runs(machine, look)
    if going is None:
        unread = machine.feedback is not None and look.unread((machine.feedback,))
        going = key in look.memory if unread else look.memory.get(f"asked-{name}") is True
    lately_s = max(0, look.now_ms - since_ms) // 1000
    if going:
        look.keep(key, since_ms)
    else:
        ran_s += lately_s
        lately_s = 0
    look.keep(f"ran-{name}_s", ran_s)
    return (ran_s + lately_s) / 3600


def clock_in(machine: Machine, look: Look, asked: bool) -> None:
    """Where nothing tells whether it runs, its hours begin and end with what is asked of it now, not when it
    is looked at next."""
    unread = machine.feedback is not None and look.unread((machine.feedback,))
    counted = f"ran-{machine.name}_s"
    ran_s = look.kept.get(counted)
    if ran_s is None or unread or runs(machine, look) is not None:
        return
    key = f"run-{machine.name}_ms"
    since_ms = look.kept.get(key)
    if asked and since_ms is None:
        look.keep(key, look.now_ms)
    elif not asked and since_ms is not None:
        look.keep(counted, int(ran_s) + max(0, look.now_ms - int(since_ms)) // 1000)
        look.forget(key)
