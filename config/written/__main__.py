"""The compiler as a program: what the daemon and the command line run as a child process."""

from __future__ import annotations

import os
import sys

from config.written.limits import TooMuch, limit_process, make_room

limit_process()

# After the limits, so that they hold for everything that is loaded.
from config.language import Text, choose, render  # noqa: E402
from config.written.program import main  # noqa: E402


def run() -> int | Text:
    """The program's exit status, or why it was given up. What it held of the site is freed on return."""
    try:
        return main(sys.argv[1:])
    except TooMuch as problem:
        return problem.message
    except MemoryError:
        make_room()
        return TooMuch.memory().message


status = run()
if isinstance(status, Text):
    language = sys.argv[sys.argv.index("--lang") + 1] if "--lang" in sys.argv[:-1] else None
    print(render(status, choose(language)), file=sys.stderr)  # noqa: T201
    status = 1
sys.stdout.flush()
sys.stderr.flush()
# Freeing a large site piece by piece takes time and serves nobody.
os._exit(status)
