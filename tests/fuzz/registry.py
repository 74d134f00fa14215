"""All decoders by name, each made only when it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import NamedTuple

from tests.fuzz.decoder import Decoder


class Entry(NamedTuple):
    """Where a decoder's case is made and fed."""

    module: str
    maker: str


DECODERS: dict[str, Entry] = {
    # Fast ones first.
    "modbus-values": Entry("modbus", "values"),
    "mqtt-acks": Entry("uploads", "acks"),
    "sparkplug-commands": Entry("uploads", "commands"),
    "ledger-heads": Entry("files", "heads"),
    "bacnet-services": Entry("bacnet_services", "decoders"),
    "national-documents": Entry("national", "documents"),
    "https-answers": Entry("uploads", "answers"),
    "modbus-tcp": Entry("modbus", "tcp"),
    "backup-manifests": Entry("files", "manifests"),
    "simulated-counters": Entry("files", "counters"),
    "receiver-tokens": Entry("files", "tokens"),
    "national-session": Entry("national", "session"),
    "receiver-keys": Entry("files", "keys"),
    "overlays": Entry("files", "overlays"),
    "yaml": Entry("words", "yaml"),
    "bookings": Entry("words", "bookings"),
    "socket-requests": Entry("local_socket", "requests"),
    "socket-entries": Entry("local_socket", "entries"),
    "conditions": Entry("words", "conditions"),
    "sealed-ledgers": Entry("files", "ledgers"),
    "socket-answers": Entry("local_socket", "answers"),
    "national-dialects": Entry("national", "dialects"),
    "plan-offers": Entry("local_socket", "offers"),
    "receiver-rows": Entry("receiver", "rows"),
    "plans": Entry("files", "plans"),
    "scenarios": Entry("words", "scenarios"),
    "modbus-rtu": Entry("modbus", "rtu"),
    "stick-parquet": Entry("files", "parquets"),
    "mqtt-broker": Entry("uploads", "broker"),
    "backups": Entry("files", "backups"),
    "stick-csv": Entry("files", "sticks"),
    "national-frames": Entry("national", "frames"),
    "national-centre": Entry("national", "centre"),
    "receiver-http": Entry("receiver", "http"),
    "bacnet-line": Entry("bacnet_line", "line"),
    "https-wire": Entry("uploads", "https"),
    "profiles": Entry("words", "profiles"),
    "site": Entry("words", "site"),
}


@contextmanager
def opened(name: str, make: Callable[[], Decoder] | None = None) -> Iterator[Decoder]:
    """The decoder of that name, or that of `make` in its place, closed afterwards. Raises KeyError."""
    decoder = (_maker(name) if make is None else make)()
    try:
        yield decoder
    finally:
        decoder.close()


def _maker(name: str) -> Callable[[], Decoder]:
    entry = DECODERS[name]
    maker: Callable[[], Decoder] = getattr(import_module(f"tests.fuzz.decoders.{entry.module}"), entry.maker)
    return maker
