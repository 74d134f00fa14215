"""What the programme of a site saves, in rehearsal: against the site left alone and against plain timers.

    python -m bench.savings [--site DIR] [--out docs] [--from 2026-01-01 --from 2026-07-01] [--days 31]
        [--cycle 60] [--seed 1] [--jobs 2]

Writes savings.en.md and savings.zh.md with their pictures. The same site, plant, weather, people and seed in
each run; the runs are spread over `--jobs` processes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import NamedTuple, get_args

from bench.savings_page import page, picture
from controller.cli.rehearse_source import field_of, site_of
from controller.rehearsal.baselines import Baseline, baseline
from controller.rehearsal.result import Frame, Result, cost_of, rehearse
from schedules.context import Context

ROOT = Path(__file__).parent.parent
VARIANTS = (*get_args(Baseline), "programme")


class Job(NamedTuple):
    """One rehearsal."""

    site: Path
    frame: Frame
    variant: str


class System(NamedTuple):
    """What one meter below the mains measured."""

    label: str
    kwh: float
    yuan: float | None


class Figures(NamedTuple):
    """What one rehearsal came to."""

    site: str
    label: str
    plan: str
    kwh: float
    yuan: float | None
    systems: dict[str, System]
    volumes: dict[str, tuple[str, str, float]]
    """m³ by meter: quantity and label with it; the mains and what is reused."""
    unmet: dict[str, int]
    """Minutes by need."""
    starts: int
    writes: int
    cpu_s: float


def run(job: Job) -> Figures:
    """Rehearse it."""
    plan, facts = site_of(job.site)
    frame, context = job.frame, Context.of(plan)
    name = next((one for one in get_args(Baseline) if one == job.variant), None)
    of = plan if name is None else baseline(name, plan, context, frame.first, frame.days)
    began_s = time.process_time()
    result = rehearse(
        of, frame, lambda clock: field_of(of, facts, clock, frame.cycle_s, frame.seed, ()), needs_of=plan
    )
    return _figures(result, time.process_time() - began_s)


def _figures(result: Result, cpu_s: float) -> Figures:
    consumption, site = result.consumption, result.plan.site
    mains = {used.meter.name for used in consumption.roots("electricity")}
    systems = {
        name: System(used.label, float(used.total), _float(consumption.cost(used)))
        for name, used in consumption.used.items()
        if used.meter.quantity == "electricity" and used.of in mains
    }
    volumes = {
        name: (used.meter.quantity, used.label, float(used.total))
        for name, used in consumption.used.items()
        if used.meter.quantity != "electricity"
    }
    unmet: dict[str, int] = {}
    for one in result.needs.unmet:
        unmet[one.kind] = unmet.get(one.kind, 0) + one.minutes
    return Figures(
        site.name,
        site.label,
        result.plan.hash,
        float(consumption.total("electricity")),
        _float(cost_of(consumption)),
        systems,
        volumes,
        unmet,
        sum(motor.starts for motor in result.motors.motors.values()),
        result.commands.writes - result.commands.reasserts,
        cpu_s,
    )


def _float(amount: object) -> float | None:
    return None if amount is None else float(str(amount))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "config/sites/shuangliu")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, action="append")
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--cycle", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    firsts = options.first or [date(2026, 1, 1), date(2026, 7, 1)]
    frames = [Frame(first, options.days, options.cycle, options.seed) for first in firsts]
    jobs = [Job(options.site, frame, variant) for frame in frames for variant in VARIANTS]
    with ProcessPoolExecutor(options.jobs) as pool:
        figures = list(pool.map(run, jobs))
    spans = [
        (frame, dict(zip(VARIANTS, figures[at * 3 : at * 3 + 3], strict=True)))
        for at, frame in enumerate(frames)
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    for language in ("en", "zh"):
        (options.out / f"savings.{language}.md").write_text(page(spans, language), encoding="utf-8")
        (options.out / f"savings.{language}.svg").write_text(picture(spans, language), encoding="utf-8")
    print(f"{sum(one.cpu_s for one in figures):.0f} s of computing; written to {options.out}")


if __name__ == "__main__":
    main()
