"""Re-asserts that take are counted and accounted for; everything else of a command's life is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.plan.reading import Value
from controller.decide.records import Lock, Override
from controller.decide.step import FateRecord
from controller.reasserts import Reasserts
from controller.store.ledger import Entry, Kind, broken_at
from controller.store.reasserts import Reasserted
from drivers.api import DeviceState, Fate, Write
from tests.controller.house import house, settled
from tests.controller.rig import THURSDAY
from tests.controller.shell import Shell, shell

KEY = "lamp.level"
MINUTE = 60_000
NOON = 1_772_683_200_000


class Bench:
    """One point's writes, a number each."""

    def __init__(self) -> None:
        self.it = Reasserts()
        self.rows: list[Entry] = []
        self.ms = NOON
        self.seq = 0

    def send(self, value: Value = 80.0, *, again: bool = True, after_ms: int = 15 * MINUTE) -> Write:
        self.ms += after_ms
        self.seq += 1
        write = Write(self.seq, 3, value, 15, reassert=again)
        self.rows += self.it.sent(write, KEY, self.ms)
        return write

    def answer(self, write: Write, fate: Fate = Fate.READ_BACK, detail: str = "") -> None:
        self.ms += 1000
        found = write.value if fate is Fate.READ_BACK else None
        self.rows += self.it.answered(FateRecord(write, KEY, fate, found, detail, 0, self.ms))

    def told(self) -> list[tuple[str, str]]:
        return [(row.kind, row.detail) for row in self.rows]


def test_what_takes_is_one_account() -> None:
    bench = Bench()
    for _ in range(90):
        bench.answer(bench.send())
        bench.rows += bench.it.due(bench.ms)
    assert bench.rows == []
    account = bench.it.take()
    assert account.closed == ()
    assert account.reasserted == (
        Reasserted(KEY, 80.0, 15, "read-back", "", 90, NOON + 15 * MINUTE, bench.ms),
    )
    assert bench.it.take() == ((), ())


def test_an_account_is_closed_after_a_day() -> None:
    bench = Bench()
    for _ in range(96 * 3):
        bench.answer(bench.send(after_ms=15 * MINUTE - 1000))
        bench.rows += bench.it.due(bench.ms)
    assert [row.kind for row in bench.rows] == [Kind.REASSERTED] * 2
    assert bench.rows[0] == Entry(
        NOON + 15 * MINUTE - 1000 + 86_400_000 + 1000,
        Kind.REASSERTED,
        KEY,
        80.0,
        15,
        fate="read-back",
        detail="97 times from 2026-03-05T04:14:59Z to 2026-03-06T04:15:00Z",
    )


@pytest.mark.parametrize("fate", [Fate.MISMATCH, Fate.REJECTED, Fate.NO_ANSWER])
def test_one_that_does_not_take_is_listed_in_full(fate: Fate) -> None:
    bench = Bench()
    bench.answer(bench.send())
    failing = bench.send()
    sent_ms = bench.ms
    bench.answer(failing, fate, "why not")
    assert [(row.kind, row.time_ms) for row in bench.rows] == [
        (Kind.REASSERTED, bench.ms),
        (Kind.SENT, sent_ms),
        (fate.value, bench.ms),
    ]
    assert bench.told()[1:] == [(Kind.SENT, "re-assert"), (fate.value, "why not")]
    assert bench.it.take() == ((), (KEY,))


def test_one_that_is_never_answered_is_listed_when_the_next_is_sent_or_the_run_ends() -> None:
    bench = Bench()
    late = bench.send()
    bench.send()
    assert [row.kind for row in bench.rows] == [Kind.SENT]
    bench.answer(late)
    assert [row.kind for row in bench.rows] == [Kind.SENT, Kind.READ_BACK]
    bench.rows += bench.it.end(bench.ms)
    assert [row.kind for row in bench.rows] == [Kind.SENT, Kind.READ_BACK, Kind.SENT]


def test_another_outcome_is_another_account() -> None:
    bench = Bench()
    for detail in ("", "", "overridden at slot 8", "overridden at slot 8", ""):
        bench.answer(bench.send(), detail=detail)
    bench.answer(bench.send(), Fate.ACKNOWLEDGED)
    bench.rows += bench.it.end(bench.ms)
    assert [(row.fate, row.detail.partition(" times")[0]) for row in bench.rows] == [
        ("read-back", "2"),
        ("read-back", "2"),
        ("read-back", "1"),
        ("acknowledged", "1"),
    ]
    assert bench.rows[1].detail.endswith("Z; overridden at slot 8")


def test_another_write_comes_after_the_account_of_those_before() -> None:
    bench = Bench()
    bench.answer(bench.send())
    bench.answer(bench.send(30.0, again=False))
    bench.answer(bench.send(30.0))
    bench.rows += bench.it.closed(KEY, bench.ms)
    kinds = [Kind.REASSERTED, Kind.SENT, Kind.READ_BACK, Kind.REASSERTED]
    assert [(row.kind, row.value) for row in bench.rows] == list(
        zip(kinds, (80.0, 30.0, 30.0, 30.0), strict=True)
    )


def test_a_clock_set_back_closes_the_account() -> None:
    bench = Bench()
    bench.answer(bench.send())
    bench.ms -= 86_400_000
    bench.answer(bench.send())
    assert [row.kind for row in bench.rows] == [Kind.REASSERTED]


def test_only_a_value_that_is_held_is_reasserted() -> None:
    """Not the first write, a repeat of one that did not take, or what a device that was away is told."""
    rig = settled("2026-03-05 07:00")
    found: list[tuple[str, bool]] = []

    def step(after_s: float, fate: Fate) -> None:
        for write in rig.step(after_s).writes:
            found.append((rig.plan.points[write.point].key, write.reassert))
            rig.answer(write, fate)

    step(900.0, Fate.READ_BACK)
    assert found == [("lamp.level", True), ("hall.level", True), ("panel.mode", True)]
    found.clear()
    step(0.0, Fate.READ_BACK)
    step(900.0, Fate.NO_ANSWER)
    step(0.0, Fate.READ_BACK)
    step(2.0, Fate.READ_BACK)
    assert found[:3] == [("lamp.level", True), ("hall.level", True), ("panel.mode", True)]
    assert found[3:] == [("lamp.level", False), ("hall.level", False), ("panel.mode", False)]
    found.clear()
    step(0.0, Fate.READ_BACK)
    rig.device("lamp", False)
    step(1.0, Fate.READ_BACK)
    rig.device("lamp", True)
    step(1.0, Fate.READ_BACK)
    assert found == [("lamp.level", False)]


def story(made: Shell, point: str = KEY) -> list[tuple[str, Value | None, str]]:
    return [(row.entry.kind, row.entry.value, row.entry.detail) for row in made.ledger(point)]


def begun(made: Shell) -> None:
    made.house_answers()
    for _ in range(3):
        made.cycle()


def quarters(made: Shell, count: int) -> None:
    for _ in range(count):
        made.cycle(900.0)
        made.cycle()


AT_FIRST = [(Kind.DECIDED, 10.0, ""), (Kind.SENT, 10.0, ""), (Kind.READ_BACK, 10.0, "read-back")]


async def test_a_day_costs_a_row_a_point_and_the_story_stays_in_order(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:  # 07:00
        begun(made)
        quarters(made, 3)
        assert story(made) == AT_FIRST
        now_ms = made.clock.now().wall_ms
        await made.daemon.accept(Override(KEY, 40.0, "Li", "", now_ms, now_ms + 10_000))
        made.cycle()
        made.cycle()
        made.cycle(20.0)
        made.cycle()
        assert [row[:2] for row in story(made)] == [
            *(row[:2] for row in AT_FIRST),
            (Kind.COMMAND, 40.0),
            (Kind.REASSERTED, 10.0),
            (Kind.DECIDED, 40.0),
            (Kind.SENT, 40.0),
            (Kind.READ_BACK, 40.0),
            (Kind.EXPIRED, None),
            (Kind.DECIDED, 10.0),
            (Kind.SENT, 10.0),
            (Kind.READ_BACK, 10.0),
        ]
        assert story(made)[4][2] == "3 times from 2026-03-04T23:15:03Z to 2026-03-04T23:45:06Z; read-back"
        before = len(made.ledger())
        sent = len(made.written)
        for _ in range(2 * 96):
            made.house_answers()
            quarters(made, 1)
        assert len(made.written) - sent > 450
        assert len(made.ledger()) - before < 60


async def test_the_end_of_a_run_closes_the_accounts(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        begun(made)
        quarters(made, 2)
        await made.daemon.wind_up()
        assert [row[:2] for row in story(made, "hall.level")][3:] == [
            (Kind.REASSERTED, 10.0),
            (Kind.SENT, None),
            (Kind.READ_BACK, None),
        ]
        with made.stores.control.reader() as connection:
            assert connection.execute("SELECT count(*) FROM reasserts").fetchone()[0] == 0


async def test_a_kill_loses_no_account(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        begun(made)
        quarters(made, 2)
    for number in range(2):
        with shell(tmp_path, house(), THURSDAY + 3_600_000 + number) as made:
            rows = [row.entry for row in made.ledger()]
            counted = [row for row in rows if row.kind == Kind.REASSERTED]
            assert [(row.point, row.value, row.detail[:8]) for row in counted] == [
                ("hall.level", 10.0, "2 times "),
                ("lamp.level", 10.0, "2 times "),
                ("panel.mode", 1, "2 times "),
            ]
            assert [row.kind for row in rows if row.time_ms >= THURSDAY + 3_600_000][:5] == [
                *[Kind.REASSERTED] * 3,
                Kind.GAP,
                Kind.START,
            ]
            with made.stores.control.reader() as connection:
                assert broken_at(connection) is None


async def test_a_device_that_is_lost_in_between_is_listed(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        begun(made)
        quarters(made, 2)
        made.lines[0].fate = None
        made.cycle(900.0)
        lamp = next(device.id for device in made.plan.devices if device.name == "lamp")
        made.put(DeviceState(lamp, False, "test"))
        made.cycle()
        made.lines[0].fate = Fate.READ_BACK
        made.put(DeviceState(lamp, True, "test"))
        made.cycle()
        made.cycle()
        assert [(kind, detail[:9]) for kind, _, detail in story(made)[3:]] == [
            (Kind.SENT, "re-assert"),
            (Kind.REASSERTED, "2 times f"),
            (Kind.SENT, ""),
            (Kind.READ_BACK, "read-back"),
        ]


async def test_behind_a_lock_nothing_is_counted(tmp_path: Path) -> None:
    with shell(tmp_path, house()) as made:
        begun(made)
        quarters(made, 2)
        await made.daemon.accept(Lock("lamp", "Li", "lamps", made.clock.now().wall_ms))
        quarters(made, 5)
        await made.daemon.wind_up()
        (row,) = (detail for kind, _, detail in story(made) if kind == Kind.REASSERTED)
        assert row.startswith("2 times")
