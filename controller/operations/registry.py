"""Which operations the local socket answers, and by what."""

from __future__ import annotations

from controller.daemon import Daemon
from controller.operations.applying import Apply
from controller.operations.commands import Commands
from controller.operations.events import Events
from controller.operations.logs import Logs
from controller.operations.overview import Overview
from controller.operations.queries import Queries
from controller.operations.status import Status
from controller.operations.uploads import Upload
from controller.operations.why import Why
from controller.socket.server import SocketServer
from controller.swap.applying import Applying
from controller.swap.taking import Taking


def register(server: SocketServer, daemon: Daemon) -> None:
    """Let `server` answer for `daemon`."""
    queries = Queries(daemon)
    commands = Commands(daemon)
    server.register("status", Status(daemon).answer)
    server.register("overview", Overview(daemon).answer)
    server.register("points", queries.points)
    server.register("read", queries.read)
    server.register("why", Why(daemon).answer)
    server.register("set", commands.set)
    server.register("release", commands.release)
    server.register("lock", commands.lock)
    server.register("unlock", commands.unlock)
    server.register("observe", commands.observe)
    server.register("reset", commands.reset)
    events = Events(daemon)
    server.register("event-add", events.add)
    server.register("event-remove", events.remove)
    server.register("event-list", events.list)
    server.register("event-import", events.import_)
    logs = Logs(daemon)
    server.register("log-replace-meter", logs.replace)
    server.register("log-undo-replacement", logs.take_back)
    server.register("log-correct", logs.correct)
    server.register("log-annotate", logs.annotate)
    upload = Upload(daemon)
    server.register("upload", upload.list)
    server.register("upload-quarantine", upload.aside)
    server.register("upload-retry", upload.retry)
    server.register("upload-replay", upload.replay)
    server.register("sink-retire", upload.retire)
    server.register("sink-restore", upload.take_in_again)


def register_applying(server: SocketServer, daemon: Daemon, applying: Applying, taking: Taking) -> None:
    """Let `server` take other Plans."""
    apply = Apply(daemon, applying, taking)
    server.register("plan-part", apply.part)
    server.register("apply", apply.apply)
    server.register("rollback", apply.roll_back)
