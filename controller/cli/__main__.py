"""The command `louguan`, and `python -m controller.cli`: nothing but what makes ctrl-C end it without a word,
also while the rest is still being imported."""

from __future__ import annotations

from controller.cli import interrupts


def run() -> None:
    """Run the command and leave with its exit code."""
    interrupts.leave_at_once()
    from controller.cli.main import main

    main()


if __name__ == "__main__":
    run()
