"""Bugs planted into the real code, one a process: a campaign must find each of them.

    python -m hil_tests.campaign.planted [NAME …]

Prints a JSON object a bug: the seeds that it took, and the promise that was found broken first.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import controller.cycle
from config.plan.rules import Interlock
from controller.campaign.campaign import live
from controller.consumption import logs
from controller.consumption.intervals import MeterLog
from controller.consumption.records import Mark
from controller.cycle import Engine
from controller.decide import gate
from controller.decide.arbiter import Result, arbitrate
from controller.decide.requests import Op, Request
from controller.decide.rules import interlock
from controller.swap.same import Same
from hil_tests.campaign.seeds import ground_of, story, wanted
from hil_tests.campaign.sites import site

MOST_SEEDS = 40
HOURS = 8.0


class Bug(NamedTuple):
    """One."""

    where: str
    """The site on which it is looked for."""
    what: str
    plant: Callable[[], None]


def _arbiter() -> None:
    def bounded_by_all(requests: Iterable[Request]) -> Result:
        result = arbitrate(requests)
        value = result.value
        for request in (one for standing in result.slots for one in standing if one.op is not Op.VALUE):
            limit = request.value
            if isinstance(limit, float) and isinstance(value, float):
                value = min(value, limit) if request.op is Op.CAP else max(value, limit)
        return result._replace(value=value)

    controller.cycle.arbitrate = bounded_by_all  # type: ignore[attr-defined]


def _minimum_time() -> None:
    passes = gate.passes  # type: ignore[attr-defined]

    def in_minutes(motor: Any, *given: Any, **named: Any) -> Any:
        return passes(replace(motor, min_off_s=motor.min_off_s / 60), *given, **named)

    gate.passes = in_minutes  # type: ignore[attr-defined]


def _interlock() -> None:
    def goes_with_its_cause(spec: Interlock, found: bool | None, until: bool | None) -> bool:
        return found is False

    interlock._goes = goes_with_its_cause


def _log() -> None:
    made = logs.made

    def from_nothing(meter: Any, terms: Any, slots: Any, mark: Mark | None) -> Any:
        log = made(meter, terms, slots, mark)
        if isinstance(log, MeterLog) and mark is not None:
            return made(meter, terms, slots, mark._replace(anchor_ms=None, anchor_count=None))
        return log

    logs.made = from_nothing


def _swap() -> None:
    take_over = Engine.take_over

    def by_the_old_ids(self: Engine, former: Engine, same: Same) -> None:
        kept = {old: old for old in same.outputs if old in self._results}
        take_over(self, former, replace(same, outputs=kept))

    Engine.take_over = by_the_old_ids  # type: ignore[method-assign]


BUGS = {
    "arbiter": Bug(
        "tests/golden/good-rules-lighting", "caps and floors bind winners of lower slots too", _arbiter
    ),
    "minimum-time": Bug("hil_tests/sites/plant", "a rest time is a sixtieth of what it says", _minimum_time),
    "interlock": Bug("hil_tests/sites/plant", "a trip goes with its cause, reset or not", _interlock),
    "log": Bug("config/sites/minimal", "a start forgets from which count an interval counts", _log),
    "swap": Bug("hil_tests/sites/house", "outputs are taken over by the ids of the plan before", _swap),
}


def seeds_until_found(name: str) -> tuple[int, str]:
    """How many it took, and what was broken; 0 and "" when none found it. The bug stays in this process."""
    bug = BUGS[name]
    of = site(bug.where)
    bug.plant()
    for seed in range(1, MOST_SEEDS + 1):
        lived = live(story(wanted(seed, HOURS, (bug.where,)), of), of.plans, ground_of(of))
        if lived.breaches:
            return seed, f"{lived.breaches[0].judge} {lived.breaches[0].subject}"
    return 0, ""


def main(names: list[str]) -> int:
    failed = 0
    for name in names or list(BUGS):
        site(BUGS[name].where)
        sys.stdout.flush()
        child = os.fork()
        if not child:
            seeds, broken = seeds_until_found(name)
            print(json.dumps({"bug": name, "seeds": seeds, "broken": broken}), flush=True)
            os._exit(0 if seeds else 1)
        failed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
