"""upload and sink: how the log's way to other people is doing, and what people may ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from config.language import Text, render, text
from controller.consumption.upload.runner import Health
from controller.daemon import Daemon
from controller.decide.records import Refused
from controller.delivery import Progress
from controller.operations.names import iso
from controller.operations.recording import put_down
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call
from controller.uploads import Uploads


class Upload:
    """Answers about sinks."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def list(self, call: Call) -> dict[str, Any]:
        """No args."""
        uploads = self._uploads()
        try:
            rows = {
                name: self._row(name, call.language, *await uploads.progress(name))
                for name in uploads.names()
            }
        except Refused as refusal:
            raise RequestError(Code.UNAVAILABLE, refusal.text) from refusal
        rows.update((name, self._left_out(name)) for name in uploads.left_out())
        return {"site_time": self._now(), "sinks": [row for _, row in sorted(rows.items())]}

    async def aside(self, call: Call) -> dict[str, Any]:
        """args: sink. What it refused, oldest first."""
        name, local = _name(call), self._daemon.context.local
        try:
            found = await self._uploads().aside(name)
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text, "sink") from refusal
        rows = [
            {
                "row": item.id,
                "meter": item.meter,
                "start": iso(local, item.start_ms),
                "revision": item.revision,
                "reason": item.reason,
                "since": iso(local, item.since_ms),
            }
            for item in found
        ]
        return {"site_time": self._now(), "sink": name, "aside": rows}

    async def retry(self, call: Call) -> dict[str, Any]:
        """args: sink, rows (None: all that was set aside). Tries now, whatever pause there is."""
        name, rows = _name(call), call.args.get("rows")
        if rows is not None and not (
            isinstance(rows, list) and all(isinstance(number, int) for number in rows)
        ):
            raise RequestError(Code.BAD_REQUEST, text("these are no numbers of rows"), "rows")
        await self._put_down(call, f"upload retry {name}")
        count = await self._ask(self._uploads().retry(name, rows))
        return {"done": "upload-retry", "sink": name, "rows": count}

    async def replay(self, call: Call) -> dict[str, Any]:
        """args: sink, from (a local date). Sends again all intervals from then on."""
        name, written = _name(call), str(call.args.get("from", ""))
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise RequestError(
                Code.BAD_REQUEST, text("{given} is no date; write 2026-03-05", given=written), "from"
            ) from None
        await self._put_down(call, f"upload replay {name} from {day}")
        start_ms = self._daemon.context.local.instant(day, 0)
        count = await self._ask(self._uploads().replay(name, start_ms))
        return {"done": "upload-replay", "sink": name, "rows": count}

    async def retire(self, call: Call) -> dict[str, Any]:
        """args: sink, reason."""
        name, reason = _name(call), str(call.args.get("reason", ""))
        if not reason:
            raise RequestError(Code.BAD_REQUEST, text("say why"), "reason")
        await self._put_down(call, f"sink retire {name}", reason, await self._ask(self._uploads().known()))
        await self._ask(self._uploads().retire(name))
        return {"done": "sink-retire", "sink": name}

    async def take_in_again(self, call: Call) -> dict[str, Any]:
        """args: sink."""
        name = _name(call)
        await self._put_down(call, f"sink restore {name}")
        await self._ask(self._uploads().take_in_again(name))
        return {"done": "sink-restore", "sink": name}

    def _row(
        self, name: str, language: str, progress: Progress, health: Health | None, trouble: Text | str
    ) -> dict[str, Any]:
        uploads, local = self._uploads(), self._daemon.context.local
        complete_ms, waiting_ms = progress.complete_ms, progress.waiting_ms
        lag_s = None if waiting_ms is None else (self._daemon.clock.now().wall_ms - waiting_ms) / 1000
        return {
            "sink": name,
            "label": uploads.label(name),
            "kind": uploads.kind(name),
            "not_in_simulation": False,
            "retired": progress.retired,
            "reachable": None if health is None else health.reachable,
            "complete_to": iso(local, complete_ms),
            "lag_s": lag_s,
            "backlog_rows": progress.backlog,
            "holes": progress.holes,
            "aside_rows": progress.aside,
            "rows_per_s": 0.0 if health is None else round(health.rate, 1),
            "delivered_rows": 0 if health is None else health.delivered,
            "failures": 0 if health is None else health.failures,
            "last_error": render((health.error if health is not None else "") or trouble, language),
        }

    def _left_out(self, name: str) -> dict[str, Any]:
        """One that gets nothing of a simulation."""
        uploads = self._uploads()
        return {
            "sink": name,
            "label": uploads.label(name),
            "kind": uploads.kind(name),
            "not_in_simulation": True,
            "retired": False,
            "reachable": None,
            "complete_to": None,
            "lag_s": None,
            "backlog_rows": 0,
            "holes": 0,
            "aside_rows": 0,
            "rows_per_s": 0.0,
            "delivered_rows": 0,
            "failures": 0,
            "last_error": "",
        }

    def _now(self) -> str:
        return iso(self._daemon.context.local, self._daemon.clock.now().wall_ms)

    def _uploads(self) -> Uploads:
        uploads = self._daemon.uploads
        if uploads is None:
            raise RequestError(Code.UNAVAILABLE, text("the daemon is still starting"))
        return uploads

    async def _put_down(self, call: Call, what: str, why: str = "", known: Sequence[str] = ()) -> None:
        """What a person asks for is in the ledger before it is done. `known`: sinks that it may be of, beside
        those of the Plan."""
        uploads = self._uploads()
        if _name(call) in uploads.left_out():
            raise RequestError(
                Code.REFUSED, text('sink "{name}" gets nothing of a simulation', name=_name(call)), "sink"
            )
        if _name(call) not in (*uploads.names(), *known):
            raise RequestError(Code.UNKNOWN_NAME, text('no sink named "{name}"', name=_name(call)), "sink")
        await put_down(self._daemon, call, what, why)

    async def _ask(self, asked: Any) -> Any:
        try:
            return await asked
        except Refused as refusal:
            raise RequestError(Code.REFUSED, refusal.text, "sink") from refusal


def _name(call: Call) -> str:
    return str(call.args.get("sink", ""))
