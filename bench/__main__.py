"""All benches one after the other: `make bench`. Prints one table; `--write` puts it into docs/performance.md
too. With `--quick` each is run once, briefly, and nothing is judged: that they still work."""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from bench.figures import HEADS, Figure, read, rows, shown
from bench.measure import machine

BENCHES: tuple[str, ...] = (
    "step",
    "pipeline",
    "jitter",
    "writes",
    "modbus_tcp",
    "modbus_many",
    "modbus_rtu",
    "bacnet",
    "start",
    "log",
    "rehearse",
    "growth",
)
"""Modules of this package that take --quick and --figures FILE, in the order of the table."""

_PAGE = Path("docs/performance.md")
_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->\n"
_VERSIONS = ("louguan", "pymodbus", "bacpypes3", "uvloop")


def main() -> int:
    """Run those that are named, or all; 1 when one failed or, unless quick, missed a bound."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="run each once, briefly; judge nothing")
    parser.add_argument("--write", action="store_true", help=f"put the table into {_PAGE}")
    given = parser.parse_args()
    if wrong := sorted(set(given.names) - set(BENCHES)):
        parser.error(f"no such bench: {', '.join(wrong)}; there are {', '.join(BENCHES)}")
    began = machine()
    figures: list[Figure] = []
    failed: list[str] = []
    for name in given.names or BENCHES:
        print(f"\n== {name}", flush=True)
        found, code = _run(name, given.quick)
        if given.quick and code not in (0, 1):
            # Once more: for a moment that a busy machine has let pass. What has rotted fails again.
            found, code = _run(name, given.quick)
        figures += found
        if code not in (0, 1) or not found:
            failed.append(name)
    print(f"\n{shown(figures)}")
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    if given.write and not failed:
        _write(figures, began)
    return 1 if failed or not (given.quick or all(figure.met for figure in figures)) else 0


def _run(name: str, quick: bool) -> tuple[list[Figure], int]:
    with tempfile.TemporaryDirectory(prefix="louguan-bench-") as folder:
        file = Path(folder) / "figures.json"
        words = [
            sys.executable,
            "-m",
            f"bench.{name}",
            "--figures",
            str(file),
            *(["--quick"] if quick else []),
        ]
        code = subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode
        return (read(file) if file.exists() else []), code


def _write(figures: list[Figure], began: str) -> None:
    page = _PAGE.read_text(encoding="utf-8")
    before, rest = page.split(_BEGIN)
    after = rest.split(_END)[1]
    versions = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    lines = [
        f"{dt.datetime.now(tz=dt.UTC).date()}; {began}; {versions}.",
        "",
        "| " + " | ".join(HEADS) + " |",
    ]
    lines += ["|---|---:|---:|---:|---|---|", *("| " + " | ".join(row) + " |" for row in rows(figures)), ""]
    _PAGE.write_text(before + _BEGIN + "\n".join(lines) + _END + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
