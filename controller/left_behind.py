"""Outputs that a killed acceptance left other than it found them: only the next one puts them back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.language import text
from config.plan.site import Site
from controller.decide.records import Notice
from controller.options import NotStarted


def notices(data: Path, site: Site) -> list[Notice]:
    """What people are told at a start; over at the first one that finds it put back."""
    from controller.accept.file import FILE, ProgressFile

    try:
        left = ProgressFile(data).load(site.name).left.values()
    except NotStarted as unusable:
        # What it left, nobody knows: the site is controlled all the same.
        return [Notice("left-behind", FILE, text("{reason}", reason=unusable.what), on=True)]
    return [
        Notice(
            "left-behind",
            one.point,
            text(
                "an acceptance was killed at {at} and left it other than it was found; a value it wrote may "
                "stand above programmes for ever: stop louguan, run louguan accept and let it be put back",
                at=f"{datetime.fromtimestamp(one.at_ms / 1000, ZoneInfo(site.time_zone)):%Y-%m-%d %H:%M}",
            ),
            on=True,
        )
        for one in left
    ]
