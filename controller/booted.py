"""Which boot of the machine this is."""

from __future__ import annotations

from pathlib import Path


def boot_id() -> str:
    """Another one after each boot (random(4)); "" where the machine does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
