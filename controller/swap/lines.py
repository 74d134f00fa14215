"""The lines of the running daemon: opened, kept over a swap of Plans, closed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable

from config.language import text
from config.language.details import detail
from config.plan.lines import Line
from config.plan.site import Plan
from controller.board import Board
from controller.decide.records import Notice
from controller.swap.numbering import Ask, NumberedLine
from controller.swap.same import Same
from drivers.api import DeviceState, Driver, DriverError, Inbox
from drivers.moving import Moving

_log = logging.getLogger("louguan")
OPENING_S = 60.0
"""Machine seconds that one line may take to be opened: a slow box imports its driver meanwhile."""

OpenLine = Callable[[Plan, Line, Inbox, Ask, Ask], Awaitable[Driver]]
"""(plan, line, inbox, may_set_up, may_write): the driver of a line, not yet started. Raises DriverError."""


class Lines:
    """All methods are called from the event loop."""

    def __init__(
        self,
        open_line: OpenLine,
        drivers: dict[int, Driver],
        inbox: Inbox,
        board: Board,
        now_ms: Callable[[], int],
        *,
        may_set_up: Ask,
        may_write: Ask,
        complete: Callable[[], None] = lambda: None,
    ) -> None:
        """`drivers`: by line id of the Plan in force, filled as lines are opened. `complete` is called once
        for each line that is opened: when of each of its devices something was read, or it was given up."""
        self._drivers = drivers
        self._open_line = open_line
        self._inbox = inbox
        self._board = board
        self._now_ms = now_ms
        self._may_set_up = may_set_up
        self._may_write = may_write
        self._complete = complete
        self._numbered: dict[int, NumberedLine] = {}
        self._work: asyncio.Task[None] | None = None
        self._moving = Moving(OPENING_S)

    @property
    def opened(self) -> bool:
        """All lines that are to be opened are, or cannot be used."""
        return self._work is not None and self._work.done()

    def late_s(self) -> float:
        """Machine seconds by which opening a line takes longer than it may; infinity when that has ended by
        a mistake of ours."""
        work = self._work
        if work is None or not work.done():
            return self._moving.late_s(time.monotonic())
        return float("inf") if work.cancelled() or work.exception() is not None else 0.0

    def open(self, plan: Plan) -> None:
        """Open all lines, beside what else there is to do. Modbus first: one driver is imported while the
        other waits for its answers."""
        self._work = asyncio.create_task(self._open(plan, plan.lines), name="open lines")

    async def settled(self) -> None:
        """All lines that are to be opened and closed are."""
        if self._work is not None:
            await asyncio.wait({self._work})

    def follow(self, following: Plan, same: Same) -> None:
        """Another Plan is in force; after `settled`. Lines that are the same stay open."""
        kept, gone = {}, []
        for number, line in self._numbered.items():
            if number in same.lines:
                line.follow(following, same)
                kept[same.lines[number]] = line
            else:
                line.leave(same)
                gone.append(line)
        self._numbered = kept
        self._moving.on(time.monotonic())
        self._drivers.clear()
        self._drivers.update(kept)
        new = [line for line in following.lines if line.id not in kept]
        names = {line.name for line in following.lines}
        over = [item for item in self._board.standing() if item.kind == "line" and item.subject not in names]
        self._board.take(
            (Notice(item.kind, item.subject, item.text, on=False) for item in over), self._now_ms()
        )
        self._work = asyncio.create_task(
            self._change(following, gone, new, same.known.values()), name="change lines"
        )

    async def give_up(self) -> None:
        """The run ends: open nothing more."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _change(
        self, plan: Plan, gone: Iterable[NumberedLine], new: Iterable[Line], heard: Collection[int]
    ) -> None:
        """Those that go first: another may need the same device or port."""
        ends = await asyncio.gather(*(line.stop() for line in gone), return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                self._board.tell(text("a line did not stop in order: {reason}", reason=detail(str(end))))
        await self._open(plan, new, heard)

    async def _open(self, plan: Plan, lines: Iterable[Line], heard: Collection[int] = ()) -> None:
        """`heard`: devices that answered on another line before."""
        for line in sorted(lines, key=lambda line: line.transport == "bacnet-ip"):
            self._moving.on(time.monotonic())
            try:
                opened = await NumberedLine.open(
                    plan,
                    line,
                    self._inbox,
                    self._open_line,
                    self._may_set_up,
                    self._may_write,
                    self._complete,
                )
            except Exception as error:  # noqa: BLE001 - one line's trouble must not keep the others shut
                if not isinstance(error, DriverError):
                    _log.exception("line %s cannot be opened", line.name)
                words = text(
                    "line {name} cannot be used: {reason}", name=line.name, reason=detail(str(error))
                )
                self._board.take([Notice("line", line.name, words, on=True)], self._now_ms())
                for device in plan.devices:
                    if device.line == line.id and device.id in heard:
                        self._inbox.put(DeviceState(device.id, False, str(error)))
                continue
            self._board.take([Notice("line", line.name, text(""), on=False)], self._now_ms())
            self._numbered[line.id] = self._drivers[line.id] = opened
            await opened.start()
