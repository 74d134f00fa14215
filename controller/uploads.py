"""All sinks of the Plan, kept going: what fails in one costs neither the control nor the others."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from config.language import Text, text
from config.language.details import detail
from config.plan.clock import Clock
from config.plan.sinks import Common, FileSink, HttpsSink, MqttSink, NationalSink, SinkPlan, same_sink
from controller.board import Board
from controller.consumption.upload.port import DeliveryFailed, Row, Sink, SinkError
from controller.consumption.upload.runner import Health, Patience, SinkRunner
from controller.decide.records import Notice, Refused
from controller.delivery import PERSON_S, NotAside, Progress, SinkDelivery
from controller.store import feed
from controller.store.errors import StoreError
from controller.store.logdb import LogStore

_log = logging.getLogger("louguan")
AGAIN_S = 60.0
"""Machine seconds after which a sink that could not be made, or fell over, is begun again."""

_KINDS: dict[type[SinkPlan], str] = {
    HttpsSink: "https",
    MqttSink: "mqtt",
    NationalSink: "national",
    FileSink: "files",
}


@dataclass(slots=True)
class _Upload:
    plan: SinkPlan
    common: Common
    delivery: SinkDelivery
    runner: SinkRunner | None = None
    trouble: Text | str = ""
    """Why there is no runner, or none that has delivered anything since it fell over."""
    fell: bool = False


class Uploads:
    """Used from the event loop, but for `nudge_from_thread`."""

    def __init__(
        self,
        site: str,
        plans: Sequence[SinkPlan],
        log: LogStore,
        board: Board,
        clock: Clock,
        make: Callable[[SinkPlan], Sink],
        *,
        patience: Patience = Patience(),
        left_out: Sequence[SinkPlan] = (),
    ) -> None:
        """`make` may import and read files: it is called in a thread, and raises SinkError. `left_out`: those
        that get nothing of a simulation."""
        self._site = site
        self._log = log
        self._board = board
        self._clock = clock
        self._make = make
        self._patience = patience
        self._uploads = {plan.common.name: self._upload(plan) for plan in plans}
        self._left_out = {plan.common.name: plan for plan in left_out}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        for name, upload in self._uploads.items():
            self._begin(name, upload)

    async def take(
        self,
        plans: Sequence[SinkPlan],
        make: Callable[[SinkPlan], Sink],
        *,
        left_out: Sequence[SinkPlan] = (),
    ) -> None:
        """Other sinks from now on, made by `make`; those of `plans` that run already go on undisturbed. What
        waits for one that is gone stays in the log, as at a start."""
        self._make = make
        self._left_out = {plan.common.name: plan for plan in left_out}
        wanted = {plan.common.name: plan for plan in plans}
        gone = [
            name for name, upload in self._uploads.items() if not same_sink(upload.plan, wanted.get(name))
        ]
        tasks = [task for name in gone if (task := self._tasks.pop(name, None)) is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for name in gone:
            upload = self._uploads.pop(name)
            self._tell(upload, False, "")
            self._tell_aside(upload.common, 0, "")
        for name in wanted.keys() - self._uploads.keys():
            upload = self._uploads[name] = self._upload(wanted[name])
            self._begin(name, upload)

    async def begin_anew(self, names: Collection[str]) -> None:
        """What these sinks are told of the site is another: end them and begin them again."""
        chosen = {name: self._uploads[name] for name in names if name in self._tasks}
        tasks = [self._tasks.pop(name) for name in chosen]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for name, upload in chosen.items():
            self._begin(name, upload)

    async def stop(self) -> None:
        """What is on its way and not answered is sent again after the next start."""
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    def nudge(self) -> None:
        """Something was logged."""
        for upload in self._uploads.values():
            if upload.runner is not None:
                upload.runner.nudge()

    def nudge_from_thread(self) -> None:
        """The same, from the log's writer."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.nudge)

    # What people ask for

    def names(self) -> list[str]:
        return sorted(self._uploads)

    def left_out(self) -> list[str]:
        """Sinks of the Plan that get nothing, since all of this is simulated."""
        return sorted(self._left_out)

    async def progress(self, name: str) -> tuple[Progress, Health | None, Text | str]:
        """How far it has come, how it is doing, and why it is not running. Raises Refused."""
        upload = self._find(name)
        try:
            progress = await upload.delivery.progress()
        except DeliveryFailed as error:
            raise Refused(text("{reason}", reason=str(error))) from error
        return progress, None if upload.runner is None else upload.runner.health(), upload.trouble

    def kind(self, name: str) -> str:
        """As the site's file calls it."""
        return _KINDS[type(self._plan(name))]

    def label(self, name: str) -> str:
        return self._plan(name).common.label

    async def aside(self, name: str) -> list[feed.Aside]:
        """What it refused. Raises Refused."""
        try:
            return await self._find(name).delivery.aside()
        except DeliveryFailed as error:
            raise Refused(text("{reason}", reason=str(error))) from error

    async def retry(self, name: str, ids: Sequence[int] | None) -> int:
        """Try now, and send again what was set aside. Returns how many of those. Raises Refused."""
        upload = self._find(name)
        try:
            await self._refuse_retired(upload)
            count = await upload.delivery.let_in_again(ids)
        except NotAside as error:
            rows = ", ".join(map(str, error.rows))
            raise Refused(
                text("{sink} has set aside no row {rows}", sink=upload.common.name, rows=rows)
            ) from error
        except DeliveryFailed as error:
            raise Refused(text("{reason}", reason=str(error))) from error
        self._hurry(upload)
        return count

    async def replay(self, name: str, start_ms: int) -> int:
        """Send again all intervals from `start_ms` on. Returns how many. Raises Refused."""
        upload = self._find(name)
        try:
            await self._refuse_retired(upload)
            count = await upload.delivery.replay(start_ms)
        except DeliveryFailed as error:
            raise Refused(text("{reason}", reason=str(error))) from error
        self._hurry(upload)
        return count

    async def known(self) -> list[str]:
        """Sinks of the Plan, and those of earlier ones for which the log is still kept. Raises Refused."""
        try:
            kept = await asyncio.to_thread(self._log.ask, feed.sinks)
        except StoreError as error:
            raise Refused(error.text) from error
        return sorted({*self._uploads, *(name for name, _, retired_ms in kept if retired_ms is None)})

    async def retire(self, name: str) -> None:
        """Nothing is sent to this sink, or kept for it, any more; also to one that is in the Plan no more.
        Raises Refused."""
        wall_ms, planned = self._wall_ms(), name in self._uploads
        if name in self._left_out:
            self._find(name)

        def job(connection: sqlite3.Connection) -> bool:
            if planned:
                feed.begin(connection, name, wall_ms)
            return feed.retire(connection, name, wall_ms)

        try:
            done = await asyncio.wrap_future(self._log.submit(job, within_s=PERSON_S))
        except StoreError as error:
            raise Refused(error.text) from error
        if not done:
            if planned:
                raise Refused(text('sink "{name}" is retired already', name=name))
            raise Refused(text('no sink named "{name}"', name=name))
        if (task := self._tasks.pop(name, None)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if (upload := self._uploads.get(name)) is not None:
            upload.delivery.forget()
            self._tell(upload, False, "")
            self._tell_aside(upload.common, 0, "")

    async def take_in_again(self, name: str) -> None:
        """A retired sink gets the log again. Raises Refused."""
        upload = self._find(name)
        try:
            done = await asyncio.wrap_future(
                self._log.submit(lambda connection: feed.take_in_again(connection, name), within_s=PERSON_S)
            )
        except StoreError as error:
            raise Refused(error.text) from error
        if not done:
            raise Refused(text('sink "{name}" is not retired', name=name))
        upload.delivery.forget()
        self._begin(name, upload)

    async def _refuse_retired(self, upload: _Upload) -> None:
        if await upload.delivery.retired():
            raise Refused(
                text('sink "{name}" is retired: nothing is sent to it', name=upload.common.name),
            )

    # Keeping them going

    def _begin(self, name: str, upload: _Upload) -> None:
        self._tasks[name] = asyncio.create_task(self._keep(upload), name=f"upload {name}")

    async def _keep(self, upload: _Upload) -> None:
        while not await self._is_retired(upload):
            sink = await self._made(upload)
            if sink is not None:
                upload.runner = SinkRunner(
                    sink,
                    upload.delivery,
                    key=self._key,
                    patience=_patience(self._patience, upload.plan),
                    backfill_rows_s=upload.common.backfill_rows_s,
                    told=lambda on, why: self._told(upload, on, why),
                    failing=upload.fell,
                )
                try:
                    await upload.runner.run()
                except Exception as error:  # noqa: BLE001 - ours to mend: it costs this sink a minute
                    _log.exception("upload %s fell over; it is begun again", upload.common.name)
                    upload.trouble, upload.fell = _cause(error), True
                    self._tell(upload, True, upload.trouble)
                finally:
                    upload.runner = None
            await asyncio.sleep(AGAIN_S)

    async def _is_retired(self, upload: _Upload) -> bool:
        """As the log says; waits until it can be asked, for to a retired sink nothing may be sent."""
        told = False
        while True:
            try:
                return await upload.delivery.retired()
            except DeliveryFailed as error:
                if not told:
                    _log.warning("upload %s waits: %s", upload.common.name, error)
                told = True
                await asyncio.sleep(self._patience.disk_s)

    async def _made(self, upload: _Upload) -> Sink | None:
        try:
            sink = await asyncio.to_thread(self._make, upload.plan)
        except SinkError as error:
            upload.trouble = error.words
            self._tell(upload, True, upload.trouble)
            return None
        except Exception as error:  # noqa: BLE001 - whatever a library says when it cannot begin
            _log.exception("upload %s cannot begin", upload.common.name)
            upload.trouble = _cause(error)
            self._tell(upload, True, upload.trouble)
            return None
        if upload.trouble and not upload.fell:
            upload.trouble = ""
            self._tell(upload, False, "")
        return sink

    def _told(self, upload: _Upload, on: bool, why: Text | str) -> None:
        """By its runner."""
        if not on:
            upload.trouble, upload.fell = "", False
        self._tell(upload, on, why)

    def _tell(self, upload: _Upload, on: bool, why: Text | str) -> None:
        words = text("upload to {name}: {reason}", name=upload.common.label, reason=why)
        self._board.take([Notice("upload", upload.common.name, words, on)], self._wall_ms())

    def _tell_aside(self, sink: Common, rows: int, reason: str) -> None:
        words = text(
            "{name} refused {rows} rows: {reason}; see louguan upload quarantine {sink}",
            name=sink.label,
            rows=rows,
            reason=detail(reason),
            sink=sink.name,
        )
        self._board.take([Notice("upload-refused", sink.name, words, rows > 0)], self._wall_ms())

    def _hurry(self, upload: _Upload) -> None:
        if upload.runner is not None:
            upload.runner.retry_now()

    def _upload(self, plan: SinkPlan) -> _Upload:
        common = plan.common
        delivery = SinkDelivery(self._log, common, self._wall_ms, partial(self._tell_aside, common))
        return _Upload(plan, common, delivery)

    def _plan(self, name: str) -> SinkPlan:
        return self._left_out[name] if name in self._left_out else self._find(name).plan

    def _find(self, name: str) -> _Upload:
        upload = self._uploads.get(name)
        if name in self._left_out:
            raise Refused(text('sink "{name}" gets nothing of a simulation', name=name))
        if upload is None:
            raise Refused(text('no sink named "{name}"', name=name))
        return upload

    def _wall_ms(self) -> int:
        return self._clock.now().wall_ms

    def _key(self, rows: Sequence[Row]) -> str:
        """The same rows, sent again, have the same key, whatever file they are read from."""
        named = hashlib.sha256(self._site.encode())
        for row in rows:
            named.update(f"\0{row.meter}\0{row.start_ms}\0{row.revision}".encode())
        return named.hexdigest()[:32]


def _cause(error: BaseException) -> str:
    """What is at the bottom of a group of failures."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _patience(usual: Patience, plan: SinkPlan) -> Patience:
    """With the heartbeats that the other side wants to hear."""
    return replace(usual, idle_s=plan.heartbeat_s) if isinstance(plan, NationalSink) else usual
