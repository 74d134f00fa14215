"""What must hold whatever happens, written from what the daemon promises and from nothing that it is made of:
these modules know its records, not its reasoning."""

from __future__ import annotations

from controller.campaign.judges.alarms import Told
from controller.campaign.judges.arbitration import Winners
from controller.campaign.judges.barriers import Barred
from controller.campaign.judges.fence import Fence
from controller.campaign.judges.holding import Holding
from controller.campaign.judges.interlocks import Tripped
from controller.campaign.judges.meters import Conserved
from controller.campaign.judges.motors import Rested
from controller.campaign.judges.people import Overridden
from controller.campaign.judges.readings import Fresh
from controller.campaign.judges.swaps import Unmoved
from controller.campaign.seen import Judge


def all_judges() -> list[Judge]:
    """New ones, for one story."""
    return [
        Fence(),
        Barred(),
        Winners(),
        Overridden(),
        Rested(),
        Tripped(),
        Conserved(),
        Fresh(),
        Told(),
        Holding(),
        Unmoved(),
    ]
