"""init, check, compile, schema: the site's files, read by the compiler in a child process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.speech import language

SiteDir = Annotated[Path, typer.Argument(help="The site directory.", metavar="SITE", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsStream = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def _compiler(*words: str) -> None:
    """Run the compiler program with our own streams and leave with its code."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "config.written", *words, "--lang", language()], check=False
    )
    # Ended by a signal: as a shell would say it.
    raise typer.Exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


def init(directory: SiteDir) -> None:
    """Write a commented starter site into a new directory."""
    _compiler("init", str(directory))


def check(
    site: SiteDir,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Also say what each tag stands for.")] = False,
) -> None:
    """Check a site's files and print every mistake with its place."""
    _compiler("check", str(site), *(["--json"] if as_json else []), *(["--verbose"] if verbose else []))


def compile_(site: SiteDir) -> None:
    """Compile a site and print the plan the daemon would run, as JSON."""
    _compiler("compile", str(site))


def schema() -> None:
    """Print the JSON Schema of the site files, for editors."""
    _compiler("schema")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("init")(init)
    app.command("check")(check)
    app.command("compile")(compile_)
    app.command("schema")(schema)
