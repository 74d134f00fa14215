"""What a person asks for is in the ledger before it is done; what cannot be put there is not done."""

from __future__ import annotations

from config.language import text
from controller.daemon import Daemon
from controller.decide.records import PersonCommand, Refused
from controller.operations.wishes import one_line
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call
from controller.store.errors import StoreError


async def put_down(daemon: Daemon, call: Call, what: str, why: str = "") -> None:
    """Commit what the caller asks for. Raises RequestError."""
    try:
        await daemon.note(call.person, what, why)
    except StoreError as error:
        raise not_recorded(error) from error


async def carry_out(daemon: Daemon, command: PersonCommand) -> None:
    """What the caller asks for is judged, committed and done. Raises RequestError."""
    try:
        await daemon.command(command)
    except Refused as refusal:
        raise RequestError(Code.REFUSED, refusal.text) from refusal
    except StoreError as error:
        raise not_recorded(error) from error


def one_line_of(call: Call, key: str) -> str:
    """The line of text that a person gave by that name, a reason or a comment; "" for none. Raises
    RequestError."""
    try:
        return one_line(call.args.get(key))
    except Refused as refusal:
        raise RequestError(Code.REFUSED, refusal.text, key) from refusal


def not_recorded(error: StoreError) -> RequestError:
    """The answer to what could not be committed."""
    return RequestError(
        Code.UNAVAILABLE,
        text("the command could not be recorded, so it was not carried out: {why}", why=error.text),
    )
