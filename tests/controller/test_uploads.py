"""All uploads together, on a real log.db: what fails in one costs neither the daemon nor the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from config.language import text
from config.plan.devices import Source
from config.plan.sinks import Common, FileSink, HttpsSink, SinkPlan
from controller import uploads
from controller.consumption.log import Closed
from controller.consumption.upload.port import Batch, Outcome, Sink, SinkError, Unreachable
from controller.consumption.upload.runner import Patience
from controller.decide.records import Notice, Refused
from controller.store.logdb import LogStore
from controller.uploads import Uploads
from tests.controller.consumption.upload.rows import ScriptedSink, all_of
from tests.controller.shell import Shell, metered, shell
from tests.controller.test_delivery import START, fill, interval, meter, write

QUICK = Patience(pauses_s=(0.01,), denied_s=0.02, disk_s=0.02)
WITHIN_S = 10.0


def plan(name: str, url: str = "https://127.0.0.1:1/") -> HttpsSink:
    return HttpsSink(Common(name, name.title(), Source("site.yaml", 9, 3)), url)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, metered(), START) as found:
        found.stores.log.register([meter("main"), meter("plant")], START)
        yield found


class Bench:
    """Uploads to scripted sinks; `broken` says of which making fails, and why."""

    def __init__(self, log: LogStore, made: Shell, *names: str) -> None:
        self.sinks = {name: ScriptedSink(all_of) for name in names}
        self.broken: dict[str, Exception] = {}
        self.makings = 0
        self.uploads = Uploads(
            "compound",
            [plan(name) for name in names],
            log,
            made.board,
            made.clock,
            self._make,
            patience=QUICK,
        )
        self._made = made

    def _make(self, wanted: SinkPlan) -> Sink:
        self.makings += 1
        if (failure := self.broken.get(wanted.common.name)) is not None:
            raise failure
        return self.sinks[wanted.common.name]

    def got(self, name: str) -> list[int]:
        """Feed ids it was sent, in order."""
        return [number for _, ids in self.sinks[name].sent for number in ids]

    def told(self) -> dict[str, str]:
        """What stands on the board of uploads, by sink."""
        return {item.subject: str(item.text) for item in self._made.board.standing() if item.kind == "upload"}

    async def until(self, wanted: Callable[[], object]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not wanted():  # noqa: ASYNC110 - told by no event
                await asyncio.sleep(0.005)

    async def complete(self, name: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while (await self.uploads.progress(name))[0].backlog:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def __aenter__(self) -> Self:
        self.uploads.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.uploads.stop()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute is 50 ms here."""
    assert uploads.AGAIN_S == 60.0
    monkeypatch.setattr(uploads, "AGAIN_S", 0.05)


async def test_a_sink_that_cannot_be_made_is_told_and_made_later(made: Shell) -> None:
    fill(made.stores.log, 3)
    bench = Bench(made.stores.log, made, "city", "district")
    bench.broken["city"] = SinkError(text("the token file is not there"))
    async with bench:
        await bench.complete("district")
        await bench.until(bench.told)
        assert bench.told() == {"city": "upload to City: the token file is not there"}
        progress, health, trouble = await bench.uploads.progress("city")
        assert (progress.backlog, health, str(trouble)) == (6, None, "the token file is not there")
        del bench.broken["city"]
        await bench.complete("city")
        assert bench.told() == {}
        assert str((await bench.uploads.progress("city"))[2]) == ""
    assert sorted(bench.got("city")) == sorted(bench.got("district")) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("where", ["making", "sending", "beating"])
async def test_one_that_falls_over_costs_itself_a_minute_and_the_others_nothing(
    made: Shell, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(made.stores.log, 1)
    bench = Bench(made.stores.log, made, "city", "district")
    falls = KeyError("a mistake of ours")
    city = bench.sinks["city"]
    if where == "making":
        bench.broken["city"] = falls
    elif where == "sending":

        def fall(_: Batch) -> Outcome:
            raise falls

        city.answer = fall
    else:
        monkeypatch.setattr(city, "idle", lambda: (_ for _ in ()).throw(falls))
        monkeypatch.setattr(
            uploads, "_patience", lambda _usual, _plan: Patience(pauses_s=(0.01,), idle_s=0.01)
        )
    async with bench:
        await bench.complete("district")
        await bench.until(bench.told)
        assert bench.told() == {"city": "upload to City: KeyError: 'a mistake of ours'"}
        assert (await bench.uploads.progress("city"))[1] is None or where != "making"
        write(made.stores.log, interval("main", 7))
        bench.uploads.nudge()
        await bench.complete("district")
        await bench.until(lambda: bench.makings >= 4)
        bench.broken.clear()
        city.answer = all_of
        monkeypatch.setattr(city, "idle", bench.sinks["district"].idle)
        write(made.stores.log, interval("main", 8))
        bench.uploads.nudge()
        await bench.complete("city")
        # Over when something was delivered, not when it was merely begun again.
        await bench.until(lambda: not bench.told())
        assert str((await bench.uploads.progress("city"))[2]) == ""
    assert set(bench.got("city")) == {1, 2, 3, 4}


async def test_what_is_logged_goes_out_at_once(made: Shell) -> None:
    bench = Bench(made.stores.log, made, "city")
    async with bench:
        await bench.until(lambda: bench.makings)
        await bench.complete("city")
        for slot in range(3):
            done = made.stores.log.write(Closed((interval("main", slot),), ()))
            # As the daemon has it: from the writer's thread.
            done.add_done_callback(lambda _: bench.uploads.nudge_from_thread())
            await bench.until(lambda: len(bench.got("city")) > slot)  # noqa: B023 - awaited at once
        await bench.complete("city")
    assert bench.got("city") == [1, 2, 3]
    bench.uploads.nudge_from_thread()  # after the end: of no consequence


async def test_retired_means_nothing_more_until_restored(made: Shell) -> None:
    log = made.stores.log
    fill(log, 1)
    bench = Bench(log, made, "city", "district")
    async with bench:
        await bench.complete("city")
        await bench.uploads.retire("city")
        assert bench.sinks["city"].closed
        write(log, interval("main", 5))
        bench.uploads.nudge()
        await bench.complete("district")
        assert bench.got("city") == [1, 2]
        assert (await bench.uploads.progress("city"))[0].retired
        for asked in (bench.uploads.retry("city", None), bench.uploads.replay("city", 0)):
            with pytest.raises(Refused, match="retired"):
                await asked
        with pytest.raises(Refused, match="retired already"):
            await bench.uploads.retire("city")
        assert await bench.uploads.known() == ["city", "district"]
    anew = Bench(log, made, "city", "district")
    async with anew:
        write(log, interval("main", 6))
        anew.uploads.nudge()
        await anew.complete("district")
        assert anew.got("city") == []
        with pytest.raises(Refused):
            await anew.uploads.take_in_again("district")
        await anew.uploads.take_in_again("city")
        await anew.complete("city")
    assert sorted(anew.got("city")) == [3, 4], "what it missed, and nothing twice"


async def test_a_sink_that_is_no_longer_in_the_plan_can_be_retired(made: Shell) -> None:
    async with Bench(made.stores.log, made, "city", "district") as bench:
        await bench.complete("city")
    async with Bench(made.stores.log, made, "district") as anew:
        assert await anew.uploads.known() == ["city", "district"]
        await anew.uploads.retire("city")
        assert await anew.uploads.known() == ["district"]


async def test_a_retired_sink_gets_nothing_while_the_log_cannot_say_so(
    made: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a start with a failing disk."""
    monkeypatch.setattr("controller.delivery.PERSON_S", 0.2)
    log = made.stores.log
    fill(log, 1)
    async with Bench(log, made, "city") as bench:
        await bench.uploads.retire("city")
        bench.sinks["city"].sent.clear()
    file, elsewhere = tmp_path / "log.db", tmp_path / "elsewhere"
    file.rename(elsewhere)
    anew = Bench(log, made, "city")
    async with anew:
        await asyncio.sleep(0.1)
        elsewhere.rename(file)
        assert (await anew.uploads.progress("city"))[0].retired
        await asyncio.sleep(0.1)
    assert anew.makings == 0
    assert anew.got("city") == []


def all_but_the_sixth(batch: Batch) -> Outcome:
    ids = {one.id for one in batch.rows}
    return Outcome(frozenset(ids - {6}), dict.fromkeys(ids & {6}, "odd"))


async def test_progress_during_an_outage_and_after(made: Shell) -> None:
    log = made.stores.log
    fill(log, 2)
    bench = Bench(log, made, "city")
    city = bench.sinks["city"]

    def gone(_: Batch) -> Outcome:
        raise Unreachable(text("nobody is there"))

    async with bench:
        await bench.complete("city")
        assert (await bench.uploads.progress("city"))[0][:4] == (4, 4, None, None)
        city.answer = gone
        for slot in (2, 3):
            write(log, interval("main", slot), interval("plant", slot))
            bench.uploads.nudge()
        await bench.until(bench.told)
        progress, health, _ = await bench.uploads.progress("city")
        assert (progress.watermark, progress.complete_ms) == (4, START + 2 * 900_000)
        assert (progress.backlog, progress.holes) == (4, 0)
        assert health is not None
        assert (health.reachable, str(health.error)) == (False, "nobody is there")
        assert (health.failures >= 3, health.rate) == (True, 0.0)
        assert bench.told() == {"city": "upload to City: nobody is there"}
        city.answer = all_but_the_sixth
        await bench.complete("city")
        await bench.until(lambda: not bench.told())
        progress, health, _ = await bench.uploads.progress("city")
        assert (progress.watermark, progress.holes, progress.aside) == (8, 0, 1)
        assert (progress.waiting_ms, progress.complete_ms) == (None, START + 2 * 900_000)
        assert health is not None
        assert (health.reachable, health.error, health.failures, health.rate > 0) == (True, "", 0, True)
        assert [(item.id, item.reason) for item in await bench.uploads.aside("city")] == [(6, "odd")]
        city.answer = all_of
        with pytest.raises(Refused, match="city has set aside no row 99"):
            await bench.uploads.retry("city", [6, 99])
        assert await bench.uploads.retry("city", None) == 1
        await bench.complete("city")
        assert (await bench.uploads.progress("city"))[0].aside == 0
        before = len(bench.got("city"))
        assert await bench.uploads.replay("city", START + 3 * 900_000) == 2
        await bench.complete("city")
        assert sorted(bench.got("city")[before:]) == [7, 8]


async def test_a_hole_is_told_as_one(made: Shell) -> None:
    log = made.stores.log
    fill(log, 3)
    bench = Bench(log, made, "city")
    bench.sinks["city"].answer = lambda batch: Outcome(
        frozenset(one.id for one in batch.rows if one.id != 3), {}
    )
    async with bench:
        await bench.until(lambda: set(bench.got("city")) == {1, 2, 3, 4, 5, 6})
        async with asyncio.timeout(WITHIN_S):
            while (progress := (await bench.uploads.progress("city"))[0]).backlog > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    assert (progress.backlog, progress.holes, progress.watermark) == (1, 1, 2)
    assert progress.complete_ms == progress.waiting_ms == START + 900_000


async def test_refused_rows_are_told_once_with_their_number_until_none_is_left(
    made: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    log = made.stores.log
    fill(log, 1)

    def standing() -> list[str]:
        return [str(item.text) for item in made.board.standing() if item.kind == "upload-refused"]

    def refuse(batch: Batch) -> Outcome:
        return Outcome(frozenset(), {one.id: "no such meter" for one in batch.rows})

    def words(rows: int) -> list[str]:
        return [f"City refused {rows} rows: no such meter; see louguan upload quarantine city"]

    bench = Bench(log, made, "city", "district")
    bench.sinks["city"].answer = refuse
    async with bench:
        await bench.until(lambda: standing() == words(2))
        write(log, interval("main", 5))
        bench.uploads.nudge()
        await bench.until(lambda: standing() == words(3))
        assert bench.told() == {}, "it is reached"
    made.cycle()
    assert sum("no such meter" in line for line in caplog.messages) == 1
    made.board.take([Notice("upload-refused", "city", text(""), on=False)], START)  # as after a start
    anew = Bench(log, made, "city", "district")
    async with anew:
        await anew.until(lambda: standing() == words(3))
        await anew.uploads.retire("city")
        assert standing() == []
        assert (await anew.uploads.progress("city"))[0].aside == 3
        assert standing() == []
        await anew.uploads.take_in_again("city")
        await anew.until(lambda: standing() == words(3))
        await anew.uploads.retry("city", None)
        await anew.until(lambda: not standing())


async def test_what_a_simulation_leaves_out_is_named_as_that(made: Shell) -> None:
    stick = FileSink(Common("stick", "Stick", Source("site.yaml", 9, 3)), "/media/usb", "csv")
    left = Uploads(
        "compound",
        [],
        made.stores.log,
        made.board,
        made.clock,
        lambda _: ScriptedSink(all_of),
        left_out=[stick],
    )
    assert (left.names(), left.left_out()) == ([], ["stick"])
    assert (left.kind("stick"), left.label("stick")) == ("files", "Stick")
    for asked in (left.aside("stick"), left.retry("stick", None), left.retire("stick")):
        with pytest.raises(Refused, match='sink "stick" gets nothing of a simulation'):
            await asked


async def test_an_unknown_sink_is_refused(made: Shell) -> None:
    bench = Bench(made.stores.log, made, "city")
    for asked in (
        bench.uploads.progress("moon"),
        bench.uploads.aside("moon"),
        bench.uploads.retry("moon", None),
        bench.uploads.replay("moon", 0),
        bench.uploads.retire("moon"),
        bench.uploads.take_in_again("moon"),
    ):
        with pytest.raises(Refused, match='no sink named "moon"'):
            await asked


async def test_the_same_rows_have_the_same_key(made: Shell) -> None:
    fill(made.stores.log, 2)
    keys: list[str] = []

    def note(batch: Batch) -> Outcome:
        keys.append(batch.key)
        raise Unreachable(text("nobody is there"))

    for _ in range(2):
        bench = Bench(made.stores.log, made, "city")
        sink = bench.sinks["city"]
        sink.answer = note
        async with bench:
            await bench.until(lambda: len(sink.sent) >= 4)  # noqa: B023 - awaited at once
    assert len(set(keys)) == 2, "one of the live rows, one of those that waited"
