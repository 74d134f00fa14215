"""What a seed of a campaign is: which site, how long, at which cycle, in memory or on the disk."""

from __future__ import annotations

from functools import partial

from controller.campaign.campaign import MakeGround
from controller.campaign.making import Wanted, make
from controller.campaign.story import Story
from controller.cli.campaign_ground import ground
from hil_tests.campaign.sites import LARGE, SMALL, Site

FIRST_DAYS = ("2026-03-05", "2026-02-16", "2026-10-01", "2026-12-31", "2026-07-11")
"""A workday, holidays, the turn of the year, a summer's weekend."""
LARGE_EVERY = 20
SECONDS_EVERY = 50
"""So often at the daemon's own cycle of a second, for an hour or two."""
DISK_EVERY = 8


def wanted(seed: int, hours: float, names: tuple[str, ...] = ()) -> Wanted:
    """`names`: only of these sites."""
    known = names or SMALL
    name = LARGE if not names and seed % LARGE_EVERY == 0 else known[seed % len(known)]
    quick = seed % SECONDS_EVERY == 7
    first = FIRST_DAYS[seed % len(FIRST_DAYS)]
    on_disk = seed % DISK_EVERY == 3
    return Wanted(name, seed, first, min(hours, 2.0) if quick else hours, 1.0 if quick else 60.0, on_disk)


def story(asked: Wanted, of: Site) -> Story:
    """That seed's."""
    return make(of.plans[0], asked, len(of.plans))


def ground_of(of: Site) -> MakeGround:
    """The devices of that site, anew for each story."""
    return partial(ground, of.facts)
