"""A counter that was reset is told until a person has said what it was, over restarts, by the log as it is on
the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from config.plan.clock import Pace
from controller.consumption.doubts import LONGEST_MS
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.slots import Slots
from controller.logbook import Logbook
from controller.store.amend import Refit
from controller.store.history import MeterEntry
from controller.store.jumps import unexplained
from controller.store.logdb import LogStore
from tests.controller.consumption.bench import PLAN, START, Bench

METERS = [meter for meter in meters_of(PLAN) if meter.name == "main"]
QUARTER = 900_000
SLOT = START + QUARTER
"""In which it jumped."""
JUMPED = SLOT + 400_000


class House:
    """A meter that is logged on the disk."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench()
        self.store = LogStore.open(folder, START)
        self.standing: set[str] = set()
        self.start()

    def start(self) -> None:
        marks = self.store.register(METERS, self.bench.wall_ms, "Asia/Shanghai")
        since_ms = self.bench.wall_ms - LONGEST_MS
        jumps = self.store.ask(lambda connection: unexplained(connection, since_ms))
        self.bench.log = ConsumptionLog(METERS, Slots("Asia/Shanghai", 900), Pace(), marks, jumps)
        self.logbook = Logbook(self.bench.log, self.store, self.bench.now)
        self.standing = set()
        self.told()

    def restart(self) -> None:
        self.store.write(self.bench.log.end()).result(9)
        self.start()

    def read(self, seconds: int, count: float) -> None:
        """One reading each 10 s; a hundredth a minute is used."""
        for _ in range(seconds // 10):
            self.store.write(self.bench.after(10, main_energy=count)).result(9)
        self.told()

    def told(self) -> list[str]:
        words = []
        for notice in self.bench.log.take_notices():
            if notice.kind == "counter-reset":
                (self.standing.add if notice.on else self.standing.discard)(notice.subject)
                words.append(str(notice.text))
        return words

    def enter(self, what: Callable[[MeterEntry], Awaitable[object]]) -> None:
        async def entered() -> None:
            entry = await self.logbook.meter("main")
            assert entry is not None
            await what(entry)

        asyncio.run(entered())
        self.told()


async def record() -> None:
    """Nobody keeps a ledger here."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A counter that jumped from 500 to 3 in the second interval."""
    made = House(tmp_path)
    made.read(1300, 500.0)
    made.read(100, 3.0)
    assert made.standing == {"main"}
    yield made
    made.store.close()


def test_it_stands_though_intervals_pass_and_over_restarts(house: House) -> None:
    house.restart()
    assert house.standing == {"main"}, "its interval has not ended"
    house.read(4000, 3.0)
    assert house.standing == {"main"}
    house.restart()
    assert house.standing == {"main"}
    house.read(1000, 3.0)
    assert house.standing == {"main"}


def test_after_a_restart_it_is_told_of_which_interval(house: House) -> None:
    house.read(1000, 3.0)
    jumps = house.store.ask(lambda connection: unexplained(connection, 0))
    assert jumps == [("main", SLOT, SLOT + QUARTER)]
    log = ConsumptionLog(METERS, Slots("Asia/Shanghai", 900), Pace(), {}, jumps)
    (notice,) = log.take_notices()
    assert "jumped in the interval from 2026-03-05 10:15" in str(notice.text)
    assert "louguan log replace-meter main" in str(notice.text)


def replaced(house: House) -> Callable[[MeterEntry], Awaitable[object]]:
    made = Refit("B", JUMPED, 50_000, 300)
    return lambda entry: house.logbook.replace(entry, made, record)


def replaced_later(house: House) -> Callable[[MeterEntry], Awaitable[object]]:
    """It counted wrong, and was taken off."""
    made = Refit("B", JUMPED + 2 * QUARTER, 300, 300)
    return lambda entry: house.logbook.replace(entry, made, record)


def corrected(house: House) -> Callable[[MeterEntry], Awaitable[object]]:
    return lambda entry: house.logbook.correct(entry, SLOT, record, consumption=7)


def annotated(house: House) -> Callable[[MeterEntry], Awaitable[object]]:
    return lambda entry: house.logbook.annotate(entry, (JUMPED, JUMPED + 60_000), "power cut", "li", record)


def annotated_elsewhere(house: House) -> Callable[[MeterEntry], Awaitable[object]]:
    return lambda entry: house.logbook.annotate(
        entry, (SLOT + QUARTER, SLOT + 2 * QUARTER), "?", "li", record
    )


def corrected_elsewhere(house: House) -> Callable[[MeterEntry], Awaitable[object]]:
    return lambda entry: house.logbook.correct(entry, SLOT + QUARTER, record, consumption=0)


@pytest.mark.parametrize(
    ("entering", "ends"),
    [
        (replaced, True),
        (replaced_later, True),
        (corrected, True),
        (annotated, True),
        (annotated_elsewhere, False),
        (corrected_elsewhere, False),
    ],
)
def test_a_person_ends_it_for_good(
    house: House, entering: Callable[[House], Callable[[MeterEntry], Awaitable[object]]], ends: bool
) -> None:
    house.read(3000, 3.0)
    house.enter(entering(house))
    assert house.standing == (set() if ends else {"main"})
    house.restart()
    assert house.standing == (set() if ends else {"main"}), "the log on the disk says the same"


def test_a_replacement_entered_at_once_ends_it(house: House) -> None:
    house.enter(replaced(house))
    assert house.standing == set()
    house.read(1000, 3.0)
    house.restart()
    assert house.standing == set()


def test_another_jump_begins_it_again(house: House) -> None:
    house.read(1000, 3.0)
    house.enter(annotated(house))
    house.read(100, 1.0)
    assert house.standing == {"main"}
    house.read(1000, 1.0)
    house.enter(annotated(house))
    assert house.standing == {"main"}, "that was said of the other"
    house.enter(corrected(house))
    assert house.standing == {"main"}


def test_after_a_week_nobody_will_say_it_any_more(house: House) -> None:
    house.read(1000, 3.0)
    house.bench.after(LONGEST_MS // 1000 - 2000, main_energy=3.0)
    house.read(10, 3.0)
    assert house.standing == {"main"}
    house.read(2000, 3.0)
    assert house.standing == set()
    house.restart()
    assert house.standing == set()
