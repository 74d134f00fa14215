"""Tables of bookings (CSV), as other programs write them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from config.language import Text, text
from config.language.details import detail
from config.plan.places import Booking
from config.plan.site import Plan
from config.plan.spreadsheets import saved
from controller.bookings.when import Span, checked, moment, of_a_day, place_named
from controller.decide.records import Refused
from schedules.local import LocalTime

MOST = 1000
"""Bookings in one table."""
LONGEST_LABEL = 200
_COLUMNS: Mapping[str, str] = {
    "place": "place", "地点": "place", "场所": "place", "date": "date", "日期": "date", "from": "from",
    "开始": "from", "开始时间": "from", "to": "to", "结束": "to", "结束时间": "to", "start": "start",
    "end": "end", "label": "label", "主题": "label", "会议名称": "label", "用途": "label",
    "organiser": "organiser", "organizer": "organiser", "预订人": "organiser", "部门": "organiser",
}  # fmt: skip
_BY_DAY = "place,date,from,to,label,organiser"
_BY_TIMES = "place,start,end,label,organiser"


class Problem(NamedTuple):
    """Why a line cannot be used."""

    line: int
    """From 1; 0 = the whole file."""
    words: Text


class Table(NamedTuple):
    """What a file says."""

    bookings: tuple[Booking, ...]
    """None twice; who entered them is not said here."""
    problems: tuple[Problem, ...]
    encoding: str = "utf-8"
    """As it was read."""


def read_table(data: bytes, plan: Plan, local: LocalTime) -> Table:
    """The bookings of a CSV file, or everything that is wrong with it."""
    try:
        written, encoding = saved(data)
    except UnicodeDecodeError as error:
        words = text("this is no text in UTF-8: save the file as UTF-8")
        return Table((), (Problem(data[: error.start].count(b"\n") + 1, words),))
    import csv  # who books by hand does without

    try:
        lines = list(_rows(written))
    except csv.Error as error:
        return Table((), (Problem(0, text("this is no table: {reason}", reason=detail(str(error)))),))
    if not lines:
        return Table((), (Problem(0, text("there is no booking in it")),))
    number, header = lines[0]
    columns = [_COLUMNS.get(word.strip().casefold(), "") for word in header]
    times = _times(columns)
    if times is None:
        words = text(
            "the first line says which column is what: {one}; or {other}", one=_BY_DAY, other=_BY_TIMES
        )
        return Table((), (Problem(number, words),))
    found: dict[tuple[str, int, int], Booking] = {}
    problems = []
    for number, cells in lines[1:]:
        row = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
        try:
            place = place_named(plan, row.get("place", ""))
            start_ms, end_ms = times(row, local)
            item = Booking(place.name, start_ms, end_ms, _line(row, "label"), _line(row, "organiser"))
            found.setdefault(item.key, item)
        except Refused as refusal:
            problems.append(Problem(number, refusal.text))
    if not found and not problems:
        problems.append(Problem(0, text("there is no booking in it")))
    if len(found) > MOST:
        problems.append(Problem(0, text("more than {most} bookings: make it several files", most=MOST)))
    return Table(() if problems else tuple(found.values()), tuple(problems), encoding)


def _rows(written: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every line that is not empty; the first line tells what separates the cells."""
    first = written.lstrip().partition("\n")[0]
    separator = max(",;\t", key=first.count)
    if separator == "," and "," not in first and "，" in first:
        separator = "，"
    from csv import reader as reading

    reader = reading(written.splitlines(), delimiter=separator)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _times(columns: list[str]) -> Callable[[Mapping[str, str], LocalTime], Span] | None:
    """How a row's times are read by the columns there are."""
    if {"place", "date", "from", "to"} <= set(columns):
        return lambda row, local: of_a_day(row.get("date", ""), row.get("from", ""), row.get("to", ""), local)
    if {"place", "start", "end"} <= set(columns):
        return _start_and_end
    return None


def _start_and_end(row: Mapping[str, str], local: LocalTime) -> Span:
    start, end = row.get("start", ""), row.get("end", "")
    return checked(f"{start} - {end}", moment(start, local), moment(end, local))


def _line(row: Mapping[str, str], key: str) -> str:
    words = row.get(key, "")
    if not words.isprintable() or len(words) > LONGEST_LABEL:
        raise Refused(text("{key} is one line of at most {most} characters", key=key, most=LONGEST_LABEL))
    return words
