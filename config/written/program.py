"""Arguments, output and exit status of `python -m config.written`."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from config.language import choose, render, text
from config.language.details import detail
from config.plan.codec import dump
from config.plan.devices import Source
from config.plan.regular import read_regular
from config.written.compile import compile_site
from config.written.library import read_profile
from config.written.plant import plant_facts
from config.written.problems import MOST_SHOWN, Enough, Findings, Problem

SCHEMAS = ("site", "programmes", "calendar", "profile", "tariff")


def main(arguments: Sequence[str]) -> int:
    """Run one of the programs; 0 done, 1 the answer is no, 2 wrong use."""
    options = _parser().parse_args(arguments)
    options.language = choose(options.lang)
    status: int = options.run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.written")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", default=None, help="zh_CN or en")
    common.add_argument("--json", action="store_true", help="problems and notes as one JSON object")
    programs = parser.add_subparsers(required=True)
    for name, run, says in (
        ("compile", _compile, "print the Plan of a site"),
        ("check", _check, "say everything that is wrong with a site"),
        ("plant", _plant, "print what the simulated plant should know of a site"),
        ("init", _init, "write a starter site"),
    ):
        program = programs.add_parser(name, parents=[common], help=says)
        program.add_argument("directory", type=Path)
        if run is _check:
            program.add_argument("--verbose", action="store_true", help="say what each tag stands for, too")
        program.set_defaults(run=run)
    profile = programs.add_parser("profile", parents=[common], help="check device profiles")
    profile.add_argument("files", nargs="+", type=Path)
    profile.set_defaults(run=_profile)
    schema = programs.add_parser("schema", parents=[common], help="print a JSON Schema for editors")
    schema.add_argument("of", nargs="?", choices=SCHEMAS, default="site")
    schema.set_defaults(run=_schema)
    return parser


def _compile(options: argparse.Namespace) -> int:
    findings = Findings()
    plan = compile_site(options.directory, findings)
    if plan is None:
        return report(findings, options.language, options.json)
    print(dump(plan))  # noqa: T201
    return 0


def _check(options: argparse.Namespace) -> int:
    findings = Findings()
    plan = compile_site(options.directory, findings)
    status = report(findings, options.language, options.json)
    if plan is not None and not options.json:
        for at, note in findings.notes(expansions=options.verbose):
            print(f"{at}: {render(note, options.language)}")  # noqa: T201
        if findings.expansions and not options.verbose:
            summary = text(
                "tags that stand for equipment, devices or meters: {count}; --verbose says for which",
                count=findings.expansions,
            )
            print(render(summary, options.language))  # noqa: T201
        good = text(
            "{name}: no errors; devices: {devices}, points: {points}, programmes: {programmes}",
            name=plan.site.label,
            devices=len(plan.devices),
            points=len(plan.points),
            programmes=len(plan.programmes),
        )
        print(render(good, options.language))  # noqa: T201
    return status


def _plant(options: argparse.Namespace) -> int:
    findings = Findings()
    facts = plant_facts(options.directory, findings)
    if facts is None:
        return report(findings, options.language, options.json)
    print(json.dumps(facts, ensure_ascii=False))  # noqa: T201
    return 0


def _init(options: argparse.Namespace) -> int:
    findings = Findings()
    from config.written.starter import write_starter

    written = write_starter(options.directory, findings, options.language)
    if findings.failed:
        return report(findings, options.language, options.json)
    if options.json:
        print(json.dumps({"directory": str(options.directory), "files": written}))  # noqa: T201
    else:
        print("\n".join(str(options.directory / name) for name in written))  # noqa: T201
    return 0


def _schema(options: argparse.Namespace) -> int:
    from config.written.schema import schema_text

    print(schema_text(options.of), end="")  # noqa: T201
    return 0


def report(findings: Findings, language: str, as_json: bool) -> int:
    """Print problems (stderr, or one JSON object on stdout); the exit status."""
    problems = findings.problems()
    if as_json:
        answer = {
            "errors": [problem.record(language) for problem in problems[:MOST_SHOWN]],
            "errors_total": len(problems),
            "report": _lines(problems, language),
            "notes": [
                {"file": at.file, "line": at.line, "column": at.column, "message": render(note, language)}
                for at, note in findings.notes()
            ],
        }
        print(json.dumps(answer, ensure_ascii=False))  # noqa: T201
        return 1 if problems else 0
    for line in _lines(problems, language):
        print(line, file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


def _lines(problems: Sequence[Problem], language: str) -> list[str]:
    lines = [problem.sentence(language) for problem in problems[:MOST_SHOWN]]
    if len(problems) > MOST_SHOWN:
        lines.append(render(text("… and {count} more", count=len(problems) - MOST_SHOWN), language))
    return lines


def _profile(options: argparse.Namespace) -> int:
    findings = Findings()
    for path in options.files:
        try:
            data = read_regular(path)
        except OSError as error:
            findings.problem(
                Source(str(path), 0, 0),
                text("cannot be read ({reason})", reason=detail(error.strerror or str(error))),
            )
            continue
        with contextlib.suppress(Enough):
            read_profile(str(path), data, findings)
    return report(findings, options.language, options.json)
