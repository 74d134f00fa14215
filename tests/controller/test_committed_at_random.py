"""Commands are committed while cycles go on, in any order, with kills in between: what the next start has is
what a replay of the ledger makes."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.plan.places import Booking
from controller.decide.records import (
    Acknowledge,
    Book,
    Lock,
    Observe,
    Override,
    PersonCommand,
    Refused,
    Release,
    Remembered,
    Shelve,
    Unlock,
    Unshelve,
)
from drivers.api import DeviceState
from hil_tests.people.replay import Desk, replay
from tests.controller.house import booked_house
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, shell
from tests.many import many

PLAN = booked_house()
HOUR = 3_600_000
POINTS = ("lamp.level", "hall.level")
Doing = tuple[str, int, int]

doings = st.lists(
    st.tuples(
        st.sampled_from(
            ["set", "set", "set", "release", "lock", "unlock", "observe", "book", "ack", "shelve", "unshelve"]
            + ["cycle"] * 6
            + ["kill"] * 2
        ),
        st.integers(0, 3),
        st.integers(0, 20),
    ),
    min_size=8,
    max_size=40,
)


def command_of(kind: str, which: int, size: int, now: int) -> PersonCommand:
    who, point, target = f"p{which}", POINTS[which % 2], ("hall", "lamp")[which % 2]
    match kind:
        case "set":
            lasting = (1000, 3000, HOUR)[size % 3]
            return Override(point, float(size), who, "r", now, now + lasting, lasting_ms=lasting)
        case "release":
            return Release(point, who)
        case "lock":
            return Lock(target, who, f"r{size}", now)
        case "unlock":
            return Unlock(target, who)
        case "observe":
            return Observe(target, bool(size % 2), who, "r", now)
        case "book":
            item = Booking("hall", THURSDAY + which * HOUR, THURSDAY + (which + 1) * HOUR, "b", "", who, now)
            return Book((item,), (), who) if size % 2 else Book((), (item,), who)
        case "ack":
            return Acknowledge((1,), who, f"c{size}")
        case "shelve":
            return Shelve((1,), now + (2000 if size % 2 else HOUR), who, f"r{size}")
        case _:
            return Unshelve((1,), who)


def differing(desk: Desk, found: Remembered) -> list[str]:
    """What the start knows otherwise than the ledger says."""
    overrides = {
        (item.point, int(item.slot)): (item.value, item.person, item.expires_ms) for item in found.overrides
    }
    pairs: list[tuple[object, object]] = [
        ({key: tuple(held) for key, held in desk.overrides.items()}, overrides),
        (desk.locks, {item.target: (item.person, item.reason) for item in found.locks}),
        (desk.observing, {item.target: item.observing for item in found.observe}),
        (desk.bookings.keys(), {item.key for item in found.bookings}),
    ]
    for alarm in found.alarms:
        if alarm.id not in desk.unsure:
            pairs.append((desk.acked.get(alarm.id, ("", "")), (alarm.acked_by, alarm.comment)))
        shelved = (alarm.shelved_until_ms, alarm.shelved_by, alarm.shelved_why)
        pairs.append((desk.shelved.get(alarm.id, (None, "", "")), shelved))
    return [f"{ledger} is {stored}" for ledger, stored in pairs if ledger != stored]


def cycle(made: Shell, heard: int, after_s: float) -> None:
    """One that has heard of so many commands of those that are committed."""
    commands = made.daemon.commands
    commands.waiting, rest = commands.waiting[:heard], commands.waiting[heard:]
    made.cycle(after_s)
    commands.waiting = rest


async def live(data: Path, story: list[Doing]) -> None:
    wall_ms, left = THURSDAY, list(story)
    while left:
        with shell(data, PLAN, wall_ms) as made:
            assert differing(replay(made.ledger(), HOUR), made.daemon.engine.remembered()) == []
            made.put(DeviceState(PLAN.devices[2].id, False, "test"))
            made.cycle(0.5)
            while left:
                kind, which, size = left.pop(0)
                if kind == "kill":
                    break
                if kind == "cycle":
                    cycle(made, which, size / 4)
                else:
                    made.clock.advance(0.001)  # no two of them end in the same moment
                    with contextlib.suppress(Refused):
                        command = command_of(kind, which, size, made.clock.now().wall_ms)
                        await made.daemon.accept(command)
            wall_ms = made.clock.now().wall_ms
    with shell(data, PLAN, wall_ms) as made:
        assert differing(replay(made.ledger(), HOUR), made.daemon.engine.remembered()) == []


@settings(max_examples=many(6), deadline=None)
@given(story=doings)
@example([("set", 0, 0), ("cycle", 1, 2), ("set", 0, 0), ("set", 0, 0), ("cycle", 0, 2), ("cycle", 1, 0)])
def test_a_kill_between_any_two_commits_leaves_what_the_ledger_says(story: list[Doing]) -> None:
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(live(Path(name), story))
