"""What the C library does with memory, as it tells itself (malloc_info): each in a program of its own."""

from __future__ import annotations

import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, sys, threading
from controller.given_back import give_back
if sys.argv[2] == "give-back":
    give_back()
text = bytes(4_000_000)
del text
large = bytes(1_000_000)
met = threading.Barrier(4)
def fill():
    met.wait()
    kept = [bytes(5_000) for _ in range(100)]
    met.wait()
threads = [threading.Thread(target=fill) for _ in range(3)]
for thread in threads:
    thread.start()
met.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
met.wait()
"""


def told(file: Path, how: str) -> ET.Element:
    subprocess.run([sys.executable, "-c", PROGRAM, str(file), how], check=True)
    return ET.parse(file).getroot()


def large_blocks(root: ET.Element) -> int:
    """Those that are the system's as soon as they are freed."""
    return sum(int(total.attrib["count"]) for total in root.findall("total[@type='mmap']"))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has its own ways")
def test_large_blocks_stay_the_systems_and_threads_share_one_heap(tmp_path: Path) -> None:
    plain, ours = (told(tmp_path / how, how) for how in ("plain", "give-back"))
    assert len(plain.findall("heap")) > 1
    assert len(ours.findall("heap")) == 1
    assert large_blocks(ours) == large_blocks(plain) + 1
