"""One seed of a campaign: its story made, lived and, where something breaks, shortened."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from config.plan.site import Plan
from controller.campaign.ground import Ground
from controller.campaign.in_memory import Told
from controller.campaign.judges import all_judges
from controller.campaign.life import Life, Lived
from controller.campaign.machine import Machine
from controller.campaign.on_disk import OnDisk
from controller.campaign.shrinking import shrunk
from controller.campaign.story import Story

MakeGround = Callable[[Plan, Machine, Story], Ground]


class Found(NamedTuple):
    """A story that breaks a promise, as short as it could be made."""

    story: Story
    lived: Lived


def live(story: Story, plans: Sequence[Plan], make_ground: MakeGround) -> Lived:
    """Live a story before new judges. `plans`: as `Life` takes them."""
    if not story.on_disk:
        return Life(story, plans, make_ground, Told(), all_judges()).live()
    with tempfile.TemporaryDirectory(prefix="louguan-campaign-", ignore_cleanup_errors=True) as folder:
        return Life(story, plans, make_ground, OnDisk(Path(folder)), all_judges()).live()


def shorten(
    story: Story,
    lived: Lived,
    plans: Sequence[Plan],
    make_ground: MakeGround,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Found:
    """Of a story that failed: the shortest found that fails like it."""
    made = shrunk(story, lived.breaches[0], lambda one: live(one, plans, make_ground), may_go_on)
    return Found(made, live(made, plans, make_ground))
