"""rehearse --faults random: a site's days with whatever may happen in them, and whether everything that is
promised was kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import partial
from pathlib import Path

from config.language import render, text
from config.language.details import detail
from controller.campaign.campaign import live, shorten
from controller.campaign.life import Lived
from controller.campaign.making import Wanted, make
from controller.campaign.story import Story, as_data
from controller.campaign.telling import told
from controller.cli import rehearse_source as source
from controller.cli.campaign_ground import ground
from controller.cli.preview_source import today
from controller.cli.speech import Failure, language, put, put_json, say
from drivers.simulators.plant.world import PlantError


def run(
    site: Path,
    days: int,
    first: date | None,
    cycle_s: float,
    seed: int,
    beside: Collection[str],
    *,
    as_json: bool,
) -> bool:
    """Whether everything was kept. `beside`: other options that were given and that do not go with it."""
    if beside:
        words = text("--faults random cannot be had together with {option}", option=min(beside))
        raise Failure(words, code=2)
    plan, facts = source.site_of(site)
    begins = (first or today(plan)).isoformat()
    story = make(plan, Wanted(str(site), seed, begins, days * 24.0, cycle_s, on_disk=True))
    make_ground = partial(ground, facts)
    try:
        lived = live(story, (plan,), make_ground)
        found = shorten(story, lived, (plan,), make_ground) if lived.breaches else None
    except PlantError as error:
        raise Failure(text("the site's plant.yaml is not right:"), hint=detail(str(error))) from error
    if as_json:
        put_json(_data(story, lived, None if found is None else found.story))
    else:
        _say(story, lived)
        if found is not None:
            put(say(text("As short as it could be made:")))
            for at, words in told(found.story, found.lived):
                put(f"{at}  {say(words)}")
    return not lived.breaches


def _say(story: Story, lived: Lived) -> None:
    frame = text(
        "{hours} h from {first}, decided every {cycle} s, seed {seed}: {deeds} of {all} things could be done",
        hours=f"{lived.hours:.1f}",
        first=story.first,
        cycle=f"{story.cycle_s:g}",
        seed=story.seed,
        deeds=lived.deeds,
        all=len(story.deeds),
    )
    counts = text(
        "{decisions} decisions, {writes} commands, {intervals} intervals logged, {tellings} alarms told",
        decisions=lived.decisions,
        writes=lived.writes,
        intervals=lived.intervals,
        tellings=lived.tellings,
    )
    daemon = text("{starts} starts, {swaps} other plans", starts=lived.starts, swaps=lived.swaps)
    for line in (frame, counts, daemon):
        put(say(line))
    if not lived.breaches:
        put(say(text("Nothing that is promised was broken.")))


def _data(story: Story, lived: Lived, short: Story | None) -> dict[str, object]:
    counts = ("cycles", "deeds", "decisions", "writes", "intervals", "tellings", "starts", "swaps")
    return {
        "site": story.site,
        "seed": story.seed,
        "from": story.first,
        "hours": round(lived.hours, 3),
        "cycle_s": story.cycle_s,
        **{name: getattr(lived, name) for name in counts},
        "digest": lived.digest,
        "broken": [
            {
                "judge": breach.judge,
                "subject": breach.subject,
                "at_s": breach.at_s,
                "text": render(breach.words, language()),
            }
            for breach in lived.breaches
        ],
        "story": as_data(short or story),
    }
