"""What is done in a scenario, and how it is written there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

from config.language import render
from config.plan.site import Plan
from config.written.problems import Wrong, nearest
from config.written.quantities import inside
from controller.decide.records import Refused
from controller.operations.finding import find_point, find_target
from controller.operations.wishes import value_of
from controller.socket.client import RemoteError
from controller.socket.protocol import RequestError
from drivers.simulators.faults import BACNET, KINDS
from hil_tests.scenario.form import Deed, Mistake
from hil_tests.scenario.sentences import Misread, device_of
from hil_tests.stand import Stand

Act = Callable[[Stand], Awaitable[None]]
PERSON = "值班员"


class Undone(AssertionError):
    """What was to be done was refused, or was to be refused and was not."""


def prepared(deed: Deed, plan: Plan) -> Act:
    """How a deed is done at this site. Raises Misread."""
    try:
        return _MAKERS[deed.verb](plan, deed.what)
    except (RequestError, Refused) as error:
        raise Misread(Mistake(deed.at, f"{deed.verb}: {render(error.text, 'en')}")) from error
    except Wrong as error:
        raise Misread(Mistake(deed.at, f"{deed.verb}: {render(error.message, 'en')}")) from error
    except KeyError as error:
        raise Misread(Mistake(deed.at, f"{deed.verb} has no {error.args[0]}")) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Misread(Mistake(deed.at, f"{deed.verb}: {error}")) from error


def _word(written: object) -> str:
    """A value as a person writes it."""
    if isinstance(written, bool):
        return "on" if written else "off"
    return str(written)


def _show(plan: Plan, what: Mapping[str, Any]) -> Act:
    shown = {}
    for name, written in what.items():
        point = find_point(plan, name)
        shown[point.key] = value_of(point, _word(written))

    async def act(stand: Stand) -> None:
        for key, value in shown.items():
            await stand.simulators(force=key, value=value)

    return act


def _known(words: Iterable[str], known: Collection[str]) -> None:
    """Raises ValueError with what was probably meant."""
    for word in words:
        if word not in known:
            near = nearest(word, known)
            meant = f'did you mean "{near}"?' if near else f"expected one of {', '.join(known)}"
            raise ValueError(f'"{word}" is not known here; {meant}')


def _hide(plan: Plan, what: list[str] | str) -> Act:
    keys = [find_point(plan, name).key for name in ([what] if isinstance(what, str) else what)]

    async def act(stand: Stand) -> None:
        for key in keys:
            await stand.simulators(force=key, value=None)

    return act


def _fault(on: bool) -> Callable[[Plan, Mapping[str, Any]], Act]:
    def make(plan: Plan, what: Mapping[str, Any]) -> Act:
        kind, target = next(iter(what.items()))
        _known([kind], (*KINDS, *BACNET))
        numbers = {key: value for key, value in what.items() if key != kind}
        lines = [line.name for line in plan.lines]
        at = {"line": target} if target in lines else {"device": device_of(plan, target)}

        async def act(stand: Stand) -> None:
            await stand.simulators(fault=kind, on=on, **at, **numbers)

        return act

    return make


def _another(plan: Plan, what: Mapping[str, Any]) -> Act:
    point = find_point(plan, what["point"])
    written = what["value"]
    value = None if written is None else value_of(point, _word(written))

    async def act(stand: Stand) -> None:
        await stand.simulators(another=point.key, value=value, slot=what.get("slot", 0))

    return act


def _person(op: str) -> Callable[[Plan, Any], Act]:
    """A command of a person, as the socket takes it."""

    def make(plan: Plan, what: Any) -> Act:
        args = dict(what) if isinstance(what, Mapping) else {_ALONE[op]: what}
        needs, may = _KEYS[op]
        missing = [key for key in needs if key not in args]
        if missing:
            raise ValueError(f"it does not say {', '.join(missing)}")
        _known(args, (*needs, *may, "by"))
        if "point" in args:
            find_point(plan, args["point"])
        if args.get("target"):
            find_target(plan, args["target"])
        if "rule" in args and args["rule"] not in {rule.name for rule in plan.rules}:
            raise ValueError(f"no rule named {args['rule']}")
        if "for" in args:
            args["for_s"] = float(inside(args.pop("for"), "s"))
        if "value" in args:
            args["value"] = _word(args["value"])
        person = args.pop("by", PERSON)

        async def act(stand: Stand) -> None:
            try:
                await stand.call(op, person=person, **args)
            except RemoteError as error:
                raise Undone(f"{op} was refused: {error}") from error

        return act

    return make


_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "set": (("point", "value"), ("for", "until", "reason", "urgent")),
    "release": (("point",), ()),
    "lock": (("target", "reason"), ()),
    "unlock": (("target",), ()),
    "observe": (("on",), ("target", "reason")),
    "reset": (("rule", "reason"), ()),
    "event-add": (("place", "when"), ("label", "organiser")),
}
"""What each of these commands cannot do without, and what it may say."""
_ALONE = {"release": "point", "unlock": "target", "lock": "target", "reset": "rule", "observe": "target"}
"""What a word alone means."""


def _edit(_plan: Plan, what: Mapping[str, Any]) -> Act:
    file, old, new = what["file"], what["old"], what["new"]

    async def act(stand: Stand) -> None:
        path = stand.site / file
        content = path.read_text(encoding="utf-8")
        if content.count(old) != 1:
            raise Undone(f"{file} has {old!r} {content.count(old)} times, not once")
        path.write_text(content.replace(old, new), encoding="utf-8")

    return act


def _apply(_plan: Plan, what: str) -> Act:
    if what not in ("taken", "refused"):
        raise ValueError(f"expected taken or refused, not {what}")

    async def act(stand: Stand) -> None:
        code, said = await asyncio.to_thread(louguan, stand, "apply", str(stand.site))
        if (code == 0) != (what == "taken"):
            raise Undone(f"louguan apply ended with {code}:\n{said}")

    return act


def louguan(stand: Stand, *words: str) -> tuple[int, str]:
    """A command beside the running daemon: its exit code and what it said."""
    program = [sys.executable, "-P", "-m", "controller.cli.main", "--lang", "en", *words]
    done = subprocess.run(
        [*program, "--data", str(stand.data)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def _daemon(_plan: Plan, what: str) -> Act:
    if what not in ("start", "stop", "kill"):
        raise ValueError(f"expected start, stop or kill, not {what}")

    async def act(stand: Stand) -> None:
        if what == "start":
            await stand.start()
        elif what == "kill":
            await stand.kill()
        else:
            code, _ = await stand.stop()
            if code:
                raise Undone(f"the daemon ended with {code}")

    return act


def _upstream(_plan: Plan, what: str) -> Act:
    if what not in ("start", "stop", "kill"):
        raise ValueError(f"expected start, stop or kill, not {what}")

    async def act(stand: Stand) -> None:
        assert stand.upstream is not None
        process = stand.upstream.process
        do = {"start": process.start, "stop": process.stop, "kill": process.kill}[what]
        await asyncio.to_thread(do)

    return act


async def _nothing(_stand: Stand) -> None:
    """The player counts from here on."""


_MAKERS: dict[str, Callable[[Plan, Any], Act]] = {
    "show": _show,
    "hide": _hide,
    "fault": _fault(True),
    "mend": _fault(False),
    "another": _another,
    "set": _person("set"),
    "release": _person("release"),
    "lock": _person("lock"),
    "unlock": _person("unlock"),
    "observe": _person("observe"),
    "reset": _person("reset"),
    "book": _person("event-add"),
    "edit": _edit,
    "apply": _apply,
    "daemon": _daemon,
    "upstream": _upstream,
    "count": lambda _plan, _what: _nothing,
}
