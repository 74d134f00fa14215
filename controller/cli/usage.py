"""Usage errors and help pages of the command-line library, in the language in force.

The library writes English; what it may say is a closed set, recognised by its form.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from config.language import render, text
from config.language.details import Forms
from controller.cli.speech import put_json, say

_ERRORS = Forms(
    text("Missing argument {name}."),
    text("Missing option {name}."),
    text("Missing command."),
    text("No such option: {name} (Possible options: {names})"),
    text("No such option: {name}"),
    text("No such command {name}. Did you mean {names}?"),
    text("No such command {name}."),
    text("Option {name} requires an argument."),
    text("Option {name} does not take a value."),
    text("Got unexpected extra argument(s) ({names})"),
    text("Invalid value for {name}: {why}"),
    text("Input should be less than or equal to {most}"),
    text("Input should be greater than or equal to {least}"),
    text("Input should be a valid number, unable to parse string as a number"),
    text("Input should be a valid integer, unable to parse string as an integer"),
)
_HEADINGS = {
    "Arguments:": text("Arguments:"),
    "Options:": text("Options:"),
    "Commands:": text("Commands:"),
}
_PLACES = {
    "[OPTIONS]": text("[OPTIONS]"),
    "COMMAND [ARGS]...": text("COMMAND [ARGS]..."),
    "[required]": text("[required]"),
    "Show this message and exit.": text("Show this message and exit."),
}


def show_usage_error(error: Exception, *, as_json: bool) -> bool:
    """Tell of a usage error of the library; False if it is another error (its type differs between versions
    by module only, so it is known by what it can do)."""
    described = getattr(error, "format_message", None)
    if described is None:
        return False
    said = str(described())
    context: Any = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(said + "\n")
        return True
    what = say(_ERRORS.read(said))
    if as_json:
        put_json({"error": {"code": "usage", "message": what, "hint": "", "where": ""}})
        return True
    if context is not None:
        ask = f"{context.command_path} --help"
        sys.stderr.write(f"{context.get_usage()}\n{say(text('Help: {ask}', ask=ask))}\n\n")
    sys.stderr.write(f"louguan: {what}\n")
    return True


def localise(command: Any, language: str) -> None:
    """Let a command tree write its help pages and usage lines in `language`."""
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda *_, **__: None  # "<str>" says nothing to people
    for name in ("get_help", "get_usage"):
        setattr(command, name, _translated(getattr(command, name), language))
    for child in getattr(command, "commands", {}).values():
        localise(child, language)


def _translated(written: Any, language: str) -> Any:
    def page(context: Any) -> str:
        return translate_page(str(written(context)), language)

    return page


def translate_page(page: str, language: str) -> str:
    """A help page or usage line."""
    page = re.sub(r"\{([\w|-]+)\}", r"\1", page)  # "{POINT}": the library's braces for what is required
    if language == "en":
        return page
    if page.startswith("Usage: "):
        page = render(text("Usage: "), language) + page.removeprefix("Usage: ")
    for said, place in _PLACES.items():
        page = page.replace(said, render(place, language))
    page = re.sub(r"(\[default:[^\];]*); ?", r"\1；", page)  # before the range of a number
    page = re.sub(r"\[default:\s+", "[" + render(text("default: "), language), page)
    return "\n".join(
        render(_HEADINGS[line], language) if line in _HEADINGS else line for line in page.split("\n")
    )
