"""A campaign: many seeds, each a site's days with whatever may happen in them.

    python -m hil_tests.campaign run --seeds 1-200 [--hours 24] [--workers 2] [--for 3600] [--sites A,B]
                                     [--keep DIR] [--out FILE]
    python -m hil_tests.campaign story SITE SEED [--hours 24]      the story alone
    python -m hil_tests.campaign again FILE                        one that was kept

Exit code 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from config.language import render
from controller.campaign.campaign import live
from controller.campaign.life import Lived
from controller.campaign.story import Story, load
from controller.campaign.telling import told
from hil_tests.campaign.running import Account, run_all
from hil_tests.campaign.seeds import ground_of, story, wanted
from hil_tests.campaign.sites import LARGE, SMALL, site


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    match options.what:
        case "run":
            return _run(options)
        case "story":
            of = site(options.site)
            _tell(story(wanted(options.seed, options.hours, (options.site,)), of), Lived())
            return 0
        case _:
            kept = load(Path(options.file).read_text(encoding="utf-8"))
            of = site(kept.site)
            lived = live(kept, of.plans, ground_of(of))
            _tell(kept, lived)
            return 1 if lived.breaches else 0


def _run(options: argparse.Namespace) -> int:
    first, _, last = options.seeds.partition("-")
    names = tuple(options.sites.split(",")) if options.sites else ()
    jobs = [wanted(seed, options.hours, names) for seed in range(int(first), int(last or first) + 1)]
    for name in sorted({asked.site for asked in jobs}):
        site(name)  # compiled once, before there are several processes
    until_s = None if options.seconds is None else time.monotonic() + options.seconds
    account = Account(options.keep, options.out, _print)
    for done in run_all(jobs, options.workers, until_s):
        account.take(done)
        if done.short is not None and done.short_lived is not None:
            asked = done.asked
            _print(f"--- {asked.site} seed {asked.seed}: {len(done.short.deeds)} deeds are enough")
            _tell(done.short, done.short_lived)
            _print(
                f"again: .venv/bin/python -m hil_tests.campaign run --seeds {asked.seed} "
                f"--hours {options.hours:g}" + (f" --sites {options.sites}" if options.sites else "")
            )
            if options.until_broken:
                break
    account.tell()
    return 1 if account.broken else 0


def _tell(one: Story, lived: Lived) -> None:
    for at, words in told(one, lived):
        _print(f"{at}  {render(words, 'en')}")


def _print(line: str) -> None:
    print(line, flush=True)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parts = parser.add_subparsers(dest="what", required=True)
    run = parts.add_parser("run")
    run.add_argument("--seeds", default="1-100")
    run.add_argument("--hours", type=float, default=24.0)
    run.add_argument("--workers", type=int, default=2)
    run.add_argument("--for", dest="seconds", type=float, help="begin none after so many seconds")
    run.add_argument("--sites", default="", help=f"of {LARGE}, {', '.join(SMALL)}")
    run.add_argument("--keep", type=Path, help="directory for stories that broke something")
    run.add_argument("--out", type=Path, help="file for a line a seed (JSON)")
    run.add_argument("--until-broken", action="store_true")
    one = parts.add_parser("story")
    one.add_argument("site")
    one.add_argument("seed", type=int)
    one.add_argument("--hours", type=float, default=24.0)
    again = parts.add_parser("again")
    again.add_argument("file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
