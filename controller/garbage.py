"""The search for garbage in reference cycles, kept away from what stands as long as the Plan does.

A full search looks at every object there is: with 10,000 points it takes a tenth of a second, in which no
cycle runs and nothing is polled. What a start or a swap has built stands, so it is looked at no more.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_FRESH = 10_000
"""New objects after which the young ones are looked through, which takes some milliseconds."""


def build() -> None:
    """What is made from now on stays: nothing of it is garbage yet. Until `stands`."""
    gc.disable()


def stands() -> None:
    """It is built: only what comes after it is searched."""
    gc.freeze()
    gc.set_threshold(_FRESH, *gc.get_threshold()[1:])
    gc.enable()


@contextmanager
def standing() -> Iterator[None]:
    """The same for as long as this lasts. Nothing changes where something stands already."""
    if gc.get_freeze_count():
        yield
        return
    former = gc.get_threshold()
    stands()
    try:
        yield
    finally:
        gc.set_threshold(*former)
        gc.unfreeze()


def exchanged() -> None:
    """Something else stands now: what stood before is garbage, and is sought once, among everything. Not
    where nothing stood."""
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
        gc.freeze()
