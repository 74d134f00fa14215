"""The compiler as a program: what the daemon and the command line run as a child process."""

from __future__ import annotations

import sys

from config.written.limits import TooMuch, limit_process

limit_process()

# After the limits, so that they hold for everything that is loaded.
from config.language import choose, render  # noqa: E402
from config.written.program import main  # noqa: E402

try:
    sys.exit(main(sys.argv[1:]))
except (TooMuch, MemoryError) as problem:
    message = problem.message if isinstance(problem, TooMuch) else TooMuch.memory().message
    language = sys.argv[sys.argv.index("--lang") + 1] if "--lang" in sys.argv[:-1] else None
    print(render(message, choose(language)), file=sys.stderr)  # noqa: T201
    sys.exit(1)
