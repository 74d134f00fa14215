"""What this machine knows of the time: whether it can know it, and whether somebody keeps it right."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

_TIME_ERROR = 5
"""adjtimex(2): the kernel's clock is not synchronised."""
_STA_UNSYNC = 0x40
"""The bit of the status word that says the same; set at boot and by whoever sets the clock by hand."""
_HOST_CLOCKS = frozenset({"kvm-clock", "xen", "hyperv_clocksource_tsc_page", "hyperv_clocksource_msr"})


class _Timex(ctypes.Structure):
    """The beginning of struct timex, as far as the status word. Zeroed, it asks and changes nothing."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        # More than the rest takes on any machine.
        ("rest", ctypes.c_byte * 512),
    )


def kernel_is_synchronised() -> bool:
    """Whether somebody (NTP, PTP) keeps the kernel's clock right and has said so: more than that there is a
    clock chip, which may have lost its battery."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return False
    return state not in (_TIME_ERROR, -1) and not timex.status & _STA_UNSYNC


def machine_is_believable() -> bool:
    """Whether this machine can know the time: a clock chip, a host that tells it, a synchronised kernel."""
    if any(Path("/sys/class/rtc").glob("rtc*")):
        return True
    source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    if source.is_file() and source.read_text(encoding="ascii").strip() in _HOST_CLOCKS:
        return True
    return kernel_is_synchronised()


def elapsed_ns() -> int:
    """Nanoseconds since the machine's boot, time asleep included: what wall time is counted on by."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
