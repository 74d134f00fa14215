"""What a daemon keeps in memory where no line is BACnet's: for `bench.start`."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path

from bench.measure import louguan, resident_mib
from config.plan.codec import seal
from config.plan.points import Register
from config.plan.site import Plan

ACCEPTED_AFTER_S = 5.0


def without_bacnet(plan: Plan) -> Plan:
    """The same site with Modbus devices, which nobody answers for, in the place of BACnet's."""
    old = {line.id for line in plan.lines if line.transport == "bacnet-ip"}
    moved = {device.id for device in plan.devices if device.line in old}
    changed = replace(
        plan,
        hash="",
        lines=tuple(
            replace(line, transport="modbus-tcp", networks=()) if line.id in old else line
            for line in plan.lines
        ),
        devices=tuple(
            replace(device, unit=1 + device.id, instance=-1, address="") if device.id in moved else device
            for device in plan.devices
        ),
        points=tuple(
            replace(
                point,
                source=Register("coil", point.id, "bool")
                if point.kind == "bool"
                else Register("holding", point.id, "uint16"),
            )
            if point.device in moved
            else point
            for point in plan.points
        ),
    )
    return replace(changed, hash=seal(changed))


def kept_without(site: Path, file: Path, folder: Path, overlay: Path, stay_s: float) -> float:
    """Mebibytes that a daemon keeps after so many seconds, the plan in `file` accepted before."""
    if not (folder / "without").exists():
        _kept(site, folder, overlay, ACCEPTED_AFTER_S, "--compiled", str(file))
    return _kept(site, folder, overlay, stay_s)


def _kept(site: Path, folder: Path, overlay: Path, stay_s: float, *more: str) -> float:
    words = ["run", str(site), "--data", str(folder / "without"), *more]
    with (folder / "daemon.log").open("ab") as log:
        daemon = subprocess.Popen(
            louguan(*words, "--overlay", str(overlay)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        time.sleep(stay_s)
        if daemon.poll() is not None:
            raise SystemExit(f"the daemon ended; its log: {(folder / 'daemon.log').read_text()}")
        return resident_mib(daemon.pid)
    finally:
        daemon.terminate()
        daemon.wait(15)
