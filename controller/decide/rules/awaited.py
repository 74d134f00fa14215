"""What rules wait for, in words: limits and conditions with what is read of them now. Pure; made only when
somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Literal, NamedTuple

from config.language import Text, text
from config.plan.amounts import amount
from config.plan.asks import Ask
from config.plan.conditions import All, AnyOf, Booked, Compare, Condition, Has, Lasting, Not
from config.plan.reading import Quality, Reading, Value
from config.plan.site import Plan
from controller.decide.naming import Naming, equipment_named, listed, named, plain, valued
from controller.decide.rules.look import Look


class Awaited(NamedTuple):
    """One thing that ends or begins what a rule asks for, or says who is next."""

    words: Text
    """Whole without the time."""
    at_ms: int | None = None
    """As rules count; None: no time is certain."""
    means: Literal["", "earliest", "latest"] = ""
    """Whether it is not before that time, or then at the latest."""


class Wording:
    """How one Plan's points, and what they read now, are said."""

    def __init__(self, plan: Plan, readings: Sequence[Reading]) -> None:
        self._plan = plan
        self._readings = readings
        self._naming = Naming(plan)

    def equipment(self, name: str) -> Text:
        found = next((item for item in self._plan.equipment if item.name == name), None)
        return plain(name) if found is None else equipment_named(found)

    def point(self, point: int) -> Text:
        return self._naming.point(self._plan.points[point])

    def points(self, points: Iterable[int]) -> Text:
        return listed([self.point(point) for point in sorted(points)])

    def value(self, point: int, value: Value) -> Text | str:
        return valued(self._plan.points[point], value)

    def asking(self, ask: Ask | None, *, floor: bool = False) -> Text:
        """What is asked, `floor`: at the least; None: nothing."""
        if ask is None:
            return text("asks for nothing any more")
        value = self.value(ask.point, ask.value)
        if floor:
            return text("asks for {value} at the least", value=value)
        return text("asks for {value}", value=value)

    def now(self, point: int) -> Text | str:
        """What it reads."""
        reading = self._readings[point]
        if reading.value is None or reading.quality is not Quality.GOOD:
            return text("unknown")
        return self.value(point, reading.value)

    def condition(
        self, condition: Condition, look: Look | None = None, *, denied: bool = False, seen: bool = False
    ) -> Text:
        """A condition, or that it is not so, with what is read of it now. `look`: of its rule, which knows
        for how long what must last has lasted; `seen`: as for `Look.judge`."""
        match condition:
            case Compare():
                return self._compared(condition, denied=denied)
            case Has():
                return self._stands(condition, denied=denied)
            case Booked():
                return self._booked(condition, denied=denied)
            case Not():
                return self.condition(condition.item, look, denied=not denied, seen=seen)
            case All() | AnyOf():
                every = isinstance(condition, All) is not denied
                return self._joined(condition, look, every=every, denied=denied, seen=seen)
            case Lasting():
                if denied:
                    return self.condition(condition.item, look, denied=True, seen=seen)
                return self._lasting(condition, look, seen=seen)

    def _compared(self, condition: Compare, *, denied: bool) -> Text:
        parts = {
            "point": self.point(condition.point),
            "value": self.value(condition.point, condition.value),
            "now": self.now(condition.point),
        }
        if condition.op == "below":
            if denied:
                return text("{point} is not below {value} (now {now})", **parts)
            return text("{point} is below {value} (now {now})", **parts)
        if denied:
            return text("{point} is not above {value} (now {now})", **parts)
        return text("{point} is above {value} (now {now})", **parts)

    def _stands(self, condition: Has, *, denied: bool) -> Text:
        point, value = condition.point, condition.value
        if denied and isinstance(value, bool):
            value, denied = not value, False
        parts = {"point": self.point(point), "value": self.value(point, value), "now": self.now(point)}
        if denied:
            return text("{point} is not {value} (now {now})", **parts)
        return text("{point} is {value} (now {now})", **parts)

    def _booked(self, condition: Booked, *, denied: bool) -> Text:
        labels = {item.name: item.label for item in self._plan.places}
        place = named(labels.get(condition.place, ""), condition.place)
        if not condition.within_s:
            if denied:
                return text("{place} is not booked", place=place)
            return text("{place} is booked", place=place)
        ahead = amount(condition.within_s, "s")
        if denied:
            return text("{place} is not booked within {time}", place=place, time=ahead)
        return text("{place} is booked within {time}", place=place, time=ahead)

    def _joined(
        self, condition: All | AnyOf, look: Look | None, *, every: bool, denied: bool, seen: bool
    ) -> Text:
        said = []
        for item in condition.items:
            words = self.condition(item, look, denied=denied, seen=seen)
            bare, turned = (item.item, not denied) if isinstance(item, Not) else (item, denied)
            mixed = isinstance(bare, All | AnyOf) and (isinstance(bare, All) is not turned) is not every
            said.append(text("({condition})", condition=words) if mixed else words)
        if every:
            return reduce(lambda one, more: text("{first} and {second}", first=one, second=more), said)
        return reduce(lambda one, more: text("{first} or {second}", first=one, second=more), said)

    def _lasting(self, condition: Lasting, look: Look | None, *, seen: bool) -> Text:
        parts = {
            "condition": self.condition(condition.item, look, seen=seen),
            "time": amount(condition.seconds, "s"),
        }
        if look is None:
            return text("{condition} for {time}", **parts)
        over = look.judge(condition, seen=seen)
        since_ms = look.kept.get(f"true-{condition.key}_ms")
        if over is not False or since_ms is None:
            return text("{condition} for {time}", **parts)
        return text(
            "{condition} for {time} ({passed} of it over)",
            **parts,
            passed=lasted(look.now_ms - int(since_ms)),
        )


def beyond(point: int, limit: float, *, below: bool) -> Compare:
    """A number beyond a limit."""
    return Compare(point, "below" if below else "above", limit)


def lasted(ms: float) -> str:
    """ "25 s", "17 min 58 s", "2 h 5 min"."""
    minutes, seconds = divmod(max(0, int(ms)) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
