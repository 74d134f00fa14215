"""Programmes to the records of the Plan."""

from __future__ import annotations

from config.language import Text, text
from config.plan.devices import Source
from config.plan.programmes import (
    BUILT_IN_KINDS,
    WEEKDAYS,
    BookedPeriod,
    CalendarPlan,
    DayList,
    ExceptionEntry,
    Period,
    Programme,
)
from config.plan.reading import Value
from config.written.check.periods import check_overlaps
from config.written.check.values import check_value
from config.written.doubts import Doubts
from config.written.gather import Written
from config.written.lower.places import Places
from config.written.lower.target import Target
from config.written.lower.targets import Targets
from config.written.model.base import unnamed
from config.written.model.programmes import PeriodWritten, ProgrammeWritten
from config.written.named import Named
from config.written.nodes import Node, Scalar
from config.written.problems import Findings, Wrong, one_of
from config.written.recurring import follow_on

RELEASE = "release"


def lower_programmes(
    written: Written,
    calendar: CalendarPlan,
    places: Places,
    targets: Targets,
    doubts: Doubts,
    findings: Findings,
) -> list[Programme]:
    """Every programme in the order written; tells everything wrong with each."""
    doubts.add((), astray=bool(written.broken.get("programmes")))
    made = []
    for number, named in enumerate(written.programmes.values()):
        before = findings.count
        found, astray = targets.of(named)
        made.append(_Lowering(named, number, calendar, places, found, findings).programme())
        if astray or not named.sound or findings.count > before:
            doubts.add((target.point.id for target in found), astray=astray)
    return made


class _Lowering:
    """One programme on its way to its record."""

    def __init__(
        self,
        named: Named[ProgrammeWritten],
        number: int,
        calendar: CalendarPlan,
        places: Places,
        targets: list[Target],
        findings: Findings,
    ) -> None:
        self._named = named
        self._number = number
        self._kinds = (*BUILT_IN_KINDS, *calendar.own_kinds)
        self._findings = findings
        self._places = places
        self._targets = self._alike(targets)

    def programme(self) -> Programme:
        written = self._named.written
        given = written.model_fields_set
        week = tuple(self._day_list(kind, periods) for kind, periods in written.week.items())
        asks = any(periods.periods for periods in week) or written.exceptions or written.bookings
        lost = not all(self._whole(key) for key in ("week", "exceptions", "bookings", "default"))
        if not asks and "default" not in given and not lost:
            self._findings.problem(
                self._named.entry.at,
                text("the programme asks for nothing"),
                text("week, exceptions, bookings or default"),
            )
        self._check_untrusted()
        return Programme(
            id=self._number,
            name=self._named.name,
            label=written.label,
            targets=tuple(target.point.id for target in self._targets),
            slot=written.slot,
            priority=written.priority,
            default=self._value(["default"], written.default) if "default" in given else None,
            has_default="default" in given,
            untrusted=self._value(["untrusted_clock"], written.untrusted_clock)
            if "untrusted_clock" in given
            else None,
            has_untrusted="untrusted_clock" in given,
            week=week,
            exceptions=tuple(self._exception(index) for index in range(len(written.exceptions))),
            effective=written.effective or (),
            source=self._named.entry.at,
            bookings=self._bookings(),
        )

    def _alike(self, targets: list[Target]) -> list[Target]:
        """The targets that are of one kind with the first: one value must mean the same for all."""
        alike = []
        for target in targets:
            first = targets[0]
            same = (target.point.kind, target.point.unit) == (first.point.kind, first.point.unit)
            if same and target.point.states == first.point.states:
                alike.append(target)
            else:
                self._findings.problem(
                    target.at,
                    text(
                        "{target} and {other} take different values", target=target.shown, other=first.shown
                    ),
                    hint=text("write a programme for each"),
                )
        return alike

    def _check_untrusted(self) -> None:
        """Lamps must have a value for the hours in which nobody knows what time it is."""
        given = "untrusted_clock" in self._named.written.model_fields_set
        if given or not self._whole("untrusted_clock"):
            return
        if lamp := next((target for target in self._targets if target.kind == "lamp-group"), None):
            self._findings.problem(
                self._named.entry.at,
                text('"{key}" is missing: {target} is lighting', key="untrusted_clock", target=lamp.shown),
                text("the value while the clock cannot be trusted"),
            )

    def _value(self, path: list[object], value: object) -> Value | None:
        """The value in engineering units, allowed by every target; None for release."""
        if value == RELEASE:
            return None
        at = self._named.entry.place(path)
        if self._named.entry.lacks(*path):
            return None
        if value is None:
            self._findings.problem(at, text("there is no value here"), text("a value, or release"))
            return None
        result: Value | None = None
        for target in self._targets:
            try:
                result = check_value(target.written, target.point.kind, value)
            except Wrong as error:
                said = _as_written(error.message, value, self._named.entry.at_path(path))
                more = len(self._targets) > 1 and target is not self._targets[0]
                message = text("{name}: {problem}", name=target.shown, problem=said) if more else said
                self._findings.problem(at, message, error.expected, error.hint)
                return None
        return result

    def _day_list(self, kind: str, periods: list[PeriodWritten]) -> DayList:
        self._check_kind(kind, ["week", kind], key=True)
        # A Monday is never followed by a Monday.
        return DayList(kind, self._periods(["week", kind], periods, repeats=kind not in WEEKDAYS))

    def _check_kind(self, kind: str, path: list[object], *, key: bool) -> None:
        if kind not in self._kinds:
            near = self._findings.guess(kind, self._kinds)
            if near is None and unnamed(self._kinds):
                return
            self._findings.problem(
                self._named.entry.place(path, key=key),
                text('no kind of day named "{name}"', name=kind),
                None if near else one_of(self._kinds),
                near,
            )

    def _periods(
        self, path: list[object], periods: list[PeriodWritten], *, repeats: bool
    ) -> tuple[Period, ...]:
        lowered = []
        for index, period in enumerate(periods):
            value = self._value([*path, index, "value"], period.value)
            if self._whole(*path, index, "from") and self._whole(*path, index, "to"):
                lowered.append(Period(period.start, period.end, value, self._source([*path, index])))
        check_overlaps(lowered, self._findings, repeats=repeats)
        return tuple(lowered)

    def _whole(self, *path: object) -> bool:
        return self._named.entry.whole(*path)

    def _source(self, path: list[object]) -> Source:
        return self._named.entry.place(path)

    def _bookings(self) -> tuple[BookedPeriod, ...]:
        made: dict[str, BookedPeriod] = {}
        for index, written in enumerate(self._named.written.bookings):
            path: list[object] = ["bookings", index]
            value = self._value([*path, "value"], written.value)
            if not self._whole(*path, "place"):
                continue
            place = self._places.named(written.place, self._source([*path, "place"]))
            if place is None:
                continue
            if place.name in made:
                self._findings.problem(self._source(path), text("{name} is named twice", name=place.name))
            made[place.name] = BookedPeriod(
                place.name,
                place.label or place.name,
                written.before,
                written.after,
                value,
                self._source(path),
            )
        return tuple(made.values())

    def _exception(self, index: int) -> ExceptionEntry:
        written = self._named.written.exceptions[index]
        path: list[object] = ["exceptions", index]
        known = self._whole(*path, "like") and self._whole(*path, "periods")
        if known and (written.like is None) == (written.periods is None):
            if written.like is None:
                said = text("the exception says neither like nor periods: write one of them")
            else:
                said = text("an exception says either like or periods, not both")
            self._findings.problem(self._source(path), said)
        if written.like is not None:
            self._check_kind(written.like, [*path, "like"], key=False)
        dates = written.dates if self._whole(*path, "dates") else ()
        return ExceptionEntry(
            dates=dates,
            like=written.like,
            periods=self._periods(
                [*path, "periods"],
                written.periods or [],
                repeats=any(map(follow_on, dates)),
            ),
            from_midnight=written.from_midnight,
            reason=written.reason,
            source=self._source(path),
            over_bookings=written.over_bookings,
        )


def _as_written(words: Text, value: object, node: Node) -> Text:
    """`words` with a number as it stands in the file: who wrote 0x10 never wrote 16."""
    if isinstance(value, (str, bool)) or not isinstance(node, Scalar) or not node.text:
        return words
    parts = ((name, node.text if part is value else part) for name, part in words.parts)
    return Text(words.message, tuple(parts))
