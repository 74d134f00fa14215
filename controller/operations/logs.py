"""log: what people enter into the log: a replaced meter, or that it was none, a correction, a note."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from config.language import text
from controller.consumption.made import made_meters
from controller.consumption.meters import MOST_QUANTA
from controller.consumption.plausible import CannotCorrect
from controller.daemon import Daemon
from controller.logbook import Entered
from controller.operations import log_refusals
from controller.operations.names import iso
from controller.operations.recording import put_down
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call
from controller.store.amend import Refit
from controller.store.errors import StoreError
from controller.store.history import MeterEntry

T = TypeVar("T")


class Logs:
    """Entries into the log. Each is in the ledger before it is done."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def replace(self, call: Call) -> dict[str, Any]:
        """args: meter, last, first (in the meter's unit), at (local time; default now), serial, reason."""
        meter, why = await self._meter(call), _reason(call)
        at_ms = self._time(call, "at", self._daemon.now_ms())
        last, first = _quanta(call, "last", meter), _quanta(call, "first", meter)
        serial = str(call.args.get("serial") or "")
        when = self._iso(at_ms)
        what = f"log replace-meter {meter.name} at {when} last {call.args['last']} first {call.args['first']}"

        async def record() -> None:
            await put_down(self._daemon, call, f"{what} serial {serial}".removesuffix(" serial "), why)

        made = Refit(serial, at_ms, last, first)
        done = await self._done(call, meter, self._daemon.logbook.replace(meter, made, record))
        return {"done": "log-replace-meter", "at": self._iso(done.at_ms), **self._answer(done)}

    async def take_back(self, call: Call) -> dict[str, Any]:
        """args: meter, at (when the replacement is registered, local time; default: the latest), reason."""
        meter, why = await self._meter(call), _reason(call)
        at_ms = None if call.args.get("at") is None else self._time(call, "at", None)

        async def record(was: Refit) -> None:
            last, first = (f"{meter.fittings[-1].exact(one):f}" for one in (was.last, was.first))
            what = f"log undo-replacement {meter.name} at {self._iso(was.at_ms)} last {last} first {first}"
            await put_down(self._daemon, call, f"{what} serial {was.serial}".removesuffix(" serial "), why)

        done = await self._done(call, meter, self._daemon.logbook.take_back(meter, at_ms, record))
        return {"done": "log-undo-replacement", "at": self._iso(done.at_ms), **self._answer(done)}

    async def correct(self, call: Call) -> dict[str, Any]:
        """args: meter, at (a time in the interval), consumption or count_end (in its unit), reason."""
        meter, why = await self._meter(call), _reason(call)
        at_ms = self._time(call, "at", None)
        given = [name for name in ("consumption", "count_end") if call.args.get(name) is not None]
        if len(given) != 1:
            raise RequestError(
                Code.BAD_REQUEST, text("say either the consumption or the count at the end"), "consumption"
            )
        quanta = {given[0]: _quanta(call, given[0], meter)}
        when = self._iso(at_ms)
        what = f"log correct {meter.name} at {when} {given[0]} {call.args[given[0]]}"

        async def record() -> None:
            await put_down(self._daemon, call, what, why)

        done = await self._done(call, meter, self._daemon.logbook.correct(meter, at_ms, record, **quanta))
        since = self._iso(done.at_ms)
        return {"done": "log-correct", "at": when, "counts_from": since, **self._answer(done)}

    async def annotate(self, call: Call) -> dict[str, Any]:
        """args: meter, from, to (local times), text."""
        meter = await self._meter(call)
        span = self._time(call, "from", None), self._time(call, "to", None)
        note = str(call.args.get("text") or "").strip()
        if not note or span[1] <= span[0]:
            raise RequestError(
                Code.BAD_REQUEST, text("a note needs words, and a time to an end after it"), "to"
            )

        async def record() -> None:
            await put_down(self._daemon, call, f"log annotate {meter.name} {span[0]} to {span[1]}", note)

        done = await self._done(
            call, meter, self._daemon.logbook.annotate(meter, span, note, call.person, record)
        )
        return {"done": "log-annotate", **self._answer(done)}

    async def _meter(self, call: Call) -> MeterEntry:
        name = str(call.args.get("meter") or "")
        try:
            found = await self._daemon.logbook.meter(name)
        except StoreError as error:
            raise RequestError(Code.UNAVAILABLE, error.text) from error
        for made in made_meters(self._daemon.plan.metering, {}):
            if made.name == name:
                words = text(
                    "{name} is worked out from other meters ({formula}): enter it for those",
                    name=name,
                    formula=made.formula,
                )
                raise RequestError(Code.REFUSED, words, "meter")
        if found is None or not found.fittings:
            raise RequestError(
                Code.UNKNOWN_NAME, text("no meter named {name} in the log", name=name), "meter"
            )
        return found

    async def _done(self, call: Call, meter: MeterEntry, asked: Awaitable[T]) -> T:
        try:
            return await asked
        except CannotCorrect as refusal:
            words = log_refusals.words(refusal, meter.fittings[-1], self._daemon.context.local, call.args)
            raise RequestError(Code.REFUSED, words) from refusal
        except StoreError as error:
            raise RequestError(Code.UNAVAILABLE, error.text) from error

    def _iso(self, wall_ms: int) -> str:
        return iso(self._daemon.context.local, wall_ms)

    def _answer(self, done: Entered) -> dict[str, Any]:
        if done.revised and self._daemon.uploads is not None:
            self._daemon.uploads.nudge()
        return {"meter": done.meter, "revised": done.revised}

    def _time(self, call: Call, name: str, otherwise: int | None) -> int:
        written = call.args.get(name)
        if written is None and otherwise is not None:
            return otherwise
        words = str(written or "")
        local = self._daemon.context.local
        try:
            if len(words) <= 5:  # 09:12, today
                words = f"{date.isoformat(local.date_at(self._daemon.now_ms()))}T{words}"
            found = datetime.fromisoformat(words)
            moment = found if found.tzinfo is not None else found.replace(tzinfo=local.zone)
            return round(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            raise RequestError(
                Code.BAD_REQUEST,
                text('{given} is no time; write "2026-03-05 09:12", or 09:12 for today', given=str(written)),
                name,
            ) from None


def _reason(call: Call) -> str:
    reason = str(call.args.get("reason") or "").strip()
    if not reason:
        raise RequestError(Code.BAD_REQUEST, text("say why"), "reason")
    return reason


def _quanta(call: Call, name: str, meter: MeterEntry) -> int:
    """An amount in the meter's unit as a whole number of its smallest steps: the nearest, for a display may
    show other steps than the register that is read."""
    written, fitting = str(call.args.get(name)), meter.fittings[-1]
    most = fitting.modulus if fitting.modulus is not None and name != "consumption" else MOST_QUANTA
    try:
        exact = Decimal(written) / Decimal(fitting.quantum)
        quanta = round(exact) if exact.is_finite() and abs(exact) < MOST_QUANTA else -1
    except InvalidOperation:
        quanta = -1
    if 0 <= quanta < most:
        return quanta
    words = text(
        "{given} is no count of this meter, in {unit} and within its range", given=written, unit=fitting.unit
    )
    raise RequestError(Code.BAD_REQUEST, words, name)
