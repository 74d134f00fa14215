"""`louguan run`, its words read by a child process.

What reads words and writes help is three mebibytes that the daemon would keep, and a fifth of the time of its
start. So a child reads them, while this process imports the daemon; what there is to say of them (help, wrong
use) the child says itself, and its exit code is ours.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import NoReturn

from config.language import choose, output
from controller import options, without_openssl
from controller.cli import started
from controller.cli.leaving import leave
from controller.cli.speech import set_language
from controller.given_back import give_back

_to: int | None = None
"""In the child: where what was understood goes."""


def is_wanted(words: Sequence[str]) -> bool:
    """Whether the command of these words is `run`."""
    left = iter(words)
    for word in left:
        if word == "--lang":
            next(left, "")
        elif not word.startswith("--lang="):
            return word == "run"
    return False


def become(words: Sequence[str]) -> NoReturn:
    """Become the daemon that the words ask for, and leave with its exit code."""
    source, target = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        _understand(words, target)
    os.close(target)
    output.prepare()
    set_language(choose(None, os.environ))
    leave(partial(_become, source, child))


def hand_over(asked: options.Options) -> None:
    """In the child that reads a daemon's words: this is what they ask for. The child ends here."""
    if _to is None:
        return
    try:
        with open(_to, "wb") as target:
            target.write(options.dump(asked))
    finally:  # whoever waited may be gone
        os._exit(0)


def _understand(words: Sequence[str], target: int) -> NoReturn:
    global _to  # noqa: PLW0603 - one process, one pipe
    _to = target
    from controller.cli.main import main

    main(list(words))


def _become(source: int, child: int) -> int:
    """Meanwhile the daemon is imported. Its exit code, or the child's. Raises what `started` raises."""
    give_back()
    without_openssl.begin()
    import_module("controller.app")
    with open(source, "rb") as said:
        understood = said.read()
    code = _ended(child)  # with it is closed what it has open of ours, the lock above all
    if not understood:
        return code if code >= 0 else 128 - code
    asked = options.load(understood)
    set_language(choose(asked.language))
    return started.started(asked)


def _ended(child: int) -> int:
    """The exit code of the child once it has ended; -SIGNAL where that ended it."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except ChildProcessError:  # whoever started us lets nobody ask
        return 1
