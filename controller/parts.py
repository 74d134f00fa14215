"""The parts of an engine, and what people are answered about it. Asking changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from config.language import Text, text
from config.plan.clock import Now, Pace
from config.plan.reading import Reading
from config.plan.site import Plan
from controller.decide.acceptance import accept
from controller.decide.alarms.alarm import Alarm
from controller.decide.alarms.register import Alarms
from controller.decide.anew import Beginnings, judge
from controller.decide.announcements import Announcements
from controller.decide.arbiter import NOTHING, Result
from controller.decide.barriers import Barrier, Barriers
from controller.decide.booking import check_bookings
from controller.decide.cover import Cover
from controller.decide.explain import Explanation, Hindrance, NotBefore, Seen, explain
from controller.decide.gate import Gate
from controller.decide.hands import Hands
from controller.decide.heard import not_heard
from controller.decide.naming import Naming
from controller.decide.outputs import Outputs
from controller.decide.people import PeopleRequests
from controller.decide.permits import Permits
from controller.decide.programmes import ProgrammeRequests
from controller.decide.records import (
    Acknowledge,
    AlarmCommand,
    Book,
    PersonCommand,
    Refused,
    Remembered,
    Reset,
    Shelve,
    Unshelve,
)
from controller.decide.requests import RequestSource
from controller.decide.rules.hours import Hours
from controller.decide.rules.source import RuleRequests
from controller.decide.steady import SteadyTime
from controller.decide.timekeeping import Timekeeping
from controller.decide.told import Told
from controller.image import Image
from schedules.bookings import Bookings
from schedules.context import Context
from schedules.programme import HORIZON_DAYS


class Parts:
    """What an engine is made of, and what can be asked of it between two steps."""

    def __init__(
        self,
        plan: Plan,
        context: Context,
        pace: Pace,
        remembered: Remembered,
        put_right_ms: int = 0,
        machine: str = "",
    ) -> None:
        """`put_right_ms`: by how much the clock had been put right (`Now`) when that was remembered.
        `machine`: another one after each boot of the machine; "": not known."""
        self.plan = plan
        self.naming = Naming(plan)
        self._pace = pace
        self._image = Image(plan, pace)
        self._hands = Hands(plan, context.local, remembered.rules)
        self._outputs = Outputs(plan, pace, remembered.outputs, self._hands)
        commanded = {plan.points[point].key: point for point in self._outputs.standing}
        self._keys = commanded
        self._context = context._replace(bookings=Bookings(remembered.bookings))
        self._programmes = ProgrammeRequests(plan.programmes, self._context)
        judged = judge(plan, remembered.overrides)
        self._people = PeopleRequests(commanded, judged.standing)
        self._beginnings = Beginnings(plan, remembered, judged.unfit)
        self._steady = SteadyTime(pace.speed)
        hours = Hours(self._context, plan.tariff)
        self._rules = RuleRequests(plan.rules, self._image.said, remembered.rules, self._steady, hours)
        self._gate = Gate(plan, self._image, remembered.rules, machine)
        self._rules.queued(self._gate.queued)
        self._permits = Permits(plan, self._image.said, remembered.rules)
        self._sources: tuple[RequestSource, ...] = (self._programmes, self._people, self._rules)
        self._barriers = Barriers(plan, remembered.locks, remembered.observe)
        self._bearing = self._outputs.standing.keys() | self._barriers.selectors
        """Points whose readings outputs and barriers look at, each time they change."""
        self._alarms = Alarms(plan, remembered.alarms, remembered.last_alarm, pace.speed)
        self._results: dict[int, Result] = dict.fromkeys(commanded.values(), NOTHING)
        self._online: dict[int, bool] = {}
        self._devices_online = 0
        self._not_set_up: set[int] = set()
        self._clashes: dict[int, tuple[str, ...]] = {}
        """Where others answer with a device's instance."""
        self._cycle = 0
        self._told_observe = False
        self._timekeeping = Timekeeping(context.local, put_right_ms)
        self._told = Told()
        self._known: list[int] = []
        """Points that another Plan's engine has read: read anew in the first step."""
        self._anew: set[int] = set()
        """Points to be decided in the next step, whatever happens."""
        self._announcements = Announcements(context)
        self._longest_ms = round(plan.site.override_max_s * 1000)

    @property
    def readings(self) -> Sequence[Reading]:
        """The image, by point id; stands until the next step."""
        return self._image

    @property
    def said(self) -> Sequence[Reading]:
        """The same for those who do not ask when: what only came again has a time of before."""
        return self._image.said

    @property
    def decisions(self) -> Mapping[int, Result]:
        """The decision on every point that can be commanded."""
        return self._results

    def barrier(self, point: int) -> Barrier | None:
        """What forbids every write to `point` now."""
        return self._barriers.on(self.plan.points[point])

    def held_back(self, point: int) -> Text | None:
        """Why a command on `point` is noted but not sent now; None if it is sent."""
        barrier = self.barrier(point)
        if barrier is not None:
            return barrier.text
        if self._outputs.reachable(self.plan.points[point].device):
            return None
        return text("the device does not answer; it is sent when it is back")

    def not_heard(self, point: int) -> Text | None:
        """Why what a person set on `point` is not what it is told; None if it is, or nobody set anything."""
        return not_heard(self.plan, self.plan.points[point], self._results[point], self._context.local)

    def barrier_of(self, target: str) -> Barrier | None:
        """What forbids every write to an equipment or device, or to a part of it; None if nothing does."""
        return self._barriers.on_any(target)

    def cover(self, target: str) -> Cover:
        """What a lock on an equipment or device bears on, and what it leaves open."""
        return self._barriers.cover(target)

    def refused(self, point: int) -> bool:
        """Whether what was last commanded on `point` did not take."""
        standing = self._outputs.standing.get(point)
        return standing is not None and standing.refused

    def explain(self, point: int, now: Now) -> Explanation:
        """Why `point` is as it is, what keeps it from what is asked, and what comes next."""
        horizon_ms = now.wall_ms + HORIZON_DAYS * 86_400_000
        change_ms = self._programmes.next_change(point, now.wall_ms, horizon_ms) if now.trusted else None
        bound = self.plan.points[point]
        return explain(
            Seen(
                self.plan,
                bound,
                self._results.get(point),
                self.barrier(point),
                self._outputs.standing.get(point),
                self._hindered_by_hand(point),
                self._outputs.reachable(bound.device),
                self._image,
                self._rules.bearing_on(point, now, lambda name: self.cover(name).points),
                now.trusted,
                now.wall_ms,
                tuple(self._programmes.requests(point)),
                lambda wall_ms: self._programmes.requests_at(point, wall_ms),
                None if change_ms == horizon_ms else change_ms,
                self._not_before(point, now),
            )
        )

    def _not_before(self, point: int, now: Now) -> NotBefore | None:
        """The minimum time that runs for a motor, by the wall clock."""
        steady_ms = self._steady.at(now)
        found = self._gate.not_before(point, steady_ms)
        return None if found is None else NotBefore(*found[:2], found[2] - steady_ms + now.wall_ms)

    @property
    def bookings(self) -> Bookings:
        """Of all places, and of those that the Plan has no more."""
        return self._context.bookings

    def left(self, point: int) -> bool:
        """Whether `point` is left alone because somebody changed it by hand."""
        return self._hands.on(point) is not None

    def _hindered_by_hand(self, point: int) -> Hindrance | None:
        hand = self._hands.on(point)
        return None if hand is None else Hindrance("hand", self._hands.brief(point, hand), hand.until_ms)

    def scheduled(self, point: int) -> bool:
        """Whether a programme asks for a value of `point` now."""
        return any(request.value is not None for request in self._programmes.requests(point))

    def observed(self) -> tuple[bool, list[str]]:
        """Whether the whole site is in observe mode, and which devices and equipment are by themselves."""
        return self._barriers.site_observed, self._barriers.parts_observed()

    def online(self, device: int) -> bool | None:
        """Whether a device answers; None = not heard of in this run."""
        return self._online.get(device)

    def awaited(self) -> int:
        """How many devices have neither been heard nor been given up yet in this run."""
        return sum(bool(device.points) and device.id not in self._online for device in self.plan.devices)

    def remembered(self) -> Remembered:
        """All that must outlive this engine; each step tells what changed in it."""
        return Remembered(
            self._people.standing(),
            self._barriers.locks(),
            self._barriers.observed(),
            self._outputs.records(),
            (
                *self._rules.standing(),
                *self._gate.standing(),
                *self._permits.standing(),
                *self._hands.standing(),
            ),
            tuple(self.bookings),
            self._alarms.remembered(),
            self._alarms.last_id,
        )

    def alarms(self) -> list[Alarm]:
        """All that are not normal, the oldest first."""
        return self._alarms.standing()

    def alarms_after(
        self, command: AlarmCommand, now: Now, awaited: Iterable[AlarmCommand] = ()
    ) -> tuple[Alarm, ...]:
        """What an accepted command makes of those it bears on, after those that are `awaited`."""
        return self._alarms.after(command, now.wall_ms, awaited)

    def alarms_with(
        self, alarms: Iterable[Alarm], awaited: Sequence[AlarmCommand], now: Now
    ) -> tuple[Alarm, ...]:
        """These, as the commands that are `awaited` will make them."""
        return self._alarms.with_done(alarms, awaited, now.wall_ms)

    def store_alarms_anew(self) -> None:
        """With the next step."""
        self._alarms.store_anew()

    def accept(self, command: PersonCommand, now: Now) -> None:
        """Raises Refused, with the reason, when a person's command cannot be carried out.

        The shell asks this, commits the command, and hands it to the next step.
        """
        observed = [item.target for item in self._barriers.observed()]
        accept(self.plan, command, now.wall_ms, observed)
        match command:
            case Reset():
                self._rules.check_reset(command.rule, now)
            case Book():
                check_bookings(self.bookings, command)
            case Acknowledge() | Shelve() | Unshelve():
                self._alarms.check(command, now.wall_ms)

    def until_next(self, key: str, now: Now) -> int:
        """The end of an override that lasts until the programmes of `key` next decide otherwise, at most as
        long as the site allows. Raises Refused."""
        if not now.trusted:
            raise Refused(text("the clock cannot be trusted: say how long instead"))
        longest = now.wall_ms + self._longest_ms
        point = self._keys.get(key)
        ends = None if point is None else self._programmes.next_change(point, now.wall_ms, longest)
        if ends is None:
            raise Refused(text("no programme commands {name}: say how long instead", name=key))
        return ends
