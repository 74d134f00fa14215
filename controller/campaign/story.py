"""A story: all that happens to one site in some days, as data. The same story gives the same history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from config.plan.reading import Value

FORMAT = 1


class BadStory(Exception):
    """This is no story."""


class Deed(NamedTuple):
    """One thing that happens."""

    at_s: int
    """Seconds of true time after the beginning."""
    does: str
    """One of deeds.py's."""
    facts: tuple[tuple[str, Value], ...] = ()
    """Sorted by name."""

    @classmethod
    def of(cls, at_s: int, does: str, **facts: Value) -> Deed:
        return cls(at_s, does, tuple(sorted(facts.items())))

    def fact(self, name: str, otherwise: Value = "") -> Value:
        return dict(self.facts).get(name, otherwise)

    def word(self, name: str) -> str:
        return str(self.fact(name))

    def whole(self, name: str, otherwise: int = 0) -> int:
        return int(self.fact(name, otherwise))


@dataclass(frozen=True, slots=True)
class Story:
    """What happens, in the order of time."""

    site: str
    """Its directory, or a name that the runner knows."""
    seed: int
    """Of the deeds and of the plant's dice."""
    first: str
    """Local date on whose midnight it begins."""
    hours: float
    cycle_s: float
    on_disk: bool
    """What is remembered lies in real databases, rather than in what each step told of it."""
    deeds: tuple[Deed, ...]

    def without_deeds_after(self, at_s: int) -> Story:
        """The same up to then."""
        kept = tuple(deed for deed in self.deeds if deed.at_s <= at_s)
        return replace(self, hours=min(self.hours, at_s / 3600), deeds=kept)


def as_data(story: Story) -> dict[str, Any]:
    """For a file."""
    return {
        "format": FORMAT,
        "site": story.site,
        "seed": story.seed,
        "from": story.first,
        "hours": story.hours,
        "cycle_s": story.cycle_s,
        "on_disk": story.on_disk,
        "deeds": [{"at_s": deed.at_s, "does": deed.does, **dict(deed.facts)} for deed in story.deeds],
    }


def dump(story: Story) -> str:
    """A deed a line, so that a person can read it and strike out some."""
    data = as_data(story)
    deeds = data.pop("deeds")
    head = json.dumps(data, ensure_ascii=False)[:-1]
    lines = ",\n".join("  " + json.dumps(deed, ensure_ascii=False) for deed in deeds)
    return f'{head}, "deeds": [\n{lines}\n]}}\n'


def load(written: str) -> Story:
    """Raises BadStory."""
    try:
        data = json.loads(written)
        if data["format"] != FORMAT:
            raise BadStory(f"format {data['format']}, not {FORMAT}")
        return Story(
            str(data["site"]),
            int(data["seed"]),
            str(data["from"]),
            float(data["hours"]),
            float(data["cycle_s"]),
            bool(data["on_disk"]),
            tuple(map(_deed, data["deeds"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadStory(str(error)) from error


def _deed(data: Mapping[str, Any]) -> Deed:
    facts = {name: value for name, value in data.items() if name not in ("at_s", "does")}
    return Deed.of(int(data["at_s"]), str(data["does"]), **facts)
