"""The unit: valid to systemd's own tools where they are, and as narrow as docs/security.md says."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.box import UNIT, Box

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if re.match(r"[A-Za-z]+=", line):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_nothing_is_done_as_root_and_nothing_written_but_the_data() -> None:
    unit = settings()
    expected = {
        "Type": "notify",
        "NotifyAccess": "main",
        "WatchdogSec": "60",
        "Restart": "always",
        "User": "louguan",
        "SupplementaryGroups": "dialout",
        "StateDirectory": "louguan",
        "UMask": "0027",
        "CapabilityBoundingSet": "",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "DevicePolicy": "closed",
    }
    assert {name: unit[name] for name in expected} == {name: [value] for name, value in expected.items()}
    assert "ReadWritePaths" not in unit


def test_the_kernel_may_be_asked_whether_its_clock_is_synchronised() -> None:
    unit = settings()
    assert "ProtectClock" not in unit, "it forbids the question with the setting"
    assert {"adjtimex", "clock_adjtime"} <= set(unit["SystemCallFilter"][-1].split())


@needs_systemd
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    program = tmp_path / "louguan"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    unit = tmp_path / "louguan.service"
    content = UNIT.read_text(encoding="utf-8")
    unit.write_text(content.replace("/opt/louguan/current/bin/louguan", str(program)), encoding="utf-8")
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_its_exposure_is_small() -> None:
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", str(UNIT)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_the_installed_commands_are_sound_shell(tmp_path: Path) -> None:
    box = Box(tmp_path, systemd=False)
    box.service.put_commands()
    subprocess.run(["sh", "-n", str(box.layout.service_command)], check=True)


def test_two_installations_do_not_run_at_once(tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    handle = os.open(tmp_path / "opt", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        words = [sys.executable, "-m", "deploy", "--lang", "en", "--root", str(tmp_path), "uninstall"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=UNIT.parents[1])
    finally:
        os.close(handle)
    assert (done.returncode, done.stderr) == (1, "another installation is under way\n")


@pytest.mark.parametrize("more", [[], ["--site", "/no/such/site"]])
def test_a_site_that_is_not_there_is_told_before_minutes_of_building(tmp_path: Path, more: list[str]) -> None:
    words = [sys.executable, "-m", "deploy", "--lang", "en", "--root", str(tmp_path), "install", *more]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=UNIT.parents[1], timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert "site" in done.stderr
    assert not (tmp_path / "opt" / "louguan").exists()


def test_the_installer_needs_nothing_but_the_systems_python(tmp_path: Path) -> None:
    words = [sys.executable, "-S", "-m", "deploy", "--lang", "en", "--root", str(tmp_path), "rollback"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=UNIT.parents[1])
    assert (done.returncode, done.stderr) == (1, "there is no version before this one\n")
