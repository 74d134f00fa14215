"""Seeds over processes."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from controller.campaign.campaign import live, shorten
from controller.campaign.life import Lived
from controller.campaign.making import Wanted
from controller.campaign.story import Story, dump
from hil_tests.campaign.seeds import ground_of, story
from hil_tests.campaign.sites import site

SHORTEN_S = 120.0
"""CPU seconds that may go into the shortening of one story."""


class Done(NamedTuple):
    """What came of one seed."""

    asked: Wanted
    lived: Lived
    cpu_s: float
    short: Story | None
    """Of one that broke something: the shortest found."""
    short_lived: Lived | None


def run(asked: Wanted) -> Done:
    """One seed, in whatever process."""
    of = site(asked.site)
    whole = story(asked, of)
    began_s = time.process_time()
    lived = live(whole, of.plans, ground_of(of))
    cpu_s = time.process_time() - began_s
    if not lived.breaches:
        return Done(asked, lived, cpu_s, None, None)
    until_s = time.process_time() + SHORTEN_S
    found = shorten(whole, lived, of.plans, ground_of(of), lambda: time.process_time() < until_s)
    return Done(asked, lived, cpu_s, *found)


def run_all(jobs: Iterable[Wanted], workers: int, until_s: float | None) -> Iterator[Done]:
    """As they are done. `until_s`: none is begun after that (machine's monotonic time)."""
    waiting = iter(jobs)
    if workers == 1:
        for asked in waiting:
            if until_s is not None and time.monotonic() >= until_s:
                return
            yield run(asked)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        running: set[Future[Done]] = {pool.submit(run, asked) for asked in islice(waiting, 2 * workers)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                yield one.result()
                more = until_s is None or time.monotonic() < until_s
                running |= {pool.submit(run, asked) for asked in islice(waiting, 1 if more else 0)}


class Account:
    """What a campaign has come to."""

    def __init__(self, keep: Path | None, out: Path | None, show: Callable[[str], None]) -> None:
        """`keep`: a directory for stories that broke something; `out`: a file for a line a seed."""
        self._keep = keep
        self._out = out
        self._show = show
        self._days: defaultdict[tuple[str, float], float] = defaultdict(float)
        self._cpu_s: defaultdict[tuple[str, float], float] = defaultdict(float)
        self._sums: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        """By judge."""

    def take(self, done: Done) -> None:
        asked, lived = done.asked, done.lived
        key = asked.site, asked.cycle_s
        self._days[key] += lived.hours / 24
        self._cpu_s[key] += done.cpu_s
        for name in ("deeds", "cycles", "decisions", "writes", "intervals", "tellings", "starts", "swaps"):
            self._sums[name] += getattr(lived, name)
        self._sums["seeds"] += 1
        if lived.breaches:
            self.broken[lived.breaches[0].judge] += 1
        if self._out is not None:
            with self._out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_line(done), ensure_ascii=False) + "\n")
        if done.short is not None and self._keep is not None:
            self._keep.mkdir(parents=True, exist_ok=True)
            name = f"{asked.site.rpartition('/')[2]}-{asked.seed}.json"
            (self._keep / name).write_text(dump(done.short), encoding="utf-8")

    def tell(self) -> None:
        """All of it."""
        days, cpu_s = sum(self._days.values()), sum(self._cpu_s.values())
        for name, cycle_s in sorted(self._days):
            of = name, cycle_s
            rate = self._days[of] / self._cpu_s[of] * 3600
            self._show(
                f"{name:<36} {cycle_s:4g} s {self._days[of]:8.1f} days {rate:9.0f} days an hour of CPU"
            )
        self._show(f"{days:.1f} site-days, {cpu_s:.0f} s of CPU; " + ", ".join(
            f"{count} {name}" for name, count in self._sums.items()
        ))  # fmt: skip
        broken = ", ".join(f"{judge} {count}" for judge, count in self.broken.most_common())
        self._show(f"broken: {broken or 'nothing'}")


def _line(done: Done) -> dict[str, object]:
    asked, lived = done.asked, done.lived
    first = lived.breaches[0] if lived.breaches else None
    return {
        "site": asked.site,
        "seed": asked.seed,
        "cycle_s": asked.cycle_s,
        "on_disk": asked.on_disk,
        "hours": round(lived.hours, 2),
        "cpu_s": round(done.cpu_s, 2),
        "digest": lived.digest,
        "broken": None if first is None else f"{first.judge} {first.subject}",
    }
