"""The sentences of a scenario: what they say of a moment.

    TARGET is VALUE · TARGET above VALUE · TARGET below VALUE      what the device really has
    TARGET reads VALUE · TARGET reads nothing                      what the daemon has of it
    alarm KIND on SUBJECT · no alarm KIND on SUBJECT               of those that stand
    DEVICE is lost · DEVICE answers                                as the daemon sees it
    at most N writes reach DEVICE                                  on the wire, since "count" or in this wait
    nothing is sent to TARGET                                      the same, by the ledger, where re-asserts
                                                                   of what stands are no rows
    why TARGET says "WORDS"
    the log says "WORDS"                                           the daemon's own, of all its runs
    upstream has all · upstream lacks some                         of the intervals in log.db
    upstream has N intervals of METER                              at least

TARGET is equipment, equipment.role or device.point, or a label of one, as on the command line.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from config.language import render
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from config.written.problems import nearest
from controller.consumption.meters import meters_of
from controller.decide.records import Refused
from controller.operations.finding import find_point
from controller.operations.wishes import value_of
from controller.socket.protocol import RequestError
from hil_tests.scenario.form import Line, Mistake
from hil_tests.scenario.moment import Moment, shown

Judge = Callable[[Moment, Moment], tuple[bool, str]]
"""(whether it is so, what was seen), of a moment and the one since which things are counted."""
_FORMS = (
    "TARGET is VALUE",
    "TARGET above VALUE",
    "TARGET below VALUE",
    "TARGET reads VALUE",
    "alarm KIND on SUBJECT",
    "DEVICE is lost",
    "DEVICE answers",
    "nothing is sent to TARGET",
    "at most N writes reach DEVICE",
    'why TARGET says "WORDS"',
    'the log says "WORDS"',
    "upstream has all",
    "upstream lacks some",
    "upstream has N intervals of METER",
)


_LOG_TOLD = 800
"""Characters of the log's end that a failure tells."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, understood."""

    line: Line
    needs: frozenset[str]
    points: tuple[str, ...]
    """Whose course tells why it is not so."""
    judge: Judge


class Misread(Exception):
    """A sentence that says nothing of this site."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def understood(line: Line, plan: Plan) -> Sentence:
    """What a sentence means for a site. Raises Misread."""
    words = " ".join(line.words.split())
    for pattern, make in _KINDS:
        found = re.fullmatch(pattern, words)
        if found:
            try:
                return make(plan, line, **{key: value or "" for key, value in found.groupdict().items()})
            except RequestError as error:
                raise Misread(Mistake(line.at, render(error.text, "en"))) from error
            except (Refused, ValueError) as error:
                said = render(error.text, "en") if isinstance(error, Refused) else str(error)
                raise Misread(Mistake(line.at, said)) from error
    raise Misread(Mistake(line.at, f'"{line.words}" says nothing; expected one of: {" · ".join(_FORMS)}'))


def device_of(plan: Plan, name: str) -> str:
    """A device's name. Raises ValueError with what was probably meant."""
    names = [device.name for device in plan.devices]
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, 1)
    raise ValueError(f"no device named {name}" + (f'; did you mean "{near[0]}"?' if near else ""))


def _has(plan: Plan, line: Line, target: str, how: str, value: str) -> Sentence:
    point = find_point(plan, target)
    holds = _comparison(point, how, value)

    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        found = now.truth.get(point.key)
        return found is not None and holds(found), f"{point.key} is {_shown(point, found)}"

    return Sentence(line, frozenset(["truth"]), (point.key,), judge)


def _reads(plan: Plan, line: Line, target: str, how: str, value: str) -> Sentence:
    point = find_point(plan, target)
    nothing = value == "nothing"
    holds = None if nothing else _comparison(point, how or "is", value)

    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        row = now.read[point.key]
        good, found = row["quality"] == "good", row["value"]
        so = not good if holds is None else good and holds(found)
        return so, f"{point.key} reads {_shown(point, found)}, {row['quality']}"

    return Sentence(line, frozenset(["read"]), (point.key,), judge)


def _alarm(plan: Plan, line: Line, no: str, kind: str, subject: str) -> Sentence:
    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        same = [
            alarm
            for alarm in now.alarms
            if alarm["active"] and alarm["kind"] == kind and subject in ("", alarm["subject"])
        ]
        stand = ", ".join(f"{a['kind']} on {a['subject']} ({a['state']})" for a in now.alarms) or "none"
        return bool(same) != bool(no), f"alarms: {stand}"

    return Sentence(line, frozenset(["alarms"]), (), judge)


def _answers(plan: Plan, line: Line, device: str, lost: str) -> Sentence:
    name = device_of(plan, device)

    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        return (name in now.offline) == bool(lost), f"lost are: {', '.join(sorted(now.offline)) or 'none'}"

    return Sentence(line, frozenset(["offline"]), (), judge)


def _nothing_sent(plan: Plan, line: Line, target: str) -> Sentence:
    keys = _commanded(plan, target)

    def judge(now: Moment, since: Moment) -> tuple[bool, str]:
        more = {key: now.sent.get(key, 0) - since.sent.get(key, 0) for key in keys}
        told = ", ".join(f"{key} {count} times" for key, count in more.items() if count)
        return not told, f"sent: {told or 'nothing'}"

    return Sentence(line, frozenset(["sent"]), tuple(keys), judge)


def _writes(plan: Plan, line: Line, most: str, device: str) -> Sentence:
    name, limit = device_of(plan, device), int(most)

    def judge(now: Moment, since: Moment) -> tuple[bool, str]:
        count = now.writes[name] - since.writes.get(name, 0)
        return count <= limit, f"{count} writes reached {name}"

    return Sentence(line, frozenset(["writes"]), (), judge)


def _why(plan: Plan, line: Line, target: str, words: str) -> Sentence:
    key = find_point(plan, target).key

    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        return words in now.why[key], f"why {key}: {now.why[key]}"

    return Sentence(line, frozenset([f"why {key}"]), (key,), judge)


def _log_says(_plan: Plan, line: Line, words: str) -> Sentence:
    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        return words in now.said, f"the log ends: {now.said[-_LOG_TOLD:].strip()}"

    return Sentence(line, frozenset(["said"]), (), judge)


def _upstream_has(_plan: Plan, line: Line, some: str) -> Sentence:
    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        lacking = [key for key, content in now.logged.items() if now.upstream.get(key) != content]
        told = f"{len(lacking)} of {len(now.logged)} intervals are lacking upstream or are other there"
        return bool(lacking) if some else bool(now.logged) and not lacking, told

    return Sentence(line, frozenset(["upstream"]), (), judge)


def _intervals_upstream(plan: Plan, line: Line, least: str, meter: str) -> Sentence:
    names = [item.name for item in meters_of(plan)]
    if meter not in names:
        near = nearest(meter, names)
        raise ValueError(f"no meter named {meter}" + (f'; did you mean "{near}"?' if near else ""))

    def judge(now: Moment, _since: Moment) -> tuple[bool, str]:
        count = len({start_ms for name, start_ms, _ in now.upstream if name == meter})
        return count >= int(least), f"{count} intervals of {meter} are upstream"

    return Sentence(line, frozenset(["upstream"]), (), judge)


_KINDS: tuple[tuple[str, Callable[..., Sentence]], ...] = (
    (r'why (?P<target>\S+) says "(?P<words>.+)"', _why),
    (r'the log says "(?P<words>.+)"', _log_says),
    (r"upstream (?:has all|(?P<some>lacks some))", _upstream_has),
    (r"upstream has (?P<least>\d+) intervals? of (?P<meter>\S+)", _intervals_upstream),
    (r"nothing is sent to (?P<target>\S+)", _nothing_sent),
    (r"at most (?P<most>\d+) writes? reach (?P<device>\S+)", _writes),
    (r"(?P<no>no )?alarm (?P<kind>\S+)(?: on (?P<subject>\S+))?", _alarm),
    (r"(?P<device>\S+) (?:is (?P<lost>lost)|answers)", _answers),
    (r"(?P<target>\S+) reads (?:(?P<how>above|below) )?(?P<value>.+)", _reads),
    (r"(?P<target>\S+) (?P<how>is|above|below) (?P<value>.+)", _has),
)


def _comparison(point: Point, how: str, written: str) -> Callable[[Value], bool]:
    value = value_of(point, written)
    if how == "is":
        return lambda found: _same(point, found, value)
    if point.kind != "number" or isinstance(value, str):
        raise ValueError(f"{point.key} is no number that could be {how} another")
    if how == "above":
        return lambda found: not isinstance(found, str) and found > value
    return lambda found: not isinstance(found, str) and found < value


def _same(point: Point, found: Value, value: Value) -> bool:
    if point.kind != "number" or isinstance(found, str) or isinstance(value, str):
        return found == value
    least = 0.05 if point.command is None else max(point.command.tolerance, 0.05)
    return math.isclose(found, value, rel_tol=1e-6, abs_tol=least)


def _shown(point: Point, value: Value | None) -> str:
    if value is None:
        return "unknown"
    state = point.state_name(value)
    return state or f"{shown(value)} {point.unit}".strip()


def _commanded(plan: Plan, target: str) -> list[str]:
    """The points that are commanded of a device, an equipment, or the one point that is meant."""
    owners = {device.name: device.points for device in plan.devices}
    owners |= {item.name: tuple(point for _, point in item.roles) for item in plan.equipment}
    points = [plan.points[number] for number in owners.get(target, ())] or [find_point(plan, target)]
    return [point.key for point in points if point.command is not None]
