"""How every command leaves: with its exit code, whatever became of it and of its output."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from config.language import output
from config.language.details import detail
from controller.cli.interrupts import INTERRUPTED, answered
from controller.cli.speech import Failure, language


def leave(work: Callable[[], int]) -> NoReturn:
    """Do `work` and leave with the exit code that it returns, or that its failure has."""
    unwritten = None
    try:
        code = work()
    except Failure as failure:
        failure.show(language())
        code = failure.code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        code = 1
        if output.is_about_output(error):
            unwritten = error
        else:
            with suppress(OSError):
                Failure(detail(error.strerror or str(error)), hint=str(error.filename or "")).show(language())
    answered()
    sys.exit(output.finish(code, language(), unwritten))
