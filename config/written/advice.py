"""What a YAML syntax error means to somebody who has never read the YAML specification."""

from __future__ import annotations

import yaml

from config.language import Text, text
from config.written.signs import suspect

_UNCLOSED = ("end of stream", "document indicator")
_STARTERS = {"*": "*", "&": "&", "!": "!", ">": ">", "|": "|", "@": "@", "`": "`", "%": "%"}


def explain(
    error: yaml.YAMLError, content: str, lines: list[str]
) -> tuple[tuple[int, int], Text, Text | None]:
    """(line, column), what is wrong, and advice or None; `lines` are those of `content`."""
    if isinstance(error, yaml.reader.ReaderError):
        before = content.encode()[: error.position].decode(errors="ignore").split("\n")
        sign = (
            f"U+{ord(error.character):04X}" if isinstance(error.character, str) else f"{error.character:#x}"
        )
        return (
            (len(before), len(before[-1]) + 1),
            text("control character {sign}", sign=sign),
            text("delete it"),
        )
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return (1, 1), text("not readable as YAML ({problem})", problem=error), None
    mark = error.problem_mark
    at = (mark.line + 1, mark.column + 1)
    line = lines[mark.line] if mark.line < len(lines) else ""
    problem = error.problem or ""
    flow = "flow" in (error.context or "") and error.context_mark is not None
    first = error.context_mark.line if flow and error.context_mark else mark.line - 2
    if found := suspect(lines, first, mark.line):
        return found
    said = _scanner(problem, error.context or "", line, mark.column) or _parser(problem, error.context or "")
    if "could not find expected ':'" in problem:
        begin = error.context_mark.line if error.context_mark else mark.line
        written = lines[begin] if begin < len(lines) else ""
        at = (begin + 1, len(written) - len(written.lstrip()) + 1)
    if flow and error.context_mark is not None:
        at = (error.context_mark.line + 1, error.context_mark.column + 1)
    if (
        "quoted scalar" in (error.context or "")
        and any(end in problem for end in _UNCLOSED)
        and error.context_mark is not None
    ):
        at = (error.context_mark.line + 1, error.context_mark.column + 1)
    if said is None:
        return at, text("not readable as YAML ({problem})", problem=problem), None
    return at, *said


def _scanner(problem: str, context: str, line: str, column: int) -> tuple[Text, Text | None] | None:
    if "cannot start any token" in problem:
        sign = line[column : column + 1]
        if sign == "\t":
            return text("a tab in front of the text"), text("indent with spaces")
        return (
            text('a text cannot begin with "{sign}" in YAML', sign=sign),
            text("put the text in quotes"),
        )
    if "tag handle" in problem:
        return text('a text cannot begin with "{sign}" in YAML', sign="!"), text("put the text in quotes")
    if "alias" in context or "anchor" in context or "tag" in context:
        sign = "*" if "alias" in context else "&" if "anchor" in context else "!"
        return (
            text('a text cannot begin with "{sign}" in YAML', sign=sign),
            text("write names out, use a tag, or put the text in quotes"),
        )
    if "block scalar" in context:
        return (
            text(
                'a text cannot begin with "{sign}" in YAML',
                sign=line.strip()[-1:] if not line else _sign(line, column),
            ),
            text('write "above" or "below", or put the text in quotes'),
        )
    if "quoted scalar" in context and any(end in problem for end in _UNCLOSED):
        return text("this quote is never closed"), None
    if "tab character" in problem:
        return text("a tab in front of the text"), text("indent with spaces")
    if "directive" in problem or "version number" in problem:
        return text("directives such as %YAML are not used here"), text("delete this line")
    if "escape" in problem or "hexdecimal" in problem:  # spelt so by the parser
        return text('"\\" begins an escape inside double quotes'), text("use single quotes")
    if "could not find expected ':'" in problem:
        return text('expected "key: value" here'), None
    return None


def _sign(line: str, column: int) -> str:
    """The block sign standing last before the column."""
    return max((line.rfind(sign, 0, column), sign) for sign in ("|", ">"))[1]


def _parser(problem: str, context: str) -> tuple[Text, Text | None] | None:
    if "document start" in problem:
        return (
            text("a second document begins here"),
            text("delete the line ---, or make it a file of its own"),
        )
    if "mapping values are not allowed" in problem:
        return (
            text('a second ": " where only one value can stand'),
            text("put the text in quotes, or check the indentation"),
        )
    if "',' or ']'" in problem or ("flow" in context and "sequence" in context):
        return text('the list that begins with "[" is not closed'), None
    if "',' or '}'" in problem or "flow" in context:
        return text("a bracket is not closed, or something is missing inside it"), None
    if "block sequence entries are not allowed" in problem:
        return text('a list item "- " cannot stand here'), text("begin it on a line of its own")
    if "block" in context:
        return (
            text("this does not fit the lines above"),
            text("check the indentation, quotes and brackets"),
        )
    return None
