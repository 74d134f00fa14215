"""Nothing that an edit can change goes unsaid, and whoever adds to the Plan says how a running daemon
takes it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import pytest

from config.plan.devices import Device
from config.plan.lines import Line
from config.plan.points import Point
from config.plan.site import Plan, Site
from controller.cli import apply_tables
from controller.swap.taking import NEEDS_RESTART
from controller.swap.touched import RESTART, SORTS, Part, changed_parts, needs_restart


class Pair(NamedTuple):
    """Two values that differ in one place."""

    path: tuple[str, ...]
    """Records and fields down to it."""
    one: Any
    other: Any


def example(hint: Any, word: str = "a") -> Any:
    """A value of that type: in tuples two, so that 0 and 1 are ids of different things."""
    if hint is str:
        return word
    if hint in (bool, int, float):
        return hint(0)
    origin, members = get_origin(hint), get_args(hint)
    if origin is Literal:
        return members[0]
    if origin in (Union, types.UnionType):
        return example(members[0], word)
    if origin is tuple and members[1:] == (Ellipsis,):
        return example(members[0], "z"), example(members[0], word)
    if origin is tuple:
        return tuple(example(member, word) for member in members)
    if is_dataclass(hint):
        return record(hint, word)
    assert hint is type(None), hint
    return None


def record(hint: Any, word: str = "a") -> Any:
    """Called after its type, so that different ones are never called the same."""
    hints, called = get_type_hints(hint), f"{hint.__name__} {word[-1]}"
    return hint(**{item.name: example(hints[item.name], called) for item in fields(hint)})


def pairs(hint: Any, seen: set[Any], within: tuple[str, ...] = ()) -> Iterator[Pair]:
    """Each place in a value of that type, changed by itself; in each record that is not `seen` yet."""
    if hint is str:
        yield Pair(within, "a", "b")
    elif hint in (bool, int, float):
        yield Pair(within, hint(0), hint(1))
    elif is_dataclass(hint):
        if hint not in seen:
            seen.add(hint)
            yield from _of_record(hint, seen, within)
    else:
        yield from _of_several(get_origin(hint), get_args(hint), seen, within)


def _of_record(hint: Any, seen: set[Any], within: tuple[str, ...]) -> Iterator[Pair]:
    hints, whole = get_type_hints(hint), record(hint)
    for item in fields(hint):
        for pair in pairs(hints[item.name], seen, (*within, hint.__name__, item.name)):
            one, other = (replace(whole, **{item.name: value}) for value in (pair.one, pair.other))
            yield Pair(pair.path, one, other)


def _of_several(
    origin: Any, members: tuple[Any, ...], seen: set[Any], within: tuple[str, ...]
) -> Iterator[Pair]:
    if origin is Literal:
        if len(members) > 1:
            yield Pair(within, members[0], members[1])
    elif origin in (Union, types.UnionType):
        yield Pair(within, example(members[0]), example(members[-1]))
        for member in members:
            yield from pairs(member, seen, within)
    elif origin is tuple and members[1:] == (Ellipsis,):
        first = example(members[0], "z")
        # Others speak of the first point and line: these are never none.
        before = (first,) if members[0] in (Line, Device, Point) else ()
        yield Pair(within, before, (*before, example(members[0])))
        for pair in pairs(members[0], seen, within):
            yield Pair(pair.path, (first, pair.one), (first, pair.other))
    elif origin is tuple:
        for place, member in enumerate(members):
            for pair in pairs(member, seen, within):
                whole = [example(one) for one in members]
                one, other = ((*whole[:place], value, *whole[place + 1 :]) for value in pair[1:])
                yield Pair(pair.path, one, other)


UNSAID = {
    ("Plan", "format"),
    ("Plan", "hash"),
    ("Plan", "compiler"),
    ("Plan", "files"),
    ("Plan", "notes"),
    ("Device", "points"),
}
"""What a Plan says of itself and of its making, and what is said of each point by itself."""


def numbering(path: tuple[str, ...]) -> bool:
    """Ids, and where something is written: other without anything being other."""
    return (
        "Source" in path
        or path[-2:] == ("Point", "device")
        or (path[-1] == "id" and "NationalMeter" not in path)
    )


def test_every_field_of_the_plan_that_is_other_is_said() -> None:
    unsaid, count = set(), 0
    for path, former, following in pairs(Plan, set()):
        count += 1
        if path[-2:] in UNSAID or numbering(path):
            continue
        if not changed_parts(former, following):
            unsaid.add(" ".join(path))
    assert not sorted(unsaid)
    assert count > 400


FOLLOWS = {
    "site": "each of its fields by itself: below",
    "calendar": "the engine, made anew",
    "lines": "the lines: closed and opened where they are other",
    "devices": "the lines",
    "points": "the lines and the engine",
    "equipment": "the engine",
    "programmes": "the engine",
    "rules": "the engine; what a rule remembers goes with its name",
    "sinks": "the uploads",
    "channels": "the notifier",
    "metering": "the log, by registering its meters",
    "trends": "the trends",
    "tariff": "the engine and who asks for sums",
    "places": "the engine and who books; bookings go by the place's name",
    "restart": "the engine's gate",
}
"""Who takes a field of the Plan under the running daemon."""

SITE_FOLLOWS = {
    "label": "whoever shows it",
    "latitude": "the engine's sun",
    "longitude": "the engine's sun",
    "language": "nobody in the daemon goes by it",
    "observe": "the engine's barriers",
    "override_max_s": "the engine",
    "full_disk": "the room on the disk",
    "shelve_max_s": "the engine's alarms",
    "flash_budget_mb": "the account of what is written",
    "apply": "who watches the files",
    "rollback": "who watches for rejections",
}


def test_every_field_of_the_plan_has_somebody_who_takes_it() -> None:
    of_itself = {name for record, name in UNSAID if record == "Plan"}
    assert {item.name for item in fields(Plan)} == of_itself | FOLLOWS.keys()
    assert {item.name for item in fields(Site)} == set(RESTART) | SITE_FOLLOWS.keys()
    assert set(RESTART) == NEEDS_RESTART.keys()
    for path, former, following in pairs(Plan, set()):
        refused = path[:3] == ("Plan", "site", "Site") and path[3] in RESTART
        assert bool(needs_restart(former, following)) is refused, path


def test_what_is_other_of_each_sort_has_words(capsys: pytest.CaptureFixture[str]) -> None:
    changes = {sort: Part(("this",), (), ())._asdict() for sort in SORTS}
    found = {"changes": changes, "writes": [], "last_writes": [], "number": 2}
    apply_tables.applied(found, "zh_CN", only_checked=False)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(SORTS) + 1
    assert len(set(said)) == len(said)
