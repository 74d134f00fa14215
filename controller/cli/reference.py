"""The command reference, generated from the command tree: `python -m controller.cli.reference >
docs/commands.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from controller.cli.main import commands

HEADER = """\
# Commands

Generated from the command tree by `python -m controller.cli.reference`; a test fails when it is not current.
Exit codes: 0 done, 1 the answer is no (an invalid site, a refusal, nothing found), 2 wrong use, 130 ended by
ctrl-C. A `demo` is meant to be ended by ctrl-C: while its picture is there that is 0, or 1 if not everything
had come up yet or the daemon did not end in order; before, it is 130. `--lang zh` or `--lang en` may stand
anywhere; otherwise `LOUGUAN_LANG`, the locale, then the site decide.

`--json` prints one object on one line; lists (`points`, `equipment`) are a stream of one object a line. Where
the answer is no or the use is wrong it prints `{"error": {"code", "message", "hint", "where"}}` instead, with
the same exit code. `check` and `apply` name the mistakes of a site's files as `{"errors": [...]}` instead,
each with its `file`, `line` and `column` (0: nowhere), `message`, what was `expected` and a `hint`. `set`,
`release`, `unlock` and `observe off` carry `held_back`: why nothing is sent now, or null; `set` carries
`not_heard`: who is heard before it, or holds another value, or null.
"""


def reference() -> str:
    """The whole page in Markdown."""
    tree: Any = typer.main.get_command(commands())
    context = tree.make_context("louguan", [], resilient_parsing=True)
    parts = [HEADER]
    for name in tree.list_commands(context):
        command = tree.get_command(context, name)
        if not command.hidden:
            parts += _sections(name, command)
    return "\n".join(parts)


def _sections(name: str, command: Any) -> Iterator[str]:
    """The command's, if it does something by itself, and those of its subcommands."""
    children = getattr(command, "commands", {})
    if not children or command.invoke_without_command:
        yield _section(name, command)
    for word, child in children.items():
        yield from _sections(f"{name} {word}", child)


def _section(name: str, command: Any) -> str:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    words = [_placeholder(argument) for argument in arguments]
    lines = [
        f"## louguan {name}",
        "",
        f"`{' '.join(['louguan', name, *words, '[OPTIONS]'])}`",
        "",
        _one_line(command.help),
    ]
    if shown:
        lines += ["", "| | |", "|---|---|"]
        lines += [
            f"| `{_names(parameter)}` | {_one_line(parameter.help)}{_default(parameter)} |"
            for parameter in shown
        ]
    return "\n".join([*lines, ""])


def _placeholder(argument: Any) -> str:
    name = str(argument.metavar or argument.name).upper() if not argument.metavar else str(argument.metavar)
    return name if argument.required else f"[{name}]"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name)
    flags = ", ".join(parameter.opts)
    return flags if parameter.is_flag else f"{flags} {parameter.metavar or ''}".strip()


def _default(parameter: Any) -> str:
    value = parameter.default
    if value is None or value is False or value == "" or parameter.param_type_name == "argument":
        return ""
    return f" Default: {value}."


def _one_line(help_text: str | None) -> str:
    return " ".join((help_text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
