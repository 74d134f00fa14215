"""What lasts is set apart from the collector's rounds, and what only seemed to last goes with its plan."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from controller.lasting import Lasting


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class _Held:
    """Of a plan, in a circle."""

    def __init__(self) -> None:
        self.me = self


async def test_what_lasts_is_set_apart_and_a_former_plan_leaves_nothing_behind() -> None:
    plan = object()
    lasting = Lasting(lambda: plan)
    held: _Held | None = _Held()
    gone = weakref.ref(held)
    await lasting.look()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] > 700
    held = None
    gc.collect()
    assert gone() is not None, "it was set apart"
    await lasting.look()
    assert gone() is not None, "one plan is settled once"
    plan = object()
    await lasting.look()
    assert gone() is None
    assert gc.get_freeze_count() > 10_000
