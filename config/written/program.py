"""Arguments, output and exit status of `python -m config.written`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from config.language import choose, render, text
from config.plan.devices import Source
from config.written.problems import MOST_SHOWN, Findings


def main(arguments: Sequence[str]) -> int:
    """Run one of the programs; 0 done, 1 the answer is no, 2 wrong use."""
    options = _parser().parse_args(arguments)
    options.language = choose(options.lang)
    status: int = options.run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.written")
    programs = parser.add_subparsers(required=True)
    profile = programs.add_parser("profile", help="check device profiles")
    profile.add_argument("files", nargs="+", type=Path)
    profile.set_defaults(run=_profile)
    for program in (profile,):
        program.add_argument("--lang", default=None)
        program.add_argument("--json", action="store_true")
    return parser


def report(findings: Findings, language: str, as_json: bool) -> int:
    """Print problems (stderr, or one JSON object on stdout); the exit status."""
    problems = findings.problems()
    if as_json:
        answer = {
            "errors": [problem.record(language) for problem in problems[:MOST_SHOWN]],
            "errors_total": len(problems),
            "notes": [
                {"file": at.file, "line": at.line, "column": at.column, "message": render(note, language)}
                for at, note in findings.notes()
            ],
        }
        print(json.dumps(answer, ensure_ascii=False))  # noqa: T201
        return 1 if problems else 0
    for problem in problems[:MOST_SHOWN]:
        print(problem.sentence(language), file=sys.stderr)  # noqa: T201
    if len(problems) > MOST_SHOWN:
        more = text("… and {count} more", count=len(problems) - MOST_SHOWN)
        print(render(more, language), file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


def _profile(options: argparse.Namespace) -> int:
    from config.written.profiles import read_profile

    findings = Findings()
    for path in options.files:
        try:
            data = path.read_bytes()
        except OSError as error:
            findings.problem(
                Source(str(path), 0, 0), text("cannot be read ({reason})", reason=error.strerror)
            )
            continue
        read_profile(str(path), data, findings)
    return report(findings, options.language, options.json)
