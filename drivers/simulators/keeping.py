"""What the counters of a simulated plant stood at, and when: over one run and the next, in a small file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from config.plan.regular import read_regular

if TYPE_CHECKING:
    from drivers.simulators.plant.world import World

FORMAT = 1
SAVE_S = 5.0
"""Machine seconds between two savings: what a kill may take back."""
_MOST_BYTES = 1 << 24
_MOST_MS = 1 << 42


class NotKept(Exception):
    """The file says nothing that can be used: damaged, or of another site."""


class Kept(NamedTuple):
    """What a file says."""

    time_ms: int
    """Site time at which it was so, UTC milliseconds."""
    counters: Mapping[str, Mapping[str, float]]
    """By device and name: `DeviceModel.counters`."""


def load(path: Path, site: str) -> Kept | None:
    """What was kept for `site`; None where nothing was. Raises NotKept, OSError."""
    try:
        content = read_regular(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    try:
        found = json.loads(content)
        if found["format"] != FORMAT or found["site"] != site:
            raise NotKept(f"of format {found['format']} and site {found['site']}")
        counters = {
            str(device): {str(name): _number(value) for name, value in of.items()}
            for device, of in found["counters"].items()
        }
        time_ms = found["time_ms"]
        if not isinstance(time_ms, int) or not 0 < time_ms < _MOST_MS:
            raise NotKept(f"{time_ms!r} is no time")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise NotKept(str(error)) from error
    return Kept(time_ms, counters)


def save(path: Path, site: str, kept: Kept) -> None:
    """Whole or not at all. Raises OSError."""
    content: dict[str, Any] = {"format": FORMAT, "site": site, **kept._asdict()}
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def kept_of(world: World) -> Kept:
    """What a plant's counters stand at now."""
    return Kept(int(world.wall_ms), {name: model.counters() for name, model in world.models.items()})


def go_on(world: World, kept: Kept) -> None:
    """The plant's counters stand where they stood then; devices that are new begin as they would."""
    for name, model in world.models.items():
        model.go_on(kept.counters.get(name, {}))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (0 <= value < math.inf):
        raise NotKept(f"{value!r} is no count")
    return float(value)
