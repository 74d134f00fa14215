"""What systemd's notification socket gets: real datagrams, by path and by abstract name."""

from __future__ import annotations

import logging
import os
import socket
import uuid
from pathlib import Path

import pytest

from controller.service_manager import ServiceManager
from tests.controller.service_socket import ServiceSocket


def environment(address: str, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())} | more


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_every_word_is_a_datagram_of_its_own(tmp_path: Path, abstract: bool) -> None:
    address = f"@louguan-{uuid.uuid4()}" if abstract else str(tmp_path / "notify")
    with ServiceSocket(address) as other:
        manager = ServiceManager.of(environment(address))
        assert manager.watchdog_s == 60.0
        manager.starting()
        manager.ready("69 台设备应答\nREADY=0")
        manager.lives()
        manager.status("试运行")
        manager.stopping()
        manager.close()
        manager.lives()
    assert [heard.lines for heard in other.heard] == [
        ("EXTEND_TIMEOUT_USEC=120000000",),
        ("READY=1", "STATUS=69 台设备应答 READY=0"),
        ("WATCHDOG=1",),
        ("STATUS=试运行",),
        ("STOPPING=1",),
    ]


@pytest.mark.parametrize(
    "more",
    [{"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": ""}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "-5"}],
    ids=str,
)
def test_a_watchdog_that_is_not_ours_gets_no_sign(tmp_path: Path, more: dict[str, str]) -> None:
    with ServiceSocket.in_folder(tmp_path) as other:
        manager = ServiceManager.of(environment(other.address, **more))
        assert manager.watchdog_s is None
        manager.lives()
        manager.status("here")
        manager.close()
    assert [heard.lines for heard in other.heard] == [("STATUS=here",)]


def test_without_a_service_manager_nothing_is_said() -> None:
    manager = ServiceManager.of({})
    manager.ready("nobody hears")
    manager.close()


def test_a_manager_that_does_not_read_holds_up_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "notify"))
        manager = ServiceManager.of(environment(str(tmp_path / "notify")))
        for _ in range(3000):
            manager.lives()
        manager.close()
    assert len(caplog.records) == 1, "told once"


def test_a_manager_that_is_gone_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    manager = ServiceManager.of(environment(str(tmp_path / "nobody")))
    manager.lives()
    manager.lives()
    assert len(caplog.records) == 1
    with ServiceSocket(str(tmp_path / "nobody")) as other:
        manager.lives()
    manager.lives()
    manager.close()
    assert len(other.heard) == 1
    assert len(caplog.records) == 2
