"""What a silent device said is not fresh for ever: after its age nothing passes for good."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import text
from config.plan.reading import Quality
from config.plan.site import Plan
from controller.campaign.seen import Breach, Seen

NAME = "readings"


class Fresh:
    """Knows which devices are silent, from the ground."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._points: dict[str, tuple[int, ...]] = {}

    def look(self, seen: Seen) -> Iterator[Breach]:
        if not seen.troubles.silent or seen.last:
            return
        if seen.plan is not self._plan:
            self._plan = seen.plan
            self._points = {device.name: device.points for device in seen.plan.devices}
        for device, since_s in seen.troubles.silent.items():
            silent_s = seen.gone_s - since_s
            for number in self._points.get(device, ()):
                point = seen.plan.points[number]
                good = seen.readings[number].quality is Quality.GOOD
                if good and silent_s > point.max_age_s + seen.cycle_s:
                    words = text(
                        "{device} is silent for {seconds} s, and it counts as read",
                        device=device,
                        seconds=silent_s,
                    )
                    yield Breach(NAME, point.key, words)
