"""Tables of bookings, as office programs write them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.devices import Source
from config.plan.places import Place
from controller.bookings.table import MOST, Table, read_table
from schedules.local import LocalTime
from tests.controller.house import house
from tests.schedules.build import local

AT = Source("site.yaml", 1, 1)
PLAN = replace(house(), places=(Place("hall", "会议大厅", AT), Place("room", "", AT)))
ONE = ("hall", "2026-03-05 13:30", "2026-03-05 17:00", "全体会议", "办公室")


def read(data: str | bytes) -> Table:
    return read_table(data.encode() if isinstance(data, str) else data, PLAN, LocalTime("Asia/Shanghai"))


def rows(found: Table) -> list[tuple[str, ...]]:
    return [
        (item.place, local(item.start_ms), local(item.end_ms), item.label, item.organiser)
        for item in found.bookings
    ]


@pytest.mark.parametrize(
    "written",
    [
        "place,date,from,to,label,organiser\nhall,2026-03-05,13:30,17:00,全体会议,办公室\n",
        "Place,Start,End,Label,Organizer\r\n会议大厅,2026-03-05 13:30,2026-03-05 17:00,全体会议,办公室\r\n",
        "\ufeff地点,日期,开始时间,结束时间,主题,部门\n\n会议大厅,2026/3/5,13:30:00,17:00,全体会议,办公室\n",
        "场所,日期,开始,结束,用途,预订人\n会议大厅,2026-03-05,13:30,17:00,全体会议,办公室\n",
        "place;date;from;to;label;organiser\nhall;2026-03-05;13:30;17:00;全体会议;办公室",
        'date\tplace\tto\tfrom\torganiser\tlabel\n2026-03-05\t"hall"\t17:00\t13:30\t办公室\t全体会议\n',
        # The same once more is no other booking.
        "place,date,from,to,label,organiser\n" + "hall,2026-03-05,13:30,17:00,全体会议,办公室\n" * 2,
    ],
)
def test_the_ways_to_write_one_booking(written: str) -> None:
    found = read(written)
    assert found.problems == ()
    assert rows(found) == [ONE]


@pytest.mark.parametrize(
    ("encoding", "known"), [("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-16", "utf-16")]
)
def test_what_spreadsheets_save_beside_utf_8(encoding: str, known: str) -> None:
    head = "地点,日期,开始时间,结束时间,主题,部门".replace(",", "\t" if encoding == "utf-16" else ",")
    line = "会议大厅,2026-03-05,13:30,17:00,全体会议,办公室".replace(
        ",", "\t" if encoding == "utf-16" else ","
    )
    found = read(f"{head}\r\n{line}\r\n".encode(encoding))
    assert (rows(found), found.problems, found.encoding) == ([ONE], (), known)


def test_labels_may_be_left_out_and_a_night_goes_over_midnight() -> None:
    assert rows(read("place,date,from,to\nroom,2026-03-05,22:00,01:00\n")) == [
        ("room", "2026-03-05 22:00", "2026-03-06 01:00", "", "")
    ]


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_taken() -> None:
    found = read(
        "place,date,from,to,label\nhall,2026-03-05,13:30,17:00,good\nhal,2026-03-05,13:30,17:00,\n"
        "room,2026-02-30,08:00,09:00,\nroom,2026-03-05,8,09:00\nroom,2026-03-05\n"
        f"room,2026-03-05,08:00,09:00,{'x' * 201}\n"
    )
    assert found.bookings == ()
    assert [(problem.line, str(problem.words)) for problem in found.problems] == [
        (3, 'no place named hal; did you mean "会议大厅 (hall)"?'),
        (4, '"2026-02-30" is not in the calendar'),
        (5, '"8" is no time of day; write 13:30'),
        (6, '"" is no time of day; write 13:30'),
        (7, "label is one line of at most 200 characters"),
    ]


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", 0, "there is no booking in it"),
        (b"place,date,from,to\n", 0, "there is no booking in it"),
        (b"hall,2026-03-05,13:30,17:00\n", 1, "the first line says which column is what: place,date,from,to"),
        (b"place,date,from,to\nhall,\xff\xff\xff", 2, "this is no text in UTF-8"),
        (
            b"place,start,end\nhall,2026-03-05 13:30,2026-03-05 13:00",
            2,
            '"2026-03-05 13:30 - 2026-03-05 13:00" ends before it begins',
        ),
    ],
)
def test_a_file_that_is_no_table(data: bytes, line: int, words: str) -> None:
    (problem,) = read(data).problems
    assert problem.line == line
    assert words in str(problem.words)


@settings(max_examples=60)
@given(st.text('place,dt:fromha0123456789-;\t\n"会议大厅\x00', max_size=120), st.binary(max_size=8))
def test_whatever_is_in_it_it_is_read_or_told(written: str, wild: bytes) -> None:
    for data in (f"place,date,from,to\n{written}".encode(), written.encode() + wild):
        found = read(data)
        assert bool(found.bookings) is not bool(found.problems) or not found.problems
    (problem,) = read("place,date,from,to\n" + "x" * 200_000).problems
    assert str(problem.words).startswith("this is no table: ")


def test_a_table_has_an_end() -> None:
    lines = [f"hall,20{year}-01-{day:02},0{hour}:00,09:30" for year in range(10, 60) for day in range(1, 29)
             for hour in range(8, 9)]  # fmt: skip
    (problem,) = read("place,date,from,to\n" + "\n".join(lines[: MOST + 1])).problems
    assert str(problem.words) == "more than 1000 bookings: make it several files"
