"""A campaign finds what is planted, tells and keeps it, and lives the same story in the same way."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from config.language import render, text
from controller.campaign.campaign import live
from controller.campaign.life import Lived
from controller.campaign.seen import Breach
from controller.campaign.shrinking import shrunk
from controller.campaign.story import BadStory, Deed, Story, dump, load
from controller.campaign.telling import told
from hil_tests.campaign.planted import BUGS
from hil_tests.campaign.seeds import ground_of, story, wanted
from hil_tests.campaign.sites import site

STORIES = sorted((Path(__file__).parent / "campaign" / "stories").glob("*.json"))
MINIMAL = "config/sites/minimal"


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_what_a_campaign_has_found_once_stays_mended(path: Path) -> None:
    kept = load(path.read_text(encoding="utf-8"))
    of = site(kept.site)
    lived = live(kept, of.plans, ground_of(of))
    assert [(breach.judge, breach.subject, str(breach.words)) for breach in lived.breaches] == []
    assert lived.deeds


def test_a_seed_is_the_same_history_in_every_process() -> None:
    code = (
        "from controller.campaign.campaign import live\n"
        "from hil_tests.campaign.seeds import *\n"
        "from hil_tests.campaign.sites import site\n"
        f"of = site({MINIMAL!r})\n"
        f"lived = live(story(wanted(5, 6.0, ({MINIMAL!r},)), of), of.plans, ground_of(of))\n"
        "print(lived.digest, lived.deeds, lived.writes)"
    )
    of = site(MINIMAL)
    here = live(story(wanted(5, 6.0, (MINIMAL,)), of), of.plans, ground_of(of))
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"}
    )
    assert there.stdout.split() == [here.digest, str(here.deeds), str(here.writes)]
    assert here.deeds > 0 < here.writes
    assert not here.breaches


def test_what_is_on_the_disk_is_what_was_told() -> None:
    """The same story in memory and with real databases; a restart finds the same."""
    of = site(MINIMAL)
    deeds = (
        Deed.of(600, "set", point="relay-1.ch2", value=True, for_s=9000, lasts=True),
        Deed.of(900, "lock", target="corridor"),
        Deed.of(1800, "restart", how="kill", for_s=60),
        Deed.of(2700, "edit", what="words", number=7),
        Deed.of(3600, "restart", how="stop", for_s=60),
    )
    one = Story(MINIMAL, 1, "2026-03-05", 2.0, 60.0, False, deeds)
    memory, disk = (live(replace(one, on_disk=on), of.plans, ground_of(of)) for on in (False, True))
    assert memory.digest == disk.digest
    assert (disk.starts, disk.swaps, disk.deeds) == (3, 1, 5)
    assert not memory.breaches + disk.breaches


def test_a_story_is_read_back_as_it_was_written() -> None:
    of = site(MINIMAL)
    made = story(wanted(11, 24.0, (MINIMAL,)), of)
    assert made.deeds
    assert load(dump(made)) == made
    for wrong in ("", "{}", dump(made).replace('"format": 1', '"format": 9')):
        with pytest.raises(BadStory):
            load(wrong)


def test_a_failing_story_is_made_short() -> None:
    """Of thirty deeds two are needed, and nothing after them."""
    needed = {Deed.of(100, "lock", target="a"), Deed.of(700, "unlock", target="b")}
    others = [Deed.of(40 * number, "ntp", number=number) for number in range(30)]
    deeds = tuple(sorted([*others, *needed]))
    breach = Breach("fence", "x", text("it is not to be commanded"))
    lives = 0

    def fake(one: Story) -> Lived:
        nonlocal lives
        lives += 1
        return Lived([breach._replace(at_s=760)] if needed <= set(one.deeds) else [])

    whole = Story("x", 1, "2026-03-05", 24.0, 60.0, False, deeds)
    short = shrunk(whole, breach._replace(at_s=760), fake)
    assert set(short.deeds) == needed
    assert short.hours == (760 + 60) / 3600
    assert lives < 60
    lines = [render(words, "en") for _, words in told(short, fake(short))]
    assert lines == ["a person locks a", "a person unlocks b", "BROKEN (fence): x: it is not to be commanded"]


@pytest.mark.parametrize("names", [("log",), pytest.param(tuple(BUGS), marks=pytest.mark.slow)], ids=len)
def test_each_planted_bug_is_found(names: tuple[str, ...]) -> None:
    """In the arbiter, a minimum time, an interlock, the log and a swap; each in a process of its own."""
    command = [sys.executable, "-m", "hil_tests.campaign.planted", *names]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = {item["bug"]: item for item in map(json.loads, ran.stdout.splitlines())}
    assert found.keys() == set(names), ran.stderr
    assert all(item["seeds"] for item in found.values()), found
    assert ran.returncode == 0
