"""The command `louguan`, and `python -m controller.cli`: nothing but what makes ctrl-C end it without a word,
also while the rest is still being imported, and what a daemon is begun by."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from controller.cli import interrupts


def run(words: Sequence[str] | None = None) -> None:
    """Run the command that is in `words` (the process's own by default) and leave with its exit code."""
    interrupts.leave_at_once()
    words = sys.argv[1:] if words is None else words
    from controller.cli import apart

    if apart.is_wanted(words):
        apart.become(words)
    from controller.cli.main import main

    main(list(words))


if __name__ == "__main__":
    run()
