"""The compiler, run as a child process: no edit of a site can hurt the daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from config.language import render, text
from config.language.details import reason

_WALL_S = 30.0
"""The child limits its own processor time to 5 s; on a busy machine that takes longer by the clock."""


class Problem(NamedTuple):
    """One thing wrong with a site, in the language asked for; line and column are 0 for a whole file."""

    file: str
    line: int
    column: int
    message: str
    expected: str | None = None
    hint: str | None = None


class Compiled(NamedTuple):
    """Either the text of a Plan (for `config.plan.codec.load`), or what is wrong with the site."""

    plan: str | None
    problems: tuple[Problem, ...]
    report: str
    """All problems as a person reads them, one a line; "" with a Plan."""


def compile_site(site: Path, language: str, *, wall_s: float = _WALL_S) -> Compiled:
    """Compile the site directory. Blocks for as long as the child runs; never raises for the site's sake."""
    # -P: a folder named config where we happen to stand is not ours.
    program = [sys.executable, "-P", "-m", "config.written"]
    command = [*program, "compile", str(site), "--lang", language, "--json"]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, timeout=wall_s, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return _failed(
            site, render(text("the compiler did not end within {limit} s", limit=f"{wall_s:g}"), language)
        )
    except OSError as error:
        return _failed(
            site, render(text("the compiler cannot be started ({reason})", reason=reason(error)), language)
        )
    output = done.stdout.decode(errors="replace")
    if done.returncode == 0:
        return Compiled(output.rstrip("\n"), (), "")
    if done.returncode == 1 and output.startswith("{"):
        return _refused(output)
    return _failed(site, _last_words(done, language))


def _refused(output: str) -> Compiled:
    answer = json.loads(output)
    problems = tuple(
        Problem(
            error["file"], error["line"], error["column"], error["message"], error["expected"], error["hint"]
        )
        for error in answer["errors"]
    )
    return Compiled(None, problems, "\n".join(answer["report"]))


def _failed(site: Path, message: str) -> Compiled:
    return Compiled(None, (Problem(str(site), 0, 0, message),), f"{site}: {message}")


def _last_words(done: subprocess.CompletedProcess[bytes], language: str) -> str:
    """Why the child ended without an answer, as a sentence."""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode == 1 and said and not any(line.startswith("Traceback") for line in said):
        return said[-1]
    if done.returncode < 0:
        return render(text("the compiler was ended by signal {signal}", signal=-done.returncode), language)
    reason = said[-1] if said else f"exit {done.returncode}"
    return render(text("the compiler failed ({reason})", reason=reason), language)
