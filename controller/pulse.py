"""The sign of life: sent after each cycle that went through, while all that the cycle needs still moves.

A line's worker or a store's writer that has stopped is hidden from nobody by a cycle that goes on without it:
the sign stays away, and the service manager starts the daemon anew. Dead devices, a disk that answers with
errors, sinks and whoever else does not answer are no reason: a start would mend none of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from config.language import Text, render, text
from controller.daemon import Daemon
from controller.operations.alarms import QUIET
from controller.service_manager import ServiceManager
from controller.stores import Stores
from controller.swap.lines import Lines

_log = logging.getLogger("louguan")

READY_WITHIN_S = 30.0
"""Machine seconds from the first cycle after which the start counts as over though some devices have neither
answered nor been given up."""
UNWATCHED_S = 60.0
"""Where nobody waits for a sign of life, what has stopped is told as if somebody did for so long."""
LATE = 0.25
"""Part of the watchdog's time by which a worker may be late. With what its own time-outs allow (a few
seconds as they are usually set) it is less than half."""
STATUS_EVERY_S = 10.0
"""Machine seconds between two looks at what the status line says."""
STUCK = 0.45
"""Part of it for which a writer may be at one and the same commit: cheap flash takes long now and then."""


class Pulse:
    """`beat` is called after each cycle, and by nobody else."""

    def __init__(
        self,
        manager: ServiceManager,
        daemon: Daemon,
        stores: Stores,
        lines: Lines,
        language: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`language`: of the status line."""
        self._manager = manager
        self._daemon = daemon
        self._stores = stores
        self._lines = lines
        self._language = language
        self._monotonic = monotonic
        self._within_s = manager.watchdog_s or UNWATCHED_S
        self._began_s = monotonic()
        self._ready = False
        self._stopped: tuple[Text, ...] = ()
        self._status = ""
        self._shown_s = float("-inf")

    def beat(self) -> None:
        """A cycle went through."""
        stopped = tuple(self._what_stopped())
        self._tell(stopped)
        if stopped:
            return
        if not self._ready and self._is_ready():
            self._ready = True
            self._status = self._line()
            self._manager.ready(self._status)
        self._manager.lives()
        now_s = self._monotonic()
        if self._ready and now_s - self._shown_s >= STATUS_EVERY_S:
            self._shown_s = now_s
            self._show(self._line())

    def _is_ready(self) -> bool:
        over = self._monotonic() - self._began_s >= READY_WITHIN_S
        return over or (self._lines.opened and not self._daemon.engine.awaited())

    def _what_stopped(self) -> Iterator[Text]:
        for store in (self._stores.control, self._stores.log):
            if store.status().stuck_s > STUCK * self._within_s:
                yield text("the writer of {file} has stopped", file=store.path.name)
        if self._lines.late_s() > LATE * self._within_s:
            yield text("the lines are not opened")
        for number, driver in self._daemon.drivers.items():
            if driver.late_s() > LATE * self._within_s:
                yield text("the worker of line {name} has stopped", name=self._daemon.plan.lines[number].name)

    def _tell(self, stopped: tuple[Text, ...]) -> None:
        before, self._stopped = self._stopped, stopped
        for what in stopped:
            if what not in before:
                words = text("no sign of life is sent: {why}", why=what)
                _log.error(words)
                self._show(render(words, self._language))
        if before and not stopped:
            _log.warning(text("what had stopped moves again; signs of life are sent"))

    def _show(self, line: str) -> None:
        if line != self._status:
            self._status = line
            self._manager.status(line)

    def _line(self) -> str:
        plan, engine = self._daemon.plan, self._daemon.engine
        observed = engine.observed()[0]
        alarms = sum(alarm.active and alarm.state not in QUIET for alarm in engine.alarms())
        words = text(
            "{site}: {online} of {total} devices answer, {alarms} alarms stand",
            site=plan.site.label or plan.site.name,
            online=self._daemon.counters.devices_online,
            total=len(plan.devices),
            alarms=alarms,
        )
        return render(text("{words}; observe mode", words=words) if observed else words, self._language)
