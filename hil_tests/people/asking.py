"""One person at the socket, with the client that commands use: asks, waits, and notes what was answered.

    python -m hil_tests.people.asking SOCKET PERSON SEED COUNT OUT PLAN…

OUT gets a JSON object a line, at once; a wish whose answer never came is there without one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from controller.socket.address import SocketError
from controller.socket.client import Client, RemoteError
from controller.swap.offer import parts
from hil_tests.people.wishes import QUESTIONS, Wish, wishes

LOAD_ALARMS = "load-"


class Asked(NamedTuple):
    """A wish and what came of it. Times are the machine's monotonic nanoseconds, of all programs alike."""

    person: str
    op: str
    args: dict[str, Any]
    asked_ns: int
    answered_ns: int = 0
    """0: no answer came."""
    answer: dict[str, Any] | None = None
    """To questions none is kept."""
    error: str = ""
    """The code of a refusal."""

    @property
    def done(self) -> bool:
        """Answered, and not refused."""
        return bool(self.answered_ns) and not self.error


async def ask(
    socket: Path, person: str, seed: int, count: int, plans: list[str], note: Callable[[Asked], None]
) -> None:
    """Ask for `count` things, one after the other; ends early where the daemon goes."""
    async with await Client.connect(socket, person=person, language="en", timeout_s=60.0) as client:
        listed = (await client.call("alarms", all=True, timeout_s=60.0))["alarms"]
        standing = [row["id"] for row in listed if row["subject"].startswith(LOAD_ALARMS)]
        today = datetime.fromisoformat((await client.call("event-list", timeout_s=60.0))["site_time"])
        for wish in wishes(person, seed, count, standing, today, len(plans)):
            asked = Asked(person, *wish, time.monotonic_ns())
            try:
                answer = await _call(client, wish, plans)
                asked = asked._replace(answer=answer, answered_ns=time.monotonic_ns())
            except RemoteError as error:
                asked = asked._replace(error=error.code, answered_ns=time.monotonic_ns())
            except SocketError:
                note(asked)
                return
            note(asked)


async def _call(client: Client, wish: Wish, plans: list[str]) -> dict[str, Any]:
    args = dict(wish.args)
    if wish.op == "apply":
        content = plans[args.pop("plan")]
        args["hash"] = json.loads(content)["hash"]
        for number, part in enumerate(parts(content)):
            await client.call("plan-part", hash=args["hash"], number=number, part=part, timeout_s=60.0)
    answer: dict[str, Any] = await client.call(wish.op, timeout_s=60.0, **args)
    return {} if wish.op in QUESTIONS else answer


def read(file: Path) -> list[Asked]:
    """What one of them noted; a last line that was cut short is none."""
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    return [Asked(**json.loads(line)) for line in lines]


def main() -> None:
    socket, person, seed, count, out, *files = sys.argv[1:]
    plans = [Path(file).read_text(encoding="utf-8") for file in files]
    with Path(out).open("w", encoding="utf-8") as file:

        def note(asked: Asked) -> None:
            file.write(json.dumps(asked._asdict(), ensure_ascii=False) + "\n")
            file.flush()

        asyncio.run(ask(Path(socket), person, int(seed), int(count), plans, note))


if __name__ == "__main__":
    main()
