"""The daemon, in this process."""

from __future__ import annotations

from controller.cli.interrupts import put_in_order
from controller.cli.speech import Failure
from controller.options import NotStarted, Options


def started(options: Options) -> int:
    """Run the daemon until it is told to stop; its exit code. Raises Failure where it cannot start."""
    from controller.app import run_daemon

    put_in_order()
    try:
        return run_daemon(options)
    except NotStarted as reason:
        raise Failure(reason.what, code=1, hint=reason.hint) from reason
