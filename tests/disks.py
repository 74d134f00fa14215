"""Disks to be spoiled: small ones to fill, and images of which copies are as a power cut would leave them.
They need root and mounts; where these are not to be had the test is skipped and says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_BLOCK = bytes(4096)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of that size at `folder`, in memory."""
    folder.mkdir(exist_ok=True)
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=755", "none"):
        yield folder


def fill(disk: Path, name: str = "ballast", leave: int = 0) -> Path:
    """Take all the room there is, but for `leave` bytes; the file that takes it."""
    ballast = disk / name
    with ballast.open("wb", buffering=0) as handle, suppress(OSError):
        while (found := os.statvfs(disk)).f_bavail * found.f_frsize > leave:
            handle.write(_BLOCK)
    return ballast


class Image:
    """An ext4 file system in a file, mounted at `disk`."""

    def __init__(self, folder: Path, megabytes: int = 48) -> None:
        self.file = folder / "image"
        self.disk = folder / "disk"
        self._folder = folder
        mkfs = shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if mkfs is None:
            pytest.skip("needs mkfs.ext4 (e2fsprogs)")
        with self.file.open("wb") as handle:
            handle.truncate(megabytes * 1024 * 1024)
        subprocess.run([mkfs, "-q", "-F", "-b", "4096", self.file], check=True, capture_output=True)

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        with _mounted(self.disk, "-o", "loop", str(self.file)):
            yield self.disk

    @contextmanager
    def after_a_cut(self) -> Iterator[Path]:
        """What of it is on the disk now, mounted anew: its journal is replayed, and what was only in memory
        is gone. Nobody may be writing."""
        copy = self._folder / "copy"
        shutil.copyfile(self.file, copy)
        with _mounted(self._folder / "after", "-o", "loop", str(copy)) as disk:
            yield disk


@contextmanager
def _mounted(folder: Path, *words: str) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *words, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        end = time.monotonic() + 10.0
        while subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode:
            assert time.monotonic() < end, f"{folder} is still in use"
            time.sleep(0.05)
