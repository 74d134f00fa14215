"""What `louguan check` costs.

    python -m bench.check [--site DIR] [--quick]

Medians of five runs after one that warms the file cache, beside the bare interpreter in the same run. The
compiler is a child process of the command and is timed alone too. Resident memory is the largest sum over
both. Exit 1 when the site's check takes longer than its target.
"""

from __future__ import annotations

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from bench.measure import REPEATS, bare, louguan, machine, most_resident_mib, repeated, table

TARGET_S = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, default=Path(str(files("config") / "sites" / "shuangliu")))
    parser.add_argument("--quick", action="store_true", help="one run of each: only whether it works")
    options = parser.parse_args()
    site, repeats = str(options.site), 1 if options.quick else REPEATS
    programs = {
        "python -c pass": bare(),
        "louguan --version": louguan("--version"),
        "the compiler alone": [sys.executable, "-P", "-m", "config.written", "check", site],
        f"louguan check {options.site.name}": louguan("check", site),
    }
    print(machine())
    floor_s, wall_s = 0.0, 0.0
    rows = []
    for name, command in programs.items():
        took = repeated(command, repeats)
        wall_s = took.median.wall_s
        floor_s = floor_s or wall_s
        memory = f"{most_resident_mib(command):.0f} MiB"
        times = (wall_s, took.least.wall_s, took.least.cpu_s)
        rows.append([name, *(f"{1000 * time:.0f} ms" for time in times), f"{wall_s / floor_s:.1f}", memory])
    print(table(["", "median", "least", "least CPU", "× bare", "resident"], rows))
    print(f"target: {TARGET_S:g} s; {'met' if wall_s < TARGET_S else 'missed'}")
    return 0 if wall_s < TARGET_S or options.quick else 1


if __name__ == "__main__":
    sys.exit(main())
