"""The daemon without OpenSSL for as long as nothing speaks TLS.

asyncio and uvloop import ssl for streams over TLS, and hashlib the digests of OpenSSL: six mebibytes. The
daemon opens no such stream: what speaks TLS (sinks, channels) does so above plain connections, is made in a
thread when a Plan has it, and imports the real ssl then. SHA-256 is the interpreter's own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import NoReturn

_HOLD_SSL = ("asyncio", "uvloop")


class _Never(Exception):
    """Stands for a class of the ssl module: nothing is an instance of it, and it has none."""

    def __init__(self, *_: object, **__: object) -> None:
        raise RuntimeError("streams over TLS are not for this process's event loop")


def begin() -> None:
    """Import what would import OpenSSL, and is imported by everything, without it. Nothing where somebody
    has imported it already."""
    if "ssl" not in sys.modules:
        with _instead("ssl", _stand_in()):
            for name in _HOLD_SSL:
                with suppress(ImportError):  # there may be no uvloop
                    import_module(name)
    if "_hashlib" not in sys.modules:
        with _instead("_hashlib", None):
            import_module("hashlib")


@contextmanager
def _instead(name: str, module: ModuleType | None) -> Iterator[None]:
    """`module` for whoever imports `name` in the meantime; None: there is no such module."""
    sys.modules[name] = module  # type: ignore[assignment]  # as importlib has it for what cannot be imported
    try:
        yield
    finally:
        del sys.modules[name]


def _stand_in() -> ModuleType:
    """What asyncio and uvloop take from the ssl module when they are imported."""
    made = ModuleType("ssl")
    for name in (
        *("SSLContext", "SSLObject", "SSLSocket", "MemoryBIO", "SSLError", "CertificateError"),
        *("SSLWantReadError", "SSLSyscallError", "SSLZeroReturnError"),
    ):
        setattr(made, name, type(name, (_Never,), {}))
    for number, name in enumerate(("SSL_ERROR_WANT_READ", "SSL_ERROR_WANT_WRITE", "SSL_ERROR_SYSCALL")):
        setattr(made, name, (2, 3, 5)[number])
    made.create_default_context = _refuse  # type: ignore[attr-defined]
    return made


def _refuse(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("streams over TLS are not for this process's event loop")
