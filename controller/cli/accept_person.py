"""The person at the terminal of accept: asked before anything is written, and for plugs to be pulled."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from config.language import Text, text
from config.language.details import reason
from config.plan.devices import Device
from config.plan.reading import Value
from controller.accept.records import Aspect, Check, Left
from controller.accept.session import Planned
from controller.accept.trials import DANGERS
from controller.cli.accept_tables import ASPECTS, MARKS
from controller.cli.speech import Failure, language, say, tell
from controller.cli.tables import value as shown
from controller.decide.naming import device_named

_YES = ("y", "yes", "是", "好")


class Person:
    """See `controller.accept.session.Asker`."""

    def __init__(self, *, yes: bool, hand: Path | None, allow: frozenset[str]) -> None:
        """`yes`: nobody is asked. `hand`: a pipe into which is written what a hand would do; None: a person
        does it."""
        self._yes = yes
        self._hand = hand
        self._allow = allow

    async def may_put_back(self, left: Sequence[Left]) -> bool:
        tell(text("an earlier run was killed and has left outputs other than it found them:"))
        for one in left:
            tell(text("  {name}: found {found}", name=one.point, found=_plain(one.found)))
        return await self._agrees(text("put them back now?"))

    async def may_write(self, planned: Sequence[Planned]) -> bool:
        tell(text("this is going to be written, one after the other, and put back as it was found:"))
        for one in planned:
            if one.set_up or isinstance(one.to, Text):
                continue
            tell(_change(one))
        kept = [one for one in planned if one.set_up]
        if kept:
            tell(text("and this stays as the site's files want it:"))
        for one in kept:
            tell(_change(one))
        for danger in self._allow:
            tell(text("allowed: {danger} ({words})", danger=danger, words=DANGERS[danger]))
        return await self._agrees(text("go on?"))

    async def disconnect(self, device: Device) -> bool:
        if self._hand is not None:
            return self._order(f"unplug {device.name}")
        words = text(
            "disconnect {name} now (its supply or its plug), then press Enter; n to leave it out",
            name=device_named(device),
        )
        return (await _answer(words)).strip().lower() not in ("n", "no", "否")

    async def connect(self, device: Device) -> None:
        if self._hand is not None:
            self._order(f"unplug {device.name} off")
            return
        await _answer(text("connect {name} again, then press Enter", name=device_named(device)))

    def tell(self, words: Text) -> None:
        # A terminal that is gone must not keep an output from being put back.
        with suppress(OSError, ValueError):
            tell(words)

    def tried(self, name: str, checks: Mapping[Aspect, Check]) -> None:
        said = []
        for aspect, check in sorted(checks.items(), key=lambda item: list(Aspect).index(item[0])):
            why = "" if check.why is None else f" ({say(check.why)})"
            said.append(f"{MARKS[check.verdict]} {say(ASPECTS[aspect])}{why}")
        with suppress(OSError, ValueError):
            tell(f"  {name}  {'  '.join(said)}")

    async def _agrees(self, question: Text) -> bool:
        if self._yes:
            return True
        if not sys.stdin.isatty():
            tell(text("nobody is there to be asked, and --yes was not given: left as it is"))
            return False
        return (await _answer(text("{question} [y/N]", question=question))).strip().lower() in _YES

    def _order(self, line: str) -> bool:
        assert self._hand is not None
        named = str(self._hand)
        try:
            if not _handed_over(self._hand, line):
                raise Failure(text("{file} is no pipe: make one with mkfifo", file=named))
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.EPIPE):
                words = text("nobody reads {file}: simulate has to, as its input", file=named)
                raise Failure(words) from error
            raise Failure(text("cannot open {file}: {error}", file=named, error=reason(error))) from error
        return True


def _handed_over(pipe: Path, line: str) -> bool:
    """False: it is no pipe, where nobody would see it. Raises OSError at once where nobody reads: an
    output may be other than it was found meanwhile."""
    handle = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if not stat.S_ISFIFO(os.fstat(handle).st_mode):
            return False
        # So short a line is taken whole or not at all: pipe(7).
        os.write(handle, f"{line}\n".encode())
        return True
    finally:
        os.close(handle)


async def _answer(words: Text) -> str:
    """A line of the terminal, while the lines to the devices go on."""
    sys.stderr.write(say(words) + " ")
    sys.stderr.flush()
    loop, number = asyncio.get_running_loop(), sys.stdin.fileno()
    there: asyncio.Future[None] = loop.create_future()

    def come() -> None:
        if not there.done():
            there.set_result(None)

    loop.add_reader(number, come)
    try:
        await there
    finally:
        loop.remove_reader(number)
    return sys.stdin.readline()


def _change(one: Planned) -> Text:
    found, to = _of(one, one.found), _of(one, one.to)
    return text("  {name}: {found} → {to}", name=one.point.key, found=found, to=to)


def _of(one: Planned, value: Value | Text | None) -> str:
    if isinstance(value, Text):
        return say(value)
    state = None if value is None else one.point.state_name(value)
    return shown(value, state, one.point.unit, language())


def _plain(value: Value) -> str:
    return shown(value, None, "", language())
