"""Feed decoders with what nobody should send.

    python -m tests.fuzz all|list|NAME… [--cases N] [--seed S] [--seconds S] [--out FILE] [--keep DIR]
    python -m tests.fuzz NAME --again HEX|FILE         one case by itself, with its traceback

A failing case is printed with its seed and number, made short, and put into the corpus that `make test`
replays. Exit code 1 when there was one.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.fuzz.corpus import FOLDER, case_in, keep
from tests.fuzz.guarded import guarded
from tests.fuzz.registry import DECODERS, opened


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    if options.names == ["list"]:
        print("\n".join(DECODERS))
        return 0
    names = list(DECODERS) if options.names == ["all"] else options.names
    for name in names:
        if name not in DECODERS:
            print(f"no decoder {name}; `list` lists them", file=sys.stderr)
            return 2
    if options.again:
        return _again(names[0], options.again)
    return 1 if sum(_run(name, options) for name in names) else 0


def _run(name: str, options: argparse.Namespace) -> int:
    account = guarded(name, seed=options.seed, cases=options.cases, seconds=options.seconds)
    figures = {
        "decoder": name,
        "seed": options.seed,
        "cases": account.cases,
        "refused": account.refused,
        "cpu_s": round(account.cpu_s, 1),
        "slowest_ms": round(account.slowest_s * 1000, 1),
        "slowest": account.slowest,
        "growth_mb": round(account.growth / 1e6, 2),
        "failures": len(account.failures),
    }
    line = json.dumps(figures)
    print(line, flush=True)
    if options.out is not None:
        with options.out.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
    for failure in account.failures.values():
        print(f"  {failure.kind}: {failure.says}")
        print(f"    at {failure.where}; seed {options.seed}, case {failure.number}")
        print(f"    {failure.data.hex()}", flush=True)
        if failure.data:
            print(f"    kept as {keep(name, options.seed, failure, options.keep)}")
    return len(account.failures)


def _again(name: str, given: str) -> int:
    path = Path(given)
    written = path.read_text(encoding="utf-8") if path.is_file() else given
    data = case_in(written)
    with opened(name) as decoder:
        try:
            print(repr(decoder.take(data)))
        except decoder.declared as error:
            print(f"refused: {error!r}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="of each decoder, at most")
    parser.add_argument("--out", type=Path, help="file for a line of figures a decoder (JSON)")
    parser.add_argument("--keep", type=Path, default=FOLDER, help="the corpus")
    parser.add_argument("--again", metavar="HEX")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
