"""A meter that is replaced, whenever a person says so: nothing of either is lost, doubled or invented."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.plan.clock import Pace
from controller.consumption.audit import Logged, Problem
from controller.consumption.log import ConsumptionLog
from controller.consumption.meters import meters_of
from controller.consumption.plausible import CannotCorrect
from controller.consumption.records import Flag
from controller.consumption.slots import Slots
from controller.logbook import Logbook
from controller.store import history
from controller.store.amend import Refit
from controller.store.audit import audit_log
from controller.store.logdb import LogStore
from controller.store.migrations.log import LOG
from tests.controller.consumption.bench import PLAN, START, Bench

MODULUS = 1_000_000
SLOTS = Slots("Asia/Shanghai", 900)
MIDNIGHT_NEAR = "America/Sao_Paulo"
"""A day ends there an hour after the start: what is entered concerns two."""
METERS = [meter for meter in meters_of(PLAN) if meter.name == "main"]


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log.db without rows."""
    folder = tmp_path_factory.mktemp("empty")
    LogStore.open(folder, START).close()
    return folder / "log.db"


@dataclass
class House:
    """A place with a meter, and a daemon that logs it. Knows independently what was used."""

    folder: Path
    used: int = 0
    """Quanta since the first reading."""
    shown: int = 998_000
    bench: Bench = field(default_factory=Bench)
    read_at: dict[int, int] = field(default_factory=dict)
    """By time: what had been used."""
    pending: list[Refit] = field(default_factory=list)
    told: int = 0

    def __post_init__(self) -> None:
        self.store = LogStore.open(self.folder, START)
        self.restart()

    def restart(self, quantum: str = "0.01") -> None:
        meters = [replace(meter, quantum=quantum) for meter in METERS]
        marks = self.store.register(meters, self.bench.wall_ms, MIDNIGHT_NEAR)
        self.bench.log = ConsumptionLog(meters, Slots("Asia/Shanghai", 900), Pace(1.0), marks)
        self.logbook = Logbook(self.bench.log, self.store, self.bench.now)

    def step(self, seconds: int, used: int, *, read: bool) -> None:
        used = min(used, seconds // 2)
        self.used, self.shown = self.used + used, (self.shown + used) % MODULUS
        values = {"main_energy": self.shown * 0.01} if read else {}
        self.store.write(self.bench.after(seconds, **values)).result(10)
        if read:
            self.read_at[self.bench.wall_ms] = self.used

    def settle(self) -> None:
        """Two boundaries, read right before."""
        for _ in range(2):
            left_s = (SLOTS.next(self.bench.wall_ms + 6000) - self.bench.wall_ms) // 1000 - 5
            self.step(left_s, 9, read=True)
            self.step(6, 1, read=False)

    def exchange(self, first: int) -> None:
        """Nothing is used meanwhile."""
        self.step(7, 0, read=False)
        self.pending.append(Refit("A-2", self.bench.wall_ms, self.shown, first))
        self.shown = first

    def tell(self) -> None:
        """A person enters the exchange."""
        if self.pending:
            made = self.pending.pop(0)
            asyncio.run(self._replace(made))
            self.told += 1

    async def _replace(self, made: Refit) -> None:
        entry = await self.logbook.meter("main")
        assert entry is not None

        async def record() -> None:
            return None

        await self.logbook.replace(entry, made, record)

    def lie(self, last: int, first: int) -> None:
        """A person says that it was replaced, and it was not."""
        asyncio.run(self._replace(Refit("", self.bench.wall_ms, (self.shown + last) % MODULUS, first)))

    def confess(self) -> None:
        """It is taken back."""
        asyncio.run(self._take_back())

    async def _take_back(self) -> None:
        entry = await self.logbook.meter("main")
        assert entry is not None

        async def record(_: Refit) -> None:
            return None

        await self.logbook.take_back(entry, None, record)

    def problems(self) -> list[Problem]:
        with closing(history.open_file(self.folder / "log.db", LOG)) as connection:
            return list(audit_log(connection))

    def rows(self) -> list[Logged]:
        with closing(history.open_file(self.folder / "log.db", LOG)) as connection:
            (entry,) = history.meters(connection)
            return list(history.newest(history.logged(connection, entry)))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from([1, 5, 60, 300, 880, 1000]), st.integers(0, 400)),
        st.tuples(st.just("wait"), st.sampled_from([60, 900, 3000]), st.integers(0, 400)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
        st.tuples(st.just("exchange"), st.just(0), st.sampled_from([0, 5, 300_000])),
        st.tuples(st.just("tell"), st.just(0), st.just(0)),
    ),
    min_size=3,
    max_size=30,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
@example(steps=[("read", 5, 1), ("exchange", 0, 5), ("tell", 0, 0)])
@example(
    steps=[("read", 880, 1), ("read", 1000, 9), ("exchange", 0, 300_000), ("read", 1000, 7), ("read", 5, 1)]
)
def test_old_and_new_meter_add_up(empty: Path, steps: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as name:
        shutil.copy(empty, Path(name) / "log.db")
        house = House(Path(name))
        try:
            house.step(700, 0, read=True)
            house.settle()
            refused = False
            for what, seconds, figure in [*steps, ("tell", 0, 0)]:
                if what in ("read", "wait"):
                    house.step(seconds, figure, read=what == "read")
                elif what == "restart":
                    house.restart()
                elif what == "exchange":
                    if house.pending:  # the one before is told before the next
                        refused |= told_in_vain(house)
                    house.exchange(figure)
                else:
                    refused |= told_in_vain(house)
            house.step(3000, 9, read=True)
            refused |= told_in_vain(house)
            house.settle()
        finally:
            house.store.close()
        rows = house.rows()
        if refused:
            return
        assert house.problems() == []
        end_ms, end = rows[-1].row.end_ms, rows[-1].row.count_end
        assert end is not None
        read = max(when for when in house.read_at if when <= end_ms)
        if all(Flag.SUSPECT not in item.row.flags for item in rows):
            assert sum(item.row.consumption or 0 for item in rows) == house.read_at[read]
        else:
            raise AssertionError("a replacement that was told leaves nothing suspect")


LIES = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from([1, 5, 60, 300, 880, 1000]), st.integers(0, 400)),
        st.tuples(st.just("wait"), st.sampled_from([60, 900, 3000]), st.integers(0, 400)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
        st.tuples(st.just("lie"), st.sampled_from([0, 5]), st.sampled_from([0, 5, 300_000, 998_100])),
        st.tuples(st.just("confess"), st.just(0), st.just(0)),
    ),
    min_size=3,
    max_size=30,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=LIES)
@example(steps=[("wait", 900, 5), ("lie", 0, 5), ("read", 60, 5), ("read", 60, 5), ("read", 880, 5)])
@example(steps=[("read", 890, 5), ("read", 60, 5), ("lie", 0, 5), ("read", 60, 5), ("wait", 3000, 9)])
def test_what_is_taken_back_leaves_what_the_counter_says(
    empty: Path, steps: list[tuple[str, int, int]]
) -> None:
    with TemporaryDirectory() as name:
        shutil.copy(empty, Path(name) / "log.db")
        house = House(Path(name))
        lied = False
        try:
            house.step(700, 0, read=True)
            house.settle()
            for what, seconds, figure in [*steps, ("confess", 0, 0)]:
                if what in ("read", "wait"):
                    house.step(seconds, figure, read=what == "read")
                elif what == "restart":
                    house.restart()
                elif what == "lie" and not lied:
                    with suppress(CannotCorrect):
                        house.lie(seconds, figure)
                        lied = True
                elif what == "confess" and lied:
                    house.step(1, 0, read=False)  # the time is known
                    house.confess()
                    lied = False
            house.step(3000, 9, read=True)
            house.settle()
        finally:
            house.store.close()
        rows = house.rows()
        assert house.problems() == []
        assert not [item for item in rows if item.row.flags & (Flag.SUSPECT | Flag.REPLACED)]
        read = max(when for when in house.read_at if when <= rows[-1].row.end_ms)
        assert sum(item.row.consumption or 0 for item in rows) == house.read_at[read]
        assert {item.fitting for item in rows} == {1}


@pytest.mark.parametrize("wait_s", [60, 900, 3000])
def test_a_real_one_taken_back_leaves_its_interval_suspect(empty: Path, tmp_path: Path, wait_s: int) -> None:
    shutil.copy(empty, tmp_path / "log.db")
    house = House(tmp_path)
    try:
        house.step(700, 0, read=True)
        house.settle()
        house.exchange(300_000)
        house.step(1, 0, read=True)
        house.step(wait_s, 0, read=False)
        house.tell()
        house.step(1, 0, read=False)
        house.confess()
        house.step(3000, 9, read=True)
        house.settle()
    finally:
        house.store.close()
    assert house.problems() == []
    assert [item for item in house.rows() if Flag.SUSPECT in item.row.flags]


async def test_counts_of_another_quantum_are_not_reckoned_with(empty: Path, tmp_path: Path) -> None:
    shutil.copy(empty, tmp_path / "log.db")
    house = House(tmp_path)
    try:
        house.step(700, 0, read=True)
        house.settle()
        before_ms = house.bench.wall_ms - 1000_000
        house.restart("0.1")
        entry = await house.logbook.meter("main")
        assert entry is not None

        async def record() -> None:
            raise AssertionError("nothing is to be recorded")

        with pytest.raises(CannotCorrect):
            await house.logbook.correct(entry, before_ms, record, consumption=1)
        with pytest.raises(CannotCorrect):
            await house.logbook.replace(entry, Refit("", house.bench.wall_ms, 999_000, 0), record)
    finally:
        house.store.close()


def told_in_vain(house: House) -> bool:
    try:
        house.tell()
    except CannotCorrect:
        return True
    return False
