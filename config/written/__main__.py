"""The compiler as a program: what the daemon and the command line run as a child process."""

from __future__ import annotations

import gc
import os
import signal
import sys

from config.written.limits import TooMuch, limit_process, make_room

limit_process()
# There is nothing to put in order.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
# What is built here is kept to the end; looking for garbage in it takes a fifth of the time.
gc.disable()

# After the limits, so that they hold for everything that is loaded.
from config.language import choose, output, render  # noqa: E402
from config.written.program import main  # noqa: E402


def run() -> int:
    """The program's exit status; what cost too much is given up with a sentence."""
    language = choose(sys.argv[sys.argv.index("--lang") + 1] if "--lang" in sys.argv[:-1] else None)
    output.prepare()
    unwritten = None
    # Made beforehand: a process that has run out of memory can only say what is ready.
    no_memory = (render(TooMuch.memory().message, language) + "\n").encode()
    try:
        status = main(sys.argv[1:])
    except OSError as error:  # what cannot be read of a site is among its problems: this is the output
        status, unwritten = 1, error
    except TooMuch as problem:
        print(render(problem.message, language), file=sys.stderr)  # noqa: T201
        status = 1
    except MemoryError:
        make_room()
        os.write(2, no_memory)
        status = 1
    status = output.finish(status, language, unwritten)
    # Freeing a large site piece by piece takes time and serves nobody.
    os._exit(status)


run()
