"""Lines: one wire or address a driver owns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Transport = Literal["modbus-tcp", "modbus-rtu", "modbus-rtu-over-tcp", "bacnet-ip"]


@dataclass(frozen=True, slots=True)
class Line:
    """One transport. Known across edits by its transport address, not its name.

    Times are machine seconds and never scaled by a demo's speed.
    """

    id: int
    name: str
    label: str
    transport: Transport
    host: str = ""
    """Peer (Modbus TCP, RTU over TCP) or own address to bind (BACnet/IP)."""
    port: int = 0
    """TCP port, or own UDP port (BACnet/IP, 47808 by default)."""
    path: str = ""
    """Serial device, e.g. /dev/ttyS1."""
    baud: int = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: int = 1
    timeout_s: float = 1.0
    """How long an answer is waited for."""
    connect_timeout_s: float = 3.0
    pause_s: float = 0.0
    """Extra silence between two requests, beyond the protocol's own (t3.5 on serial lines)."""
    networks: tuple[str, ...] = ()
    """BACnet/IP: broadcast addresses to search for devices known by instance only."""
