"""Databases that are damaged under a running daemon, the whole way: noticed, told, and control goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.damage import EXIT_DAMAGED
from controller.socket.address import SocketError
from controller.socket.client import RemoteError
from controller.store.ledger import Kind
from hil_tests.running import PATIENCE_S
from hil_tests.stand import HOUSE, Stand


def spoil(path: Path) -> None:
    """Overwrite a database and its WAL while a daemon has them open."""
    for file in (path, Path(f"{path}-wal")):
        with file.open("r+b") as handle:
            handle.write(b"\xa5" * file.stat().st_size)


def lose(path: Path) -> None:
    """Delete a database under the daemon that has it open."""
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        file.unlink()


HARM = pytest.mark.parametrize("harm", [spoil, lose], ids=["spoilt", "deleted"])


@HARM
async def test_a_damaged_control_db_ends_the_daemon_and_the_next_start_holds_back(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    async with Stand(HOUSE, tmp_path) as stand:
        await stand.start()
        await stand.online()
        harm(stand.data / "control.db")
        assert stand.daemon is not None
        with pytest.raises((RemoteError, SocketError)):  # it may have found out by itself
            await stand.call("lock", target="relay", reason="wiring")
        assert await asyncio.to_thread(stand.daemon.process.wait, PATIENCE_S) == EXIT_DAMAGED
        assert (stand.data / "control.db.suspect").exists()
        await stand.kill()
        await stand.start()
        await stand.heard()
        status = await stand.call("status")
        assert status["observe"] is True
        assert {item["kind"] for item in status["notices"]} >= {"memory-lost"}
        assert stand.ledger()[0].entry.kind == Kind.GAP
        assert not [row for row in stand.ledger() if row.entry.kind == Kind.SENT]
        assert not (stand.data / "control.db.suspect").exists()
        assert len([*stand.data.glob("control.db.damaged-*Z")]) == 1
        code, _ = await stand.stop()
        assert code == 0


@HARM
async def test_a_damaged_log_db_is_replaced_while_control_goes_on(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    async with Stand(HOUSE, tmp_path, speed=60.0) as stand:
        await stand.start()
        await stand.online()

        async def intervals() -> int:
            return int((await stand.call("status"))["intervals_written"])

        async def some() -> bool:
            return await intervals() > 0

        await stand.until(some)
        harm(stand.data / "log.db")
        before = await intervals()

        async def more() -> bool:
            return await intervals() > before

        await stand.until(more, PATIENCE_S)

        async def told() -> list[str]:
            notices = (await stand.call("status"))["notices"]
            return [item["subject"][:15] for item in notices if item["kind"] == "damaged"]

        assert await stand.until(told) == ["log.db.damaged-"]
        assert (await stand.call("status"))["observe"] is False
        code, _ = await stand.stop()
        assert code == 0
