"""One worker a line: one thing at a time on the wire, commands first, the dead at the cost of nobody.

The worker knows turns, not frames: what a turn says is its Speaker's.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count

from config.plan.clock import Clock
from config.plan.lines import Line
from drivers.api import (
    BadFrame,
    DeviceState,
    DriverError,
    Inbox,
    LineStatus,
    NoAnswer,
    Write,
)
from drivers.batching import Block
from drivers.moving import Moving
from drivers.speaking import Errand, Polled, Speaker
from drivers.turns import Agenda, Turn
from drivers.waking import wake_at

_log = logging.getLogger(__name__)
_FINISH_S = 1.0
"""On stop: how long the request on the wire may take to its end."""
_PARTED = "its device has left the plan"
_LAST_WORDS_S = 0.8
"""On stop: how long what must still be sent may take."""


class LineWorker:
    """The Driver of one line, but for what makes its reads of its devices."""

    def __init__(
        self,
        line: Line,
        speaker: Speaker,
        agenda: Agenda,
        inbox: Inbox,
        clock: Clock,
        may_write: Callable[[int], bool] | None = None,
    ) -> None:
        """`may_write(point)` is asked when a write that waited has its turn; None: always."""
        self._may_write = may_write
        self._line = line
        self._speaker = speaker
        self._agenda = agenda
        self._inbox = inbox
        self._clock = clock
        self._writes: deque[Write] = deque()
        self._urgent: dict[int, None] = {}
        self._errands: list[tuple[float, int, Errand]] = []
        self._numbers = count()
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._stopping = False
        self._moving = Moving(line.connect_timeout_s + line.timeout_s + line.pause_s)
        self._asked = -1
        """Requests when it was last looked whether it moves: each of a long turn is a move."""
        self._connect_failures = 0
        self._connect_at_s = 0.0
        self._line_error = ""
        """What keeps the line shut, while it does."""
        self._errors: dict[int, str] = {}
        """What went wrong last with each device that has not answered since."""

    # The Driver port

    async def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name=f"line {self._line.name}")

    async def stop(self) -> None:
        self._stopping = True
        self._kick()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=_FINISH_S)
            if not done:
                self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._say_last_words()
        for _, _, errand in self._errands:
            errand.abandon("stopped")
        for write in self._writes:
            self._speaker.unsent(write, "stopped")
        self._errands.clear()
        self._writes.clear()
        self._speaker.close()

    def submit(self, write: Write) -> None:
        why = self._hopeless(self._speaker.device_of(write.point))
        if why:
            self._speaker.unsent(write, why)
            self._agenda.ask_soon(self._speaker.device_of(write.point), self._now_s())
        else:
            self._writes.append(write)
        self._kick()

    def read_now(self, point: int) -> None:
        device = self._speaker.device_of(point)
        if self._hopeless(device):
            self._agenda.ask_soon(device, self._now_s())
        else:
            self._urgent[point] = None
        self._kick()

    def serve(self, device: int, reads: Sequence[tuple[Block, float]]) -> None:
        """One more device: its reads with their period in machine seconds. It is asked at its next turn."""
        self._agenda.add(device, reads, self._now_s())
        self._kick()

    def part_with(self, device: int) -> None:
        """A device is not the line's any more: what waits for it is not done, but what must be is."""
        self._agenda.remove(device)
        self._errors.pop(device, None)
        waiting, self._writes = self._writes, deque()
        for write in waiting:
            if self._speaker.device_of(write.point) == device:
                self._speaker.unsent(write, _PARTED)
            else:
                self._writes.append(write)
        self._urgent = {point: None for point in self._urgent if self._speaker.device_of(point) != device}
        kept = []
        for entry in self._errands:
            if entry[2].device == device and not entry[2].must:
                entry[2].abandon(_PARTED)
            else:
                kept.append(entry)
        heapq.heapify(kept)
        self._errands = kept

    def status(self) -> LineStatus:
        return LineStatus(
            self._line.id,
            self._speaker.connected,
            self._speaker.requests,
            self._speaker.timeouts,
            len(self._writes),
            self._line_error or next(reversed(self._errors.values()), ""),
        )

    def late_s(self) -> float:
        now_s = self._now_s()
        if self._task is not None and self._task.done() and not self._stopping:
            return float("inf")
        if self._waiter is None and self._speaker.requests != self._asked:
            self._asked = self._speaker.requests
            self._moving.on(now_s)
        return self._moving.late_s(now_s)

    def answered_late(self, device: int, took_s: float) -> None:
        """For the speaker's link: a sign of life after a time-out."""
        self._agenda.late(device, self._now_s(), took_s)

    # The worker

    async def _work(self) -> None:
        while not self._stopping:
            try:
                await self._turn()
            except Exception as error:  # noqa: BLE001 - the last resort
                # A mistake of ours must cost one turn, never the line: told, closed, opened anew.
                _log.exception("line %s: an unexpected error; the line is opened anew", self._line.name)
                self._speaker.close()
                self._not_before_the_next_try(f"internal error: {type(error).__name__}")

    async def _turn(self) -> None:
        now_s = self._now_s()
        self._moving.on(now_s)
        if not self._speaker.connected:
            if not await self._connect(now_s):
                return
            now_s = self._now_s()
        if (errand := self._due_errand(now_s)) is not None:
            await self._run(errand)
        elif self._writes:
            await self._write(self._next_writes())
        elif self._urgent:
            point = next(iter(self._urgent))
            del self._urgent[point]
            await self._read_urgently(point)
        elif (turn := self._agenda.next(now_s)) and now_s + turn.patience_s <= self._reserved_s(now_s):
            await self._poll(turn, now_s)
        else:
            wake_s = self._agenda.wake_s(now_s) if turn is None else now_s + 1.0
            await self._sleep_until(min(wake_s, self._errands[0][0] if self._errands else wake_s), now_s)

    async def _connect(self, now_s: float) -> bool:
        if now_s < self._connect_at_s:
            await self._sleep_until(self._connect_at_s, now_s)
            return False
        try:
            await self._speaker.connect()
        except NoAnswer as error:
            self._not_before_the_next_try(str(error))
            return False
        if self._connect_failures:
            self._agenda.line_opened(self._now_s())
        self._connect_failures = 0
        self._line_error = ""
        return True

    def _not_before_the_next_try(self, why: str) -> None:
        """The line is of no use; leave it alone for a while."""
        pauses = self._agenda.manners.reconnect_s
        pause_s = pauses[min(self._connect_failures, len(pauses) - 1)]
        self._connect_failures += 1
        self._connect_at_s = self._now_s() + pause_s
        self._line_is_down(why)

    def _line_is_down(self, why: str) -> None:
        self._line_error = why
        for device in self._agenda.line_failed():
            self._inbox.put(DeviceState(device, False, why))
        while self._writes:
            self._speaker.unsent(self._writes.popleft(), why)
        self._urgent.clear()
        kept = []
        for entry in self._errands:
            if entry[2].must:
                kept.append(entry)
            else:
                entry[2].abandon(why)
        heapq.heapify(kept)
        self._errands = kept

    async def _poll(self, turn: Turn, began_s: float) -> None:
        try:
            polled = await self._speaker.poll(turn.device, turn.block, turn.patience_s)
        except (NoAnswer, BadFrame) as error:
            now_s = self._now_s()
            self._note(turn.device, error)
            if self._agenda.failed(turn, now_s, now_s - began_s):
                self._inbox.put(DeviceState(turn.device, False, str(error)))
            return
        self._heard(turn.device, turn.block, began_s, polled)

    def _heard(self, device: int, block: Block | None, began_s: float, polled: Polled) -> None:
        now_s = self._now_s()
        if self._errors:
            self._errors.pop(device, None)
        changed = self._agenda.answered(device, block, now_s, now_s - began_s)
        if changed:
            self._inbox.put(DeviceState(device, True, "answers"))
            self._agenda.mend(device, now_s)
        elif polled.split and block is not None:
            self._agenda.split(device, block, polled.split, now_s)
        if changed or polled.set_up:
            self._add(self._speaker.set_up(device))

    async def _read_urgently(self, point: int) -> None:
        device = self._speaker.device_of(point)
        block = self._agenda.block_with(device, point) or self._speaker.alone(point)
        began_s = self._now_s()
        try:
            polled = await self._speaker.poll(device, block, self._line.timeout_s)
        except (NoAnswer, BadFrame) as error:
            self._failed(device, error)
        else:
            self._heard(device, block, began_s, polled)

    def _next_writes(self) -> list[Write]:
        """The one that has waited longest and what goes with it; what may not go out is reported."""
        writes: list[Write] = []
        while self._writes and (not writes or self._speaker.goes_with(writes, self._writes[0])):
            write = self._writes.popleft()
            if why := self._hopeless(self._speaker.device_of(write.point)):
                self._speaker.unsent(write, why)
            elif self._may_write is not None and not self._may_write(write.point):
                self._speaker.unsent(write, "held back")
            else:
                writes.append(write)
        return writes

    async def _write(self, writes: Sequence[Write]) -> None:
        if not writes:
            return
        try:
            errand = self._speaker.write(writes)
        except Exception as error:
            for write in writes:
                self._speaker.unsent(write, f"internal error: {type(error).__name__}")
            raise
        if errand is not None:
            await self._run(errand)

    async def _run(self, errand: Errand) -> None:
        try:
            following = await errand.run()
        except (NoAnswer, BadFrame) as error:
            self._failed(errand.device, error)
        except asyncio.CancelledError:
            self._add(errand if errand.must else errand.abandon("stopped"))
            raise
        except Exception as error:
            self._add(errand.abandon(f"internal error: {type(error).__name__}"))
            raise
        else:
            self._add(following)

    def _failed(self, device: int, error: DriverError) -> None:
        self._note(device, error)
        if self._agenda.missed(device, self._now_s()):
            self._inbox.put(DeviceState(device, False, str(error)))

    async def _say_last_words(self) -> None:
        """Outputs that must go back are sent back, due or not."""
        for entry in [entry for entry in self._errands if entry[2].must]:
            self._errands.remove(entry)
            connected = self._speaker.connected
            try:
                if connected:
                    await entry[2].run()
            except (NoAnswer, BadFrame):
                pass
            except Exception:  # noqa: BLE001 - one mistake must not keep the other words back
                _log.exception("line %s: an unexpected error at the end", self._line.name)
            finally:
                entry[2].abandon("stopped" if connected else "stopped; the line is down")

    # Small things

    def _hopeless(self, device: int) -> str:
        """Why nothing sent to the device now would be answered; "" when it may be."""
        if self._connect_failures:
            return self._line_error
        health = self._agenda.health.get(device)
        return "the device does not answer" if health is not None and health.lost else ""

    def _add(self, errand: Errand | None) -> None:
        if errand is not None:
            heapq.heappush(self._errands, (errand.at_s, next(self._numbers), errand))

    def _due_errand(self, now_s: float) -> Errand | None:
        """What is due first; while writes wait, of what does not only tell how others went."""
        if not self._errands or self._errands[0][0] > now_s:
            return None
        if not (self._writes and self._errands[0][2].tells):
            return heapq.heappop(self._errands)[2]
        due = [entry for entry in self._errands if entry[0] <= now_s and not entry[2].tells]
        if not due:
            return None
        first = min(due)
        self._errands.remove(first)
        heapq.heapify(self._errands)
        return first[2]

    def _reserved_s(self, now_s: float) -> float:
        """From when on the line is kept free for what must be done in time."""
        if not self._errands:
            return now_s + 3600.0
        return min((at_s for at_s, _, errand in self._errands if errand.must), default=now_s + 3600.0)

    def _note(self, device: int, error: DriverError) -> None:
        self._errors.pop(device, None)  # the latest stands last
        self._errors[device] = str(error)

    def _now_s(self) -> float:
        return self._clock.now().mono_ns / 1e9

    async def _sleep_until(self, time_s: float, now_s: float) -> None:
        """Until then, or until somebody wants something."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = wake_at(loop, now_s, time_s, self._kick)
        self._moving.rest(time_s)
        try:
            if not self._stopping:
                await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _kick(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
