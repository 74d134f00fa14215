"""Standard output and error as programs for people need them: any text can be written to them, whatever their
encoding, and one that is closed, full or gone ends in a sentence."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from config.language import render, text
from config.language.details import reason

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_OUTPUT = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF})


def prepare() -> None:
    """At the start of a program."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - to the very end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def visible(what: str, *, lines: bool = False) -> str:
    """`what` with its control characters written out (\\x1b): what came from outside moves nobody's cursor
    and looks like nothing that it is not. With `lines`, the ends of lines stay."""
    if what.isprintable():
        return what
    kept = " \n\u3000\u00a0" if lines else " \u3000\u00a0"
    return "".join(sign if sign.isprintable() or sign in kept else _escaped(sign) for sign in what)


def _escaped(sign: str) -> str:
    return _SHORT.get(sign) or sign.encode("unicode_escape", "surrogatepass").decode("ascii")


def is_about_output(error: OSError) -> bool:
    """Whether this may have been raised by writing to standard output or error."""
    return error.filename is None and error.errno in _OUTPUT


def finish(code: int, language: str, failure: OSError | None = None) -> int:
    """At the end of a program that is to leave with `code`: the code it has to leave with. `failure`: what
    writing has failed with already."""
    failure = _failure(sys.stdout) or failure
    if failure is not None:
        code = code or 1
        if not isinstance(failure, BrokenPipeError):  # who reads no further needs no word
            words = text("the output cannot be written ({reason})", reason=reason(failure))
            with suppress(OSError, ValueError):
                sys.stderr.write(f"louguan: {render(words, language)}\n")
    _failure(sys.stderr)
    return code


def _failure(stream: TextIO) -> OSError | None:
    """Write what waits; why that failed. What is left goes nowhere: the interpreter would try once more."""
    try:
        stream.flush()
    except OSError as error:
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        return error
    except ValueError:  # closed already
        return None
    return None
