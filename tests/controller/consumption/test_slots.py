"""Slots partition time: aligned to local time, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.consumption.slots import Slots

MINUTE = 60_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "interval_s", "when", "floor", "following"),
    [
        (
            "Asia/Shanghai",
            900,
            "2026-03-05T10:07:31+08:00",
            "2026-03-05T10:00+08:00",
            "2026-03-05T10:15+08:00",
        ),
        (
            "Asia/Shanghai",
            900,
            "2026-03-05T10:15:00+08:00",
            "2026-03-05T10:15+08:00",
            "2026-03-05T10:30+08:00",
        ),
        (
            "Asia/Shanghai",
            900,
            "2026-03-05T10:14:59.999+08:00",
            "2026-03-05T10:00+08:00",
            "2026-03-05T10:15+08:00",
        ),
        (
            "Asia/Kathmandu",
            3600,
            "2026-03-05T10:07+05:45",
            "2026-03-05T10:00+05:45",
            "2026-03-05T11:00+05:45",
        ),
        (
            "Asia/Shanghai",
            86400,
            "2026-03-05T07:00+08:00",
            "2026-03-05T00:00+08:00",
            "2026-03-06T00:00+08:00",
        ),
        (
            "Asia/Shanghai",
            60,
            "1970-01-01T00:00:30+00:00",
            "1970-01-01T00:00+00:00",
            "1970-01-01T00:01+00:00",
        ),
        # Clocks go from 02:00 to 03:00, and from 03:00 back to 02:00.
        ("Europe/Berlin", 900, "2026-03-29T01:50+01:00", "2026-03-29T01:45+01:00", "2026-03-29T03:00+02:00"),
        ("Europe/Berlin", 900, "2026-10-25T02:50+02:00", "2026-10-25T02:45+02:00", "2026-10-25T02:00+01:00"),
        # By half an hour only: the slot beside the change is shorter.
        (
            "Australia/Lord_Howe",
            3600,
            "2026-10-04T02:45+11:00",
            "2026-10-04T02:30+11:00",
            "2026-10-04T03:00+11:00",
        ),
    ],
)
def test_slots_are_aligned_to_local_time(
    zone: str, interval_s: int, when: str, floor: str, following: str
) -> None:
    slots = Slots(zone, interval_s)
    assert slots.floor(ms(when)) == ms(floor)
    assert slots.next(slots.floor(ms(when))) == ms(following)


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]
)
@pytest.mark.parametrize("interval_s", [300, 900, 3600])
@pytest.mark.parametrize("month", ["2026-03", "2026-04", "2026-10", "2026-11"])
def test_every_slot_comes_once_also_where_clocks_change(zone: str, interval_s: int, month: str) -> None:
    slots = Slots(zone, interval_s)
    found = [slots.floor(ms(f"{month}-01T00:00+00:00"))]
    while found[-1] < ms(f"{month}-30T00:00+00:00"):
        found.append(slots.next(found[-1]))
    assert {after - before for before, after in pairwise(found)} <= {interval_s * 1000, interval_s * 500}
    local = [datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)) for at in found]
    askew = [at for at in local if (at.hour * 3600 + at.minute * 60 + at.second) % interval_s]
    assert len(askew) <= (1 if zone == "Australia/Lord_Howe" else 0)
    assert [slots.floor(at) for at in found] == found
    assert [slots.floor(at - 1) for at in found[1:]] == found[:-1]


@given(st.integers(-(10**12), 4 * 10**12), st.sampled_from([60, 900, 1800, 3600]))
def test_any_time_lies_in_its_slot(when: int, interval_s: int) -> None:
    slots = Slots("Europe/Berlin", interval_s)
    floor = slots.floor(when)
    assert floor <= when < slots.next(floor)
    assert slots.next(when) == slots.next(floor)


@pytest.mark.parametrize("interval_s", [0, -60, 7, 50_000])
def test_an_interval_must_divide_the_day(interval_s: int) -> None:
    with pytest.raises(ValueError, match="divide the day"):
        Slots("Asia/Shanghai", interval_s)
