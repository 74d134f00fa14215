"""All alarms of a site: notices in, tellings out. Pure; what it knows is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from config.language import text
from config.plan.clock import Now
from config.plan.site import Plan
from controller.decide.alarms.alarm import CONDITION, Alarm, State, Telling, Transition
from controller.decide.alarms.belonging import Belonging
from controller.decide.alarms.classes import CLASSES, DECLARED, LINE, OTHER, Class
from controller.decide.alarms.folding import Folding, Key
from controller.decide.alarms.machine import (
    acknowledge,
    announce,
    come,
    due_ms,
    go,
    place,
    settle,
    shelve,
    suppress,
    unshelve,
)
from controller.decide.records import Acknowledge, AlarmCommand, Notice, Refused, Shelve, Unshelve

_MOVED = ("raised_ms", "returned_ms", "acked_ms", "shelved_until_ms")


class Alarms:
    """Those that somebody may still want to know of."""

    def __init__(self, plan: Plan, remembered: Iterable[Alarm], last_id: int, speed: float) -> None:
        """`last_id`: of any alarm there ever was."""
        self._belonging = Belonging(plan)
        self._folding = Folding(self._belonging, speed)
        self._longest_ms = round(plan.site.shelve_max_s * 1000)
        self._alarms: dict[Key, Alarm] = {alarm.key: alarm for alarm in remembered}
        self._stored = dict(self._alarms)
        self._last_id = last_id
        self._muted: set[Key] = set()
        """What the site declares not to count now."""
        self._unsure = {key: 0 for key, alarm in self._alarms.items() if alarm.active and alarm.kind != LINE}
        """Active before this run and not said again in it, with the time by which it must be; 0 = not known
        yet."""
        self._tellings: list[Telling] = []
        self._unshelved: list[Alarm] = []
        self._due_ms: int | None = 0

    def standing(self) -> list[Alarm]:
        """All that are not normal, the oldest first."""
        found = (alarm for alarm in self._alarms.values() if alarm.state is not State.NORMAL)
        return sorted(found, key=lambda alarm: (alarm.raised_ms, alarm.id))

    def remembered(self) -> tuple[Alarm, ...]:
        return tuple(self._alarms.values())

    @property
    def last_id(self) -> int:
        return self._last_id

    def wake_ms(self) -> int | None:
        """Site time of its next look though nothing has happened."""
        return self._due_ms

    def unsure(self, kind: str, subject: str) -> bool:
        """Whether that stood before this run, and has not been said again since."""
        return (kind, subject) in self._unsure

    def follow(self, former: Alarms) -> None:
        """Go on from another Plan's: this is no start, and what stands need not be said again."""
        self._unsure = dict(former._unsure)
        self._muted = set(former._muted)

    def put_right(self, by_ms: int) -> list[Alarm]:
        """The clock was put right by so much. Returns those that are shelved until another time now."""
        if not by_ms:
            return []
        self._unsure = {key: at and at + by_ms for key, at in self._unsure.items()}
        for key, alarm in self._alarms.items():
            times = {name: at + by_ms for name in _MOVED if (at := getattr(alarm, name)) is not None}
            recent = tuple(at + by_ms for at in alarm.recent)
            self._alarms[key] = alarm._replace(**times, recent=recent)
        self._due_ms = 0
        return [alarm for alarm in self._alarms.values() if alarm.shelved_until_ms is not None]

    # What people do

    def check(self, command: AlarmCommand, now_ms: int) -> None:
        """Raises Refused where that cannot be done."""
        for number in command.alarms:
            alarm = self._numbered(number)
            match command:
                case Acknowledge():
                    if alarm.acked:
                        raise Refused(
                            text(
                                "alarm {id} is acknowledged already, by {who}", id=number, who=alarm.acked_by
                            )
                        )
                case Shelve():
                    self._may_shelve(alarm, command, now_ms)
                case Unshelve():
                    if alarm.shelved_until_ms is None:
                        raise Refused(text("alarm {id} is not shelved", id=number))

    def _may_shelve(self, alarm: Alarm, command: Shelve, now_ms: int) -> None:
        if CLASSES.get(alarm.kind, OTHER).life_safety:
            raise Refused(text("alarm {id} is one of life safety: it cannot be shelved", id=alarm.id))
        if not command.reason:
            raise Refused(text("to shelve an alarm needs a reason"))
        if command.until_ms <= now_ms:
            raise Refused(text("that end is over already"))
        if command.until_ms - now_ms > self._longest_ms:
            hours = f"{self._longest_ms / 3_600_000:g}"
            raise Refused(text("an alarm may be shelved for {hours} h here at most", hours=hours))

    def after(
        self, command: AlarmCommand, now_ms: int, awaited: Iterable[AlarmCommand] = ()
    ) -> tuple[Alarm, ...]:
        """Those that it bears on, as they will be once what is `awaited` was done before it."""
        standing = [self._numbered(number) for number in command.alarms]
        return self.with_done(standing, (*awaited, command), now_ms)

    def with_done(
        self, alarms: Iterable[Alarm], commands: Sequence[AlarmCommand], now_ms: int
    ) -> tuple[Alarm, ...]:
        """These alarms, as the commands will make them."""
        found = []
        for alarm in alarms:
            for command in commands:
                if alarm.id in command.alarms:
                    alarm = self._done(alarm, command, now_ms)
            found.append(alarm)
        return tuple(found)

    def store_anew(self) -> None:
        """What is stored of them is not sure: all are to be remembered with the next look."""
        self._stored.clear()
        self._due_ms = 0

    def obey(self, command: AlarmCommand, now_ms: int) -> None:
        """`check` was asked; an alarm that has gone meanwhile needs nothing."""
        transition = {
            Acknowledge: Transition.ACKED,
            Shelve: Transition.SHELVED,
            Unshelve: Transition.UNSHELVED,
        }[type(command)]
        for number in command.alarms:
            alarm = self._by_id(number)
            if alarm is not None:
                self._tell(self._done(alarm, command, now_ms), transition, now_ms)
        self._due_ms = 0

    @staticmethod
    def _done(alarm: Alarm, command: AlarmCommand, now_ms: int) -> Alarm:
        match command:
            case Acknowledge():
                return acknowledge(alarm, command.person, command.comment, now_ms)
            case Shelve():
                return shelve(alarm, command.until_ms, command.person, command.reason)
            case Unshelve():
                return unshelve(alarm)

    def _by_id(self, number: int) -> Alarm | None:
        return next((alarm for alarm in self._alarms.values() if alarm.id == number), None)

    def _numbered(self, number: int) -> Alarm:
        alarm = self._by_id(number)
        if alarm is None or alarm.state is State.NORMAL:
            raise Refused(text("no alarm {id} stands; list them with: louguan alarms", id=number))
        return alarm

    # What happens

    def look(self, now: Now, notices: Sequence[Notice]) -> tuple[list[Alarm], list[Telling]]:
        """Take what was noticed. Returns what has changed, to be remembered, and what is to be told."""
        now_ms = now.wall_ms
        if not notices and (self._due_ms is None or now_ms < self._due_ms):
            return [], []
        for notice in notices:
            self._take(notice, now_ms)
        self._doubt(now_ms)
        self._lines(now_ms)
        self._folding.due_ms = None
        for key in list(self._alarms):
            self._time(key, now_ms)
        self._first_out()
        for alarm in list(self._alarms.values()):
            said, transition = announce(alarm)
            if transition is not None:
                self._keep(settle(said, now_ms))
                self._tellings.append(Telling(said, transition, now_ms))
        changed = [alarm for key, alarm in self._alarms.items() if self._stored.get(key) != alarm]
        self._alarms = {key: alarm for key, alarm in self._alarms.items() if not alarm.over}
        self._stored = dict(self._alarms)
        self._due_ms = self._next_ms()
        taken, self._tellings = self._tellings, []
        return changed, taken

    def take_unshelved(self) -> list[Alarm]:
        """Those whose shelving ran out since it was asked last, as they were."""
        taken, self._unshelved = self._unshelved, []
        return taken

    def _take(self, notice: Notice, now_ms: int) -> None:
        key = (notice.kind, notice.subject)
        self._unsure.pop(key, None)
        (self._muted.add if notice.on and notice.muted else self._muted.discard)(key)
        alarm = self._alarms.get(key)
        if notice.on:
            self._keep(come(self._new(notice) if alarm is None else self._graded(alarm), notice.text, now_ms))
        elif alarm is not None:
            self._keep(go(alarm, now_ms))

    def _new(self, notice: Notice) -> Alarm:
        self._last_id += 1
        made = Alarm(self._last_id, notice.kind, notice.subject, "medium", latch=False, words=notice.text)
        return self._graded(made)

    def _graded(self, alarm: Alarm) -> Alarm:
        """With what the Plan in force makes of it."""
        found: Class = CLASSES.get(alarm.kind, OTHER)
        declared = self._belonging.watches.get(alarm.subject) if alarm.kind == DECLARED else None
        return alarm._replace(
            priority=found.priority if declared is None else declared.priority,
            latch=found.latch if declared is None else declared.latch,
            groups=self._belonging.groups(alarm.kind, alarm.subject),
        )

    def _doubt(self, now_ms: int) -> None:
        """What stood before this run and nobody says any more."""
        for key, by_ms in list(self._unsure.items()):
            settles_ms = round(CLASSES.get(key[0], OTHER).settles_s * 1000)
            if not by_ms:
                self._unsure[key] = now_ms + settles_ms
            elif now_ms >= by_ms:
                del self._unsure[key]
                self._keep(go(self._alarms[key], now_ms))

    def _lines(self, now_ms: int) -> None:
        lost = self._folding.lost_lines(self._alarms)
        for line, words in lost.items():
            alarm = self._alarms.get((LINE, line))
            notice = Notice(LINE, line, words, on=True)
            self._keep(come(self._new(notice) if alarm is None else alarm, words, now_ms))
        for key, alarm in list(self._alarms.items()):
            if key[0] == LINE and alarm.active and key[1] not in lost:
                self._keep(go(alarm, now_ms))

    def _time(self, key: Key, now_ms: int) -> None:
        alarm = self._alarms[key]
        if alarm.shelved_until_ms is not None and now_ms >= alarm.shelved_until_ms:
            self._unshelved.append(alarm)
            self._tell(unshelve(alarm), Transition.UNSHELVED, now_ms)
            alarm = self._alarms[key]
        if alarm.active and key not in self._unsure:
            part_of, cause = (
                (CONDITION, 0) if key in self._muted else self._folding.judge(alarm, self._alarms, now_ms)
            )
            alarm = suppress(alarm, part_of, cause)
        self._keep(settle(alarm, now_ms))

    def _first_out(self) -> None:
        """Those that have just come take their places behind those of their groups that stand."""
        new = [one for one in self._alarms.values() if one.showing and one.groups and not one.order]
        for alarm in sorted(new, key=lambda one: (one.raised_ms, one.id)):
            before = [
                other
                for other in self._alarms.values()
                if other.showing and other.order and set(other.groups) & set(alarm.groups)
            ]
            first = min(before, key=lambda other: other.order, default=None)
            if first is None:
                self._keep(place(alarm, alarm.id, 1))
            else:
                self._keep(place(alarm, first.cause, 1 + max(other.order for other in before)))

    def _tell(self, alarm: Alarm, transition: Transition, now_ms: int) -> None:
        """A person's deed, or its end, which is told whatever the state is."""
        told = alarm._replace(told=alarm.told + 1)
        self._keep(told)
        self._tellings.append(Telling(told, transition, now_ms))

    def _keep(self, alarm: Alarm) -> None:
        self._alarms[alarm.key] = alarm

    def _next_ms(self) -> int | None:
        dues = [due for alarm in self._alarms.values() if (due := due_ms(alarm)) is not None]
        dues += self._unsure.values()
        if self._folding.due_ms is not None:
            dues.append(self._folding.due_ms)
        return min(dues, default=None)
