"""The parts of a swap that know nothing of a daemon."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from config.plan.lines import Line
from config.plan.reading import Quality, Reading
from config.plan.site import Plan, Rollback
from controller.clock import VirtualClock
from controller.decide.step import FateRecord
from controller.store.plans import Acceptance, Version, before
from controller.swap.numbering import Ask, NumberedLine
from controller.swap.offer import PART, BadOffer, Offers, parts
from controller.swap.rejections import Rejections
from controller.swap.same import same_parts
from controller.swap.touched import changed_parts, needs_restart, touched_devices
from controller.swap.versions import told, was_rolled_back
from drivers.api import DeviceState, Driver, Event, Fate, Inbox, Sample, Unchanged, Write, WriteReport
from tests.controller.house import house
from tests.controller.shell import StandInLine
from tests.controller.swap.test_engine_swap import shifted


def fate(key: str, fate: Fate = Fate.REJECTED) -> FateRecord:
    return FateRecord(Write(1, 0, True, 15), key, fate, None, "exception 2", 1, 0)


@pytest.mark.parametrize(
    ("touched", "keys", "back"),
    [
        (["a", "b", "c", "d", "e", "f"], ["a.x"], False),
        (["a", "b", "c", "d", "e", "f"], ["a.x", "a.y"], False),
        (["a", "b", "c", "d", "e", "f"], ["a.x", "b.x"], True),
        (["a", "b", "c", "d", "e"], ["a.x"], True),
        (["a"], ["a.x"], True),
        (["a", "b", "c", "d", "e", "f"], ["y.x", "z.x"], False),
        ([], ["y.x", "z.x"], False),
    ],
)
def test_two_devices_or_a_fifth_of_those_touched(touched: list[str], keys: list[str], back: bool) -> None:
    watch = Rejections(touched, Rollback(), 1000)
    found: dict[str, str] = {}
    for key in keys:
        found = found or watch.take([fate(key)])
    assert bool(found) is back
    assert not watch.over(301_000)
    assert watch.over(301_001)


def test_only_rejections_count_and_the_site_says_how_many() -> None:
    watch = Rejections("abcdefghij", Rollback(devices=3, share=50.0), 0)
    others = [fate("a.x", one) for one in Fate if one is not Fate.REJECTED]
    assert watch.take([*others, fate("b.x"), fate("c.x")]) == {}
    assert set(watch.take([fate("d.x")])) == {"b", "c", "d"}


def version(number: int, name: str, back_to: int = 0) -> Version:
    return Version(number, Acceptance(name, number, "Li", "", "", back_to))


def test_the_version_before_is_that_of_what_is_in_force() -> None:
    known = [version(2, "b"), version(1, "a")]
    assert before(known) == known[1]
    known = [version(3, "a", 1), *known]
    assert before(known) is None
    known = [version(4, "c"), *known]
    assert before(known) == version(3, "a", 1)
    known = [version(5, "b", 2), *known]
    assert before(known) == version(1, "a")
    assert before([version(2, "a"), version(1, "a")]) is None
    assert before([]) is None


def test_how_versions_ended() -> None:
    known = [version(4, "b", 2), version(3, "c"), version(2, "b"), version(1, "a")]
    rows = told(known, {"a", "b"})
    assert [row["state"] for row in rows] == ["in-force", "rolled-back", "replaced", "replaced"]
    assert [row["kept"] for row in rows] == [True, False, True, True]
    assert was_rolled_back(known, "c")
    assert not was_rolled_back(known, "a")
    assert not was_rolled_back(known[1:], "b")


def test_a_plan_goes_through_the_socket_in_parts() -> None:
    # Something that cannot be packed much smaller.
    content = "".join(hashlib.sha256(str(one).encode()).hexdigest() for one in range(2000))
    sent, offers = list(parts(content)), Offers()
    assert len(sent) > 1
    assert all(len(part) <= PART for part in sent)
    for number, part in enumerate(sent):
        offers.take("hash", number, part)
    assert offers.content("hash") == content
    for wrong in ("other", ""):
        with pytest.raises(BadOffer):
            offers.content(wrong)
    with pytest.raises(BadOffer):
        offers.take("hash", len(sent) + 1, sent[0])
    offers.take("hash", 0, sent[0][:-8])
    with pytest.raises(BadOffer):
        offers.content("hash")
    offers.take("hash", 0, "no base64 at all!")
    with pytest.raises(BadOffer):
        offers.content("hash")


def test_what_an_edit_changes_goes_by_names() -> None:
    plan, moved = house(), shifted()
    changes = changed_parts(plan, moved)
    assert {sort: (part.added, part.changed, part.removed) for sort, part in changes.items()} == {
        "devices": (("first",), (), ()),
        "points": (("first.switch",), (), ()),
    }
    assert touched_devices(plan, moved, same_parts(plan, moved)) == {"first"}
    lamp = replace(plan.programmes[0], default=20.0)
    other = replace(plan, programmes=(lamp, *plan.programmes[1:]))
    assert list(changed_parts(plan, other)) == ["programmes"]
    assert touched_devices(plan, other, same_parts(plan, other)) == {"lamp", "hall"}
    without = replace(plan, programmes=plan.programmes[1:])
    assert touched_devices(plan, without, same_parts(plan, without)) == {"lamp", "hall"}
    assert changed_parts(plan, plan) == {}
    assert needs_restart(plan, other) == ""
    assert needs_restart(plan, replace(plan, site=replace(plan.site, interval_s=60))) == "interval_s"


async def test_a_line_goes_on_in_its_own_numbers() -> None:
    former, following, inbox, clock = house(), shifted(), Inbox(), VirtualClock(0)
    made: list[StandInLine] = []
    inner: list[Inbox] = []
    allowed: list[int] = []

    async def open_line(plan: Plan, line: Line, own: Inbox, may_set_up: Ask, may_write: Ask) -> Driver:
        made.append(StandInLine(line.id, own, clock))
        inner.append(own)
        allowed.append(int(may_write(0)))
        return made[0]

    def may(number: int) -> bool:
        allowed.append(number)
        return True

    line = await NumberedLine.open(former, former.lines[0], inbox, open_line, may, may, lambda: None)
    reading = Reading(1.0, Quality.GOOD, "", 1, 1)
    inner[0].put(Sample(0, reading))
    assert inbox.take() == [Sample(0, reading)]
    line.follow(following, same_parts(former, following))
    assert made[0].taken == [([], ["first"])]
    first = len(former.points)
    inner[0].put(Sample(0, reading))
    inner[0].put(Unchanged((0, first, 2), 1, 1))
    inner[0].put(DeviceState(len(former.devices), True, ""))
    assert inbox.take() == [Sample(1, reading), Unchanged((1, 0, 3), 1, 1), DeviceState(0, True, "")]
    line.submit(Write(7, 1, 10.0, 15))
    assert made[0].written == [Write(7, 0, 10.0, 15)]
    assert inbox.take() == [WriteReport(7, 1, Fate.READ_BACK, 10.0, "read-back")]
    line.read_now(0)
    assert made[0].asked == [first]

    # Back again: the one device goes, and its number is never used again.
    line.follow(former, same_parts(following, former))
    assert made[0].taken[1:] == [([len(former.devices)], [])]
    inner[0].put(Sample(first, reading))
    inner[0].put(DeviceState(len(former.devices), True, ""))
    inner[0].put(Unchanged((first,), 1, 1))
    assert inbox.take() == []
    line.follow(following, same_parts(former, following))
    line.read_now(0)
    assert made[0].asked == [first, first + 1]
    line.leave(same_parts(following, replace(former, devices=(), points=())))
    inner[0].put(WriteReport(8, 0, Fate.NOT_SENT, None, "stopped"))
    assert inbox.take() == []


async def test_a_line_is_complete_once_when_each_of_its_devices_was_read_or_given_up() -> None:
    plan, inbox = house(), Inbox()
    complete: list[list[Event]] = []
    inner: list[Inbox] = []

    async def open_line(plan: Plan, line: Line, own: Inbox, may_set_up: Ask, may_write: Ask) -> Driver:
        inner.append(own)
        return StandInLine(line.id, own, VirtualClock(0))

    await NumberedLine.open(
        plan,
        plan.lines[0],
        inbox,
        open_line,
        lambda _: True,
        lambda _: True,
        lambda: complete.append(inbox.take()),
    )
    (mine,) = inner
    first, *rest = [device for device in plan.devices if device.line == plan.lines[0].id]
    assert rest
    read = Sample(first.points[0], Reading(None, Quality.BAD, "fault", 1, 1))
    mine.put(DeviceState(first.id, True, "answers"))
    mine.put(read)
    mine.put(read)
    for device in rest[:-1]:
        mine.put(DeviceState(device.id, False, "time-out"))
    mine.put(WriteReport(1, rest[-1].points[0], Fate.NOT_SENT, None, ""))
    assert not complete, "one is waited for"
    last = Unchanged((rest[-1].points[0],), 1, 1)
    mine.put(last)
    assert len(complete) == 1
    assert complete[0][-1] == last, "what completes it is there to be taken"
    mine.put(read)
    assert len(complete) == 1


async def test_what_comes_again_otherwise_each_time_is_not_kept() -> None:
    """In another Plan's numbers: what changes among a device's points is another set at each poll."""
    former, following, inbox = house(), shifted(), Inbox()
    inner: list[Inbox] = []

    async def open_line(plan: Plan, line: Line, own: Inbox, may_set_up: Ask, may_write: Ask) -> Driver:
        inner.append(own)
        return StandInLine(line.id, own, VirtualClock(0))

    line = await NumberedLine.open(
        former, former.lines[0], inbox, open_line, lambda _: True, lambda _: True, lambda: None
    )
    line.follow(following, same_parts(former, following))
    for number in range(2000):
        inner[0].put(Unchanged((0, 2, 1_000_000 + number), 1, 1))
        assert inbox.take() == [Unchanged((1, 3), 1, 1)]
    inner[0].put(Unchanged((0, 2), 1, 1))
    inner[0].put(Unchanged((0, 2), 2, 2))
    once, again = inbox.take()
    assert isinstance(once, Unchanged)
    assert isinstance(again, Unchanged)
    assert once.points is again.points
    assert len(inner[0]._again) <= 512  # type: ignore[attr-defined]
