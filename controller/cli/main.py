"""Entry point: picks the language, builds the command tree, turns expected failures into a sentence and an
exit code.

Exit codes: 0 done, 1 the answer is no, 2 wrong use, 130 ended by ctrl-C.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from config.language import choose, output
from controller.cli import demo, people, run, simulate, site
from controller.cli.interrupts import INTERRUPTED
from controller.cli.speech import Failure, set_language, translate

app = typer.Typer(
    name="louguan",
    help="Keep a public building to its energy-saving programme, and log what it uses.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
for group in (site, run, demo, simulate, people):
    group.register(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"louguan {version('louguan')}\n")
        raise typer.Exit


@app.callback()
def options(
    lang: Annotated[str | None, typer.Option(help="Language: zh or en.", metavar="LANG")] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Keep a public building to its energy-saving programme, and log what it uses."""
    del lang, version  # read ahead of the command tree, by main() and by the callback


def main(arguments: list[str] | None = None) -> None:
    """Run `louguan` with `arguments` (the process's own by default) and leave with its exit code."""
    output.prepare()
    given, flag = _take_language(list(sys.argv[1:] if arguments is None else arguments))
    language = choose(flag, os.environ)
    set_language(language)
    unwritten = None
    try:
        code = _run(given, language)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        code = 1
        if output.is_about_output(error):
            unwritten = error
        else:
            with suppress(OSError):
                Failure(error.strerror or str(error), hint=str(error.filename or "")).show(language)
    sys.exit(output.finish(code, language, unwritten))


def _run(given: list[str], language: str) -> int:
    """Run the command; its exit code. Raises KeyboardInterrupt, and OSError where nobody else had a sentence
    for it."""
    command = typer.main.get_command(app)
    translate(command, language)
    try:
        code = command.main(args=given, prog_name="louguan", standalone_mode=False)
    except Failure as failure:
        failure.show(language)
        return failure.code
    except typer.Abort:
        return INTERRUPTED
    except Exception as error:
        shown = _wrong_use(error)
        if not shown:
            raise
        return 2
    return code if isinstance(code, int) else 0


def _wrong_use(error: Exception) -> bool:
    """Show a usage error of the command-line library (its type differs between versions by module only)."""
    show = getattr(error, "show", None)
    if show is None:
        return False
    show()
    return True


def _take_language(given: list[str]) -> tuple[list[str], str | None]:
    """`--lang X` may stand anywhere; the rest of the words in order."""
    rest: list[str] = []
    flag: str | None = None
    words = iter(given)
    for word in words:
        if word == "--":
            return [*rest, word, *words], flag
        if word == "--lang":
            flag = next(words, None)
        elif word.startswith("--lang="):
            flag = word.removeprefix("--lang=")
        else:
            rest.append(word)
    return rest, flag


if __name__ == "__main__":
    main()
