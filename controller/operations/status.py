"""status: the daemon at a glance."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.language import Text, render
from config.language.details import detail
from config.plan.programmes import WEEKDAYS
from config.plan.reading import Quality
from controller.daemon import Daemon
from controller.notify.telling import row as alarm_row
from controller.operations.alarms import TOLD, counts
from controller.operations.finding import target_named
from controller.operations.names import iso, shown
from controller.parts import Parts
from controller.socket.server import Call
from controller.version import VERSION
from schedules.calendar import kind_words

_PAGE = os.sysconf("SC_PAGE_SIZE")


def rss_mib() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * _PAGE / 2**20, 1)


def _telling_kind(kinds: tuple[str, ...]) -> str:
    """The kind of day people mean: not that it is a Thursday, but that it is a workday."""
    return next((kind for kind in kinds if kind not in WEEKDAYS), kinds[0])


class Status:
    """Answers how things are."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def answer(self, call: Call) -> dict[str, Any]:
        """No args."""
        daemon = self._daemon
        plan, engine, local = daemon.plan, daemon.engine, daemon.context.local
        now = daemon.clock.now()
        remembered = engine.remembered()
        day = daemon.context.calendar.kind(local.date_at(now.wall_ms))
        observe, parts_observed = engine.observed()
        counters = daemon.counters
        return {
            "site": plan.site.name,
            "label": plan.site.label,
            "version": VERSION,
            "plan": plan.hash,
            "directory_differs": daemon.differs,
            "started": iso(local, daemon.started_ms),
            "site_time": iso(local, now.wall_ms),
            "kind_of_day": render(kind_words(_telling_kind(day.kinds)), call.language),
            "clock_trusted": now.trusted,
            "speed": daemon.clock.speed,
            "observe": observe,
            "observed": parts_observed,
            "devices_total": len(plan.devices),
            "devices_online": counters.devices_online,
            "points_total": len(plan.points),
            "points_good": counters.points_good,
            "points_good_unheard": self._good_unheard(),
            "points_stale": sum(1 for reading in engine.readings if reading.quality is Quality.STALE),
            "commands_sent": counters.commands_sent,
            "commands_held": counters.commands_held,
            "commands_failed": counters.commands_failed,
            "intervals_written": daemon.intervals_written,
            "cycles": daemon.cycles.count,
            "cycles_missed": daemon.missed_cycles,
            "cycles_late_p99_ms": round(daemon.timer.usual_late_ms, 1),
            "worst_cycle_ms": round(daemon.cycles.worst_ms, 1),
            "rss_mib": rss_mib(),
            "cpu_s": round(time.process_time(), 2),
            **self._written(),
            "lines": self._lines(call.language),
            "offline": [device.name for device in plan.devices if not engine.online(device.id)],
            "overrides": [
                {
                    "point": item.point,
                    "name": self._named(item.point, call.language),
                    "held_back": self._kept(Parts.held_back, item.point, call.language),
                    "not_heard": self._kept(Parts.not_heard, item.point, call.language),
                    "value": self._shown(item.point, item.value, call.language),
                    "person": item.person,
                    "until": iso(local, item.expires_ms),
                    "for_s": item.lasting_ms / 1000 if item.lasting_ms else None,
                }
                for item in remembered.overrides
            ],
            "locks": [
                {
                    "target": item.target,
                    "label": render(target_named(plan, item.target), call.language),
                    "person": item.person,
                    "reason": item.reason,
                    "since": iso(local, item.since_ms),
                }
                for item in remembered.locks
            ],
            "alarms": counts(engine.alarms()),
            "alarm_list": [
                alarm_row(alarm, local, call.language) for alarm in engine.alarms() if alarm.state in TOLD
            ],
            "notices": [
                {
                    "kind": item.kind,
                    "subject": item.subject,
                    "message": render(item.text, call.language),
                    "since": iso(local, item.since_ms),
                }
                for item in daemon.board.standing()
            ],
        }

    def _written(self) -> dict[str, float | None]:
        flash = self._daemon.flash
        figures = None if flash is None else flash.figures()
        return {
            "written_mb_today": None if figures is None else figures.today,
            "written_mb_a_day": None if figures is None else figures.a_day,
            "flash_budget_mb": self._daemon.plan.site.flash_budget_mb,
        }

    def _good_unheard(self) -> int:
        """Points whose last reading is not too old yet, though their device does not answer any more."""
        plan, engine = self._daemon.plan, self._daemon.engine
        lost = [device for device in plan.devices if not engine.online(device.id)]
        return sum(
            engine.readings[point].quality is Quality.GOOD for device in lost for point in device.points
        )

    def _named(self, key: str, language: str) -> str:
        point = self._daemon.plan.point_named(key)
        return key if point is None else render(self._daemon.engine.naming.point(point), language)

    def _kept(self, why: Callable[[Parts, int], Text | None], key: str, language: str) -> str | None:
        point = self._daemon.plan.point_named(key)
        found = self._daemon.engine.decisions
        words = None if point is None or point.id not in found else why(self._daemon.engine, point.id)
        return None if words is None else render(words, language)

    def _lines(self, language: str) -> list[dict[str, Any]]:
        found = []
        for line in self._daemon.plan.lines:
            driver = self._daemon.drivers.get(line.id)
            state = None if driver is None else driver.status()
            found.append(
                {
                    "name": line.name,
                    "label": line.label,
                    "connected": state is not None and state.connected,
                    "requests": 0 if state is None else state.requests,
                    "timeouts": 0 if state is None else state.timeouts,
                    "queue": 0 if state is None else state.queue,
                    "last_error": "" if state is None else render(detail(state.last_error), language),
                }
            )
        return found

    def _shown(self, key: str, value: Any, language: str) -> str:
        point = self._daemon.plan.point_named(key)
        return str(value) if point is None else shown(point, value, language)
