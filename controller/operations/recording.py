"""What a person asks for is in the ledger before it is done; what cannot be put there is not done."""

from __future__ import annotations

from config.language import text
from controller.daemon import Daemon
from controller.socket.protocol import Code, RequestError
from controller.socket.server import Call
from controller.store.errors import StoreError


async def put_down(daemon: Daemon, call: Call, what: str, why: str = "") -> None:
    """Commit what the caller asks for. Raises RequestError."""
    try:
        await daemon.note(call.person, what, why)
    except StoreError as error:
        raise not_recorded(error) from error


def not_recorded(error: StoreError) -> RequestError:
    """The answer to what could not be committed."""
    return RequestError(
        Code.UNAVAILABLE,
        text("the command could not be recorded, so it was not carried out: {why}", why=error.text),
    )
