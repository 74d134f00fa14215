"""How many rows a day the ledger of a site takes, and how large they make control.db.

    python -m bench.ledger [--plan FILE] [--days 2]

The engine runs on a virtual clock, a step each 10 s, with devices that take what they are told. What it hands
out goes through the recorder into a control.db, once as the daemon does it and once with each re-assert
listed like any other write, which is the floor this is compared with. The first hour, in which every device
is told for the first time, is not counted.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.step import CYCLE_S, START_MS
from bench.world import World
from config.plan.clock import Pace
from config.plan.codec import load
from config.plan.site import Plan
from controller import recorder
from controller.clock import VirtualClock
from controller.cycle import Engine
from controller.decide.records import Remembered
from controller.decide.step import Step
from controller.reasserts import Reasserts
from controller.store.control import ControlStore
from controller.store.status import figures
from drivers.api import Event, Inbox
from schedules.context import Context
from tests.plans import compound

A_DAY = round(86_400 / CYCLE_S)
SETTLING = round(3600 / CYCLE_S)


def steps(plan: Plan, days: float) -> Iterator[tuple[bool, Step]]:
    """Each step of those days, and whether it counts."""
    inbox, clock = Inbox(), VirtualClock(START_MS)
    world = World(plan, inbox, clock, CYCLE_S, 0.0)
    engine = Engine(plan, Context.of(plan), Pace(), Remembered())
    answers: list[Event] = []
    for cycle in range(SETTLING + round(days * A_DAY)):
        now = clock.advance(CYCLE_S)
        world.live(cycle)
        world.poll()
        step = engine.step(now, [*answers, *inbox.take()])
        answers = world.obey(step.writes)
        yield cycle >= SETTLING, step


@contextmanager
def stores() -> Iterator[ControlStore]:
    """A control.db of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = ControlStore.open(Path(folder), START_MS)
        try:
            yield store
        finally:
            store.close()


def run(plan: Plan, days: float, *, listed: bool) -> tuple[Counter[str], int, int]:
    """Rows by kind and bytes of those days, and how many points were re-asserted."""
    keys = {point.id: point.key for point in plan.points}
    accounts = Reasserts()
    kinds: Counter[str] = Counter()
    points: set[int] = set()
    with stores() as store:
        before = 0
        for counts, step in steps(plan, days):
            points.update(write.point for write in step.writes if write.reassert)
            if listed:
                step.writes = [write._replace(reassert=False) for write in step.writes]
            changes = recorder.changes(step, keys, (), accounts)
            if changes is not None:
                head = store.commit(changes).result()
                kinds.update(entry.kind for entry in changes.entries if counts)
                if not counts:
                    before = head.seq
        end = store.commit(recorder.end(accounts, step.wall_ms)).result()
        assert listed or end.seq - before >= kinds.total()
        size = figures(store.path)
    return kinds, size.bytes + size.wal_bytes, len(points)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", type=Path, help="a compiled Plan, not the synthetic compound")
    parser.add_argument("--days", type=float, default=2.0)
    options = parser.parse_args()
    plan = load(options.plan.read_text(encoding="utf-8")) if options.plan else compound()
    for name, listed in (("each re-assert listed", True), ("re-asserts counted", False)):
        kinds, size, points = run(plan, options.days, listed=listed)
        rows = ", ".join(f"{number / options.days:.0f} {kind}" for kind, number in kinds.most_common())
        print(f"{name}: {kinds.total() / options.days:.0f} rows a day ({rows}); {points} points re-asserted;")
        print(f"    control.db with WAL {size / 2**20:.1f} MiB after {options.days:g} days")


if __name__ == "__main__":
    main()
