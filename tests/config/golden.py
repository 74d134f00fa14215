"""The golden folders: each a site (good or broken) with the exact text that checking it prints.

`python -m tests.config.golden` writes the expected texts anew, for review by eye.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

from config.language import Text
from config.written.compile import compile_site
from config.written.problems import Findings
from config.written.program import main

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
LANGUAGES = {"en": "expected.txt", "zh_CN": "expected.zh.txt"}


def cases() -> list[str]:
    return sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


def printed(case: str, language: str) -> str:
    """What `check` prints of the case, problems and all."""
    out = io.StringIO()
    with contextlib.chdir(GOLDEN), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = main(["check", case, "--lang", language])
    return f"{out.getvalue()}exit {status}\n"


def messages(findings: Findings) -> set[str]:
    """The message ids of everything found, parts included."""
    found: set[str] = set()
    for problem in findings.problems():
        for part in (problem.message, problem.expected, problem.hint):
            if part is not None:
                found.update(_ids(part))
    for _, note in findings.notes():
        found.update(_ids(note))
    return found


def produced(case: Path) -> set[str]:
    findings = Findings()
    compile_site(case, findings)
    return messages(findings)


def _ids(message: Text) -> Iterator[str]:
    yield message.message
    for _, part in message.parts:
        if isinstance(part, Text):
            yield from _ids(part)


def _write() -> None:
    os.environ.pop("LOUGUAN_LANG", None)
    for case in cases():
        for language, name in LANGUAGES.items():
            (GOLDEN / case / name).write_text(printed(case, language), encoding="utf-8")


if __name__ == "__main__":
    _write()
