"""The faults of `rehearse --faults FILE`: read, tried, and begun at their times. Raises Failure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from config.language import Text, text
from config.language.details import detail
from config.plan.site import Plan
from controller.cli.faults import Faults, NotAFault, Wish, refusal
from controller.cli.plans import EARLIEST, LATEST
from controller.cli.speech import Failure, say, tell
from controller.clock import VirtualClock
from drivers.simulators.faults import FaultError
from drivers.simulators.in_memory import InMemory
from drivers.simulators.plant.world import PlantError
from drivers.simulators.unwired_faults import WIRELESS
from schedules.context import Context

_LINE = re.compile(r"(\S+(?:\s+\d\d?:\S*)?)\s*(.*)")
"""A time, with a T or a blank before the clock's, and the fault."""


class Coming(NamedTuple):
    """A fault and when it begins or ends."""

    at_ms: int
    wish: Wish
    line: int
    """Of the file."""


class _Mistake(Exception):
    """A line that is not right."""

    def __init__(self, words: Text | str) -> None:
        super().__init__(str(words))
        self.text = words


def faults_of(file: Path | None, plan: Plan, facts: Mapping[str, Any]) -> list[Coming]:
    """A fault a line: local time, then what is typed to simulate ("2026-03-05T10:00 freeze main-1 off");
    lines that begin with # say nothing. Every mistake is said."""
    if file is None:
        return []
    try:
        written = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = detail(getattr(error, "strerror", None) or str(error))
        raise Failure(
            text("cannot open {file}: {error}", file=str(file), error=reason),
            hint=text("--faults takes a file, or the word random"),
        ) from error
    known, context = Faults(plan), Context.of(plan)
    found: list[Coming] = []
    mistakes: dict[int, Text | str] = {}
    for number, line in _lines(written):
        try:
            found.append(_coming(number, line, known, context))
        except _Mistake as mistake:
            mistakes[number] = mistake.text
    found.sort(key=lambda one: (one.at_ms, one.line))
    mistakes |= _tried(found, plan, facts)
    said = [_at(file, number, mistakes[number]) for number in sorted(mistakes)]
    if len(said) == 1:
        raise Failure(said[0], code=2)
    if said:
        words = text("mistakes in {file}: {count}", file=file.name, count=len(said))
        raise Failure(words, code=2, hint="\n".join(map(say, said)))
    return found


def tell_beyond(
    file: Path | None, coming: Sequence[Coming], start_ms: int, end_ms: int, context: Context
) -> None:
    """Say which of them are of other days than those that are rehearsed."""
    if file is None:
        return
    for one in sorted(coming, key=lambda each: each.line):
        when = datetime.fromtimestamp(one.at_ms / 1000, context.local.zone).strftime("%Y-%m-%d %H:%M")
        if one.at_ms >= end_ms:
            words = text("{when} is after the days that are rehearsed: it does not happen", when=when)
            tell(_at(file, one.line, words))
        elif one.at_ms < start_ms:
            words = text("{when} is before the days that are rehearsed: it happens as they begin", when=when)
            tell(_at(file, one.line, words))


def begin(memory: InMemory, coming: Coming) -> None:
    """Let it happen. Raises Failure for a fault that the simulated device cannot have."""
    try:
        _happen(memory, coming.wish)
    except FaultError as error:
        raise Failure(
            text("line {line} of the faults: {what}", line=coming.line, what=refusal(str(error)))
        ) from error


def _happen(memory: InMemory, wish: Wish) -> None:
    aim = {"line" if wish.is_line else "device": wish.target}
    memory.fault(wish.fault, wish.on, **aim, **wish.numbers)  # type: ignore[arg-type]


def _lines(written: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(written.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _coming(number: int, line: str, known: Faults, context: Context) -> Coming:
    """Raises _Mistake."""
    parts = _LINE.fullmatch(line)
    when, what = (line, "") if parts is None else parts.groups()
    try:
        moment = datetime.fromisoformat("T".join(when.split()))
    except ValueError as error:
        raise _Mistake(text("{given} is not a time; write 2026-03-05T06:30", given=when)) from error
    if not EARLIEST <= moment.year <= LATEST:
        raise _Mistake(text("{given} is of no year that can be rehearsed", given=when))
    try:
        wish = known.read(what.strip())
    except NotAFault as error:
        raise _Mistake(error.text) from error
    except IndexError as error:
        example = known.example()
        raise _Mistake(text("type a fault and a device, like: freeze {device}", device=example)) from error
    if wish.fault not in WIRELESS:
        words = text("{name} needs a wire: louguan simulate has it, a rehearsal does not", name=wish.fault)
        raise _Mistake(words)
    local = moment if moment.tzinfo else moment.replace(tzinfo=context.local.zone)
    return Coming(int(local.timestamp() * 1000), wish, number)


def _tried(coming: Sequence[Coming], plan: Plan, facts: Mapping[str, Any]) -> dict[int, Text | str]:
    """By line: what the devices, or their machines and tanks, cannot have. Of a plant that nothing else is
    done with."""
    if not coming:
        return {}
    clock = VirtualClock(coming[0].at_ms)
    try:
        memory = InMemory(plan, facts, clock, 60.0)
    except PlantError:
        return {}  # said where the days are begun
    found: dict[int, Text | str] = {}
    for one in coming:
        try:
            _happen(memory, one.wish)
        except FaultError as error:
            found[one.line] = refusal(str(error))
    return found


def _at(file: Path, line: int, what: Text | str) -> Text:
    return text("{file}:{line}: {what}", file=file.name, line=line, what=what)
