"""Entry point: picks the language, builds the command tree, turns expected failures into a sentence and an
exit code.

Exit codes: 0 done, 1 the answer is no, 2 wrong use, 130 ended by ctrl-C.
"""

from __future__ import annotations

import os
import re
import sys
from functools import partial
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from config.language import choose, output, text
from controller.cli.interrupts import INTERRUPTED
from controller.cli.leaving import leave
from controller.cli.light import lighten
from controller.cli.speech import Failure, language, set_language, translate
from controller.cli.usage import localise, show_usage_error

_NEGATIVE = re.compile(r"-\.?\d")

_GROUPS = {
    "site": ("init", "check", "compile", "schema"),
    "preview": ("preview",),
    "apply": ("apply", "history", "rollback"),
    "calendar": ("calendar",),
    "rehearse": ("rehearse",),
    "run": ("run",),
    "demo": ("demo",),
    "simulate": ("simulate",),
    "people": (
        "points",
        "equipment",
        "read",
        "set",
        "release",
        "lock",
        "unlock",
        "reset",
        "observe",
        "status",
    ),
    "event": ("event",),
    "alarms": ("alarms",),
    "why": ("why",),
    "log": ("log",),
    "backup": ("backup", "restore"),
    "upload": ("upload", "sink"),
    "receive": ("receive",),
    "accept": ("accept",),
}
"""Modules of this package, in the order of the help, and the commands that each brings: a command alone is
started without importing the others."""


def commands(word: str = "") -> typer.Typer:
    """All commands; the group of the command `word` alone, if it is one."""
    app = typer.Typer(
        name="louguan",
        help="Keep a public building to its energy-saving programme, and log what it uses.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode=None,
    )
    app.callback()(options)
    named = [group for group, words in _GROUPS.items() if word in words]
    for group in named or _GROUPS:
        import_module(f"controller.cli.{group}").register(app)
    return app


def _version(asked: bool) -> None:
    if asked:
        from controller.version import VERSION

        sys.stdout.write(f"louguan {VERSION}\n")
        raise typer.Exit


def options(
    lang: Annotated[str | None, typer.Option(help="Language: zh or en.", metavar="LANG")] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Keep a public building to its energy-saving programme, and log what it uses."""
    del lang, version  # read ahead of the command tree, by main() and by the callback


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run `louguan` with `arguments` (the process's own by default) and leave with its exit code."""
    output.prepare()
    set_language(choose(None, os.environ))
    leave(partial(_run, list(sys.argv[1:] if arguments is None else arguments)))


def _run(given: list[str]) -> int:
    """Run the command; its exit code. Raises KeyboardInterrupt, and OSError where nobody else had a sentence
    for it."""
    as_json = "--json" in _before_dashes(given)
    try:
        given, flag = _take_language(given)
        set_language(choose(flag, os.environ))
        command = typer.main.get_command(commands(next(iter(given), "")))
        lighten(command)
        translate(command, language())
        localise(command, language())
        code = command.main(args=_with_minus(given), prog_name="louguan", standalone_mode=False)
    except Failure as failure:
        failure.show(language(), as_json=as_json)
        return failure.code
    except typer.Abort:
        return INTERRUPTED
    except Exception as error:
        if not show_usage_error(error, as_json=as_json):
            raise
        return 2
    return code if isinstance(code, int) else 0


def _before_dashes(given: list[str]) -> list[str]:
    return given[: given.index("--")] if "--" in given else given


def _take_language(given: list[str]) -> tuple[list[str], str | None]:
    """`--lang X` may stand anywhere; the rest of the words in order. Raises Failure for a language we do not
    speak."""
    rest: list[str] = []
    flag: str | None = None
    words = iter(given)
    for word in words:
        if word == "--":
            return [*rest, word, *words], flag
        if word == "--lang":
            flag = _spoken(next(words, ""))
        elif word.startswith("--lang="):
            flag = _spoken(word.removeprefix("--lang="))
        else:
            rest.append(word)
    return rest, flag


def _spoken(written: str) -> str:
    if written.lower().startswith(("zh", "en")):
        return written
    raise Failure(text("--lang takes zh or en, not {given}", given=written or '""'), code=2)


def _with_minus(given: list[str]) -> list[str]:
    """`set fan -5 --for 1h`: a negative value is no option. It is passed on with a proper minus sign."""
    if given[:1] != ["set"]:
        return given
    values = len(_before_dashes(given))
    return [
        "\u2212" + word[1:] if number < values and _NEGATIVE.match(word) else word
        for number, word in enumerate(given)
    ]


if __name__ == "__main__":
    main()
