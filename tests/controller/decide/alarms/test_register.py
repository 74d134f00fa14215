"""All alarms of a site over time: what is told of lost lines, of flapping, of what comes of what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.language import text
from config.plan.clock import Now
from config.plan.site import Plan
from controller.decide.alarms.alarm import Alarm, State, Telling
from controller.decide.alarms.classes import CLASSES
from controller.decide.alarms.register import Alarms
from controller.decide.records import Acknowledge, AlarmCommand, Notice, Refused, Shelve, Unshelve
from tests.plans import SWITCH, PlanMaker
from tests.schedules.build import at

START = at("2026-03-05 07:00")
NAMES = [f"lamp-{number}" for number in range(8)]


def street() -> Plan:
    """Eight lamps on one line, another device on the other; two pumps of one group."""
    maker = PlanMaker()
    for name in NAMES:
        maker.add_point(maker.add_device(name), "on", SWITCH)
    hall = maker.add_device("hall", bacnet=True)
    maker.add_point(hall, "on", SWITCH)
    fed = maker.add_point(hall, "feed", SWITCH)
    maker.add_equipment("pump", "pump", permit=fed)
    return maker.build()


class Watchman:
    """Alarms of a site on a clock of their own, and everything that they told."""

    def __init__(self, plan: Plan | None = None, speed: float = 1.0) -> None:
        self.plan = street() if plan is None else plan
        self.now_ms = START
        self.speed = speed
        self.told: list[Telling] = []
        self._stored: dict[int, Alarm] = {}
        self.alarms = Alarms(self.plan, (), 0, speed)

    def restart(self) -> None:
        """With what was stored, and nothing else."""
        kept = [alarm for alarm in self._stored.values() if not alarm.over]
        self.alarms = Alarms(self.plan, kept, max(self._stored, default=0), self.speed)

    def after(self, seconds: float, *notices: Notice) -> list[str]:
        """Steps of a second, the notices in the last; what was told in all of them."""
        before = len(self.told)
        for left in range(int(seconds), 0, -1):
            self.now_ms += 1000
            self._look(list(notices) if left == 1 else [])
        if seconds == 0:
            self._look(list(notices))
        return [self._words(telling) for telling in self.told[before:]]

    def do(self, command: AlarmCommand) -> list[str]:
        self.alarms.check(command, self.now_ms)
        foreseen = self.alarms.after(command, self.now_ms)
        self.alarms.obey(command, self.now_ms)
        told = self.after(0)
        found = {alarm.id: alarm for alarm in self._stored.values()}
        for alarm in foreseen:
            assert found[alarm.id]._replace(told=0, said=alarm.said, anew=alarm.anew) == alarm._replace(
                told=0
            )
        return told

    def states(self) -> dict[str, str]:
        return {alarm.subject or alarm.kind: alarm.state.value for alarm in self.alarms.standing()}

    def named(self, subject: str) -> Alarm:
        return next(alarm for alarm in self._stored.values() if alarm.subject == subject)

    def _look(self, notices: list[Notice]) -> None:
        changed, told = self.alarms.look(Now(self.now_ms, 0, True), notices)
        self._stored.update((alarm.id, alarm) for alarm in changed)
        self.told += told
        wake = self.alarms.wake_ms()
        assert wake is None or wake > self.now_ms, "it has done all that is due"

    @staticmethod
    def _words(telling: Telling) -> str:
        return f"{telling.transition.value} {telling.alarm.subject or telling.alarm.kind}"


def lost(name: str, on: bool = True) -> Notice:
    return Notice("device-lost", name, text("{name} does not answer: {detail}", name=name, detail="x"), on)


def so(kind: str, subject: str, on: bool = True) -> Notice:
    return Notice(kind, subject, text("{name}", name=f"{kind} {subject}"), on)


def test_a_lost_line_of_eight_devices_is_one_alarm() -> None:
    made = Watchman()
    told = [word for name in NAMES for word in made.after(3, lost(name))]
    told += made.after(60)
    assert told == ["raised T1"]
    line = made.named("T1")
    assert str(line.words) == "line T1: none of its 8 devices answers"
    assert {made.named(name).state for name in NAMES} == {State.SUPPRESSED}
    assert {made.named(name).cause for name in NAMES} == {line.id}
    assert made.after(30, *(lost(name, on=False) for name in NAMES[:3])) == ["returned T1"]
    assert made.after(30, *(lost(name, on=False) for name in NAMES[3:7])) == []
    assert made.after(100) == ["raised lamp-7"], "the line is back, and one of its devices is not"


def test_when_some_devices_of_a_line_are_lost_each_stands() -> None:
    made = Watchman()
    assert made.after(1, lost("lamp-1"), lost("lamp-2")) == []
    assert made.after(9) == []
    assert made.after(1) == ["raised lamp-1", "raised lamp-2"]
    assert made.after(300, *(lost(name) for name in NAMES)) == ["raised T1"], "now all are"
    assert made.states()["lamp-1"] == "suppressed"
    assert made.after(1, *(lost(name, on=False) for name in NAMES)) == [
        "returned lamp-1",
        "returned lamp-2",
        "returned T1",
    ]


def test_a_device_that_is_alone_on_its_line_is_told_at_once() -> None:
    made = Watchman()
    assert made.after(1, lost("hall")) == ["raised hall"]


def test_a_short_loss_is_not_told() -> None:
    made = Watchman()
    assert made.after(1, lost("lamp-1")) == []
    assert made.after(5, lost("lamp-1", on=False)) == []
    assert made.after(60) == []
    assert made.states() == {}


def test_a_line_that_goes_on_losing_devices_does_not_hold_the_first_for_ever() -> None:
    made = Watchman()
    told = [word for _ in range(10) for name in NAMES[:7] for word in made.after(1, lost(name, on=True))]
    assert "raised lamp-0" in told


def test_what_is_wrong_with_points_of_a_lost_device_is_part_of_the_loss() -> None:
    made = Watchman()
    made.after(1, so("command-failed", "hall.on"))
    assert made.told[-1].alarm.subject == "hall.on", "this was there before"
    made.after(60, lost("hall"))
    assert made.after(5, so("command-failed", "hall.feed")) == []
    assert made.named("hall.feed").suppressed == "device hall"
    assert made.after(5, lost("hall", on=False)) == ["returned hall"]
    assert made.after(20) == ["raised hall.feed"], "it is wrong although the device answers"


def test_a_long_loss_takes_its_points_with_it_when_it_ends() -> None:
    made = Watchman()
    made.after(1, lost("hall"))
    made.after(3600, so("command-failed", "hall.on"))
    assert made.after(1, lost("hall", on=False)) == ["returned hall"]
    assert made.after(1, so("disk", "reserve")) == ["raised reserve"], "looks at all of them anew"
    assert made.after(1, so("command-failed", "hall.on", on=False)) == []


def test_the_first_of_a_group_is_the_cause() -> None:
    made = Watchman()
    for kind, seconds in (("trip", 1), ("stop-failed", 4), ("command-failed", 4)):
        subject = "hall.feed" if kind == "command-failed" else "pump"
        made.after(seconds, so(kind, subject))
    trip, stop, failed = sorted(made.alarms.standing(), key=lambda alarm: alarm.id)
    assert [alarm.order for alarm in (trip, stop, failed)] == [1, 2, 3]
    assert [alarm.cause for alarm in (trip, stop, failed)] == [trip.id] * 3
    made.after(5, so("trip", "pump", on=False), so("command-failed", "hall.feed", on=False))
    made.after(5, so("hand", "pump"))
    assert made.named("pump").id == trip.id
    hand = next(alarm for alarm in made.alarms.standing() if alarm.kind == "hand")
    assert (hand.cause, hand.order) == (trip.id, 3), "it belongs to what still stands"
    made.after(5, *(so(kind, "pump", on=False) for kind in ("stop-failed", "hand")))
    made.after(5, so("hand", "pump"))
    hand = next(alarm for alarm in made.alarms.standing() if alarm.kind == "hand")
    assert (hand.cause, hand.order) == (hand.id, 1), "a new episode"


def test_a_restart_tells_nothing_again_and_loses_nothing() -> None:
    made = Watchman()
    made.after(1, so("trip", "pump"), so("disk", "reserve"), lost("hall"))
    assert made.do(Acknowledge((1,), "Li", "seen")) == ["acked pump"]
    made.restart()
    assert made.after(1, so("trip", "pump"), so("disk", "reserve")) == []
    assert made.states() == {"pump": "active-acked", "reserve": "active-unacked", "hall": "active-unacked"}
    assert made.alarms.unsure("device-lost", "hall")
    assert made.after(1, lost("hall", on=False)) == ["returned hall"]
    made.restart()
    assert made.after(170, so("trip", "pump")) == []
    told = made.after(30)
    assert told == ["returned reserve"], "nobody said that any more"
    assert made.states() == {"pump": "active-acked", "reserve": "returned-unacked"}
    assert made.after(1, so("memory-lost", "")) == ["raised memory-lost"]
    assert made.alarms.last_id == 4


def test_shelved_over_a_restart_until_the_time_is_up() -> None:
    made = Watchman()
    made.after(1, so("disk", "reserve"))
    assert made.do(Shelve((1,), made.now_ms + 7_200_000, "Li", "works")) == ["shelved reserve"]
    made.restart()
    assert made.after(3600, so("disk", "reserve")) == []
    made.after(1, so("disk", "reserve", on=False))
    made.after(1, so("disk", "reserve"))
    assert made.states() == {"reserve": "shelved"}
    made.restart()
    made.after(1, so("disk", "reserve"))
    assert made.after(3597) == ["unshelved reserve", "raised reserve"]
    assert made.named("reserve").acked is False
    assert made.do(Shelve((1,), made.now_ms + 60_000, "Li", "works")) == ["shelved reserve"]
    made.after(1, so("disk", "reserve", on=False))
    assert made.do(Unshelve((1,), "Li")) == ["unshelved reserve", "returned reserve"]


def test_what_may_not_be_shelved() -> None:
    made = Watchman()
    made.after(1, so("fire", "fire"), so("disk", "reserve"))
    hour = made.now_ms + 3_600_000
    for command, words in (
        (Shelve((1,), hour, "Li", "works"), "life safety"),
        (Shelve((2,), hour, "Li", ""), "needs a reason"),
        (Shelve((2,), made.now_ms, "Li", "works"), "over already"),
        (Shelve((2,), made.now_ms + 25 * 3_600_000, "Li", "works"), "24 h here at most"),
        (Shelve((9,), hour, "Li", "works"), "no alarm 9 stands"),
        (Unshelve((2,), "Li"), "not shelved"),
    ):
        with pytest.raises(Refused, match=words):
            made.alarms.check(command, made.now_ms)
    made.do(Acknowledge((2,), "Li"))
    with pytest.raises(Refused, match="acknowledged already, by Li"):
        made.alarms.check(Acknowledge((2,), "Wang"), made.now_ms)


def test_what_flaps_is_told_a_few_times_and_then_when_it_is_calm() -> None:
    made = Watchman()
    told = [word for number in range(100) for word in made.after(3, so("hand", "pump", on=number % 2 == 0))]
    assert told == ["raised pump", "returned pump"] * 5 + ["raised pump"]
    assert made.told[-1].alarm.damped
    assert made.after(700) == ["returned pump"]
    assert made.states() == {}
    assert [telling.number for telling in made.told] == list(range(1, 13))


def test_what_comes_again_within_ten_minutes_is_the_same_alarm() -> None:
    made = Watchman()
    made.after(1, so("hand", "pump"))
    made.after(1, so("hand", "pump", on=False))
    made.after(599, so("hand", "pump"))
    assert (made.named("pump").id, made.named("pump").times) == (1, 2)
    made.after(1, so("hand", "pump", on=False))
    made.after(601, so("hand", "pump"))
    assert made.alarms.standing()[0].id == 2


def test_times_move_when_the_clock_is_put_right() -> None:
    made = Watchman()
    made.after(1, so("disk", "reserve"))
    made.do(Shelve((1,), made.now_ms + 7_200_000, "Li", "works"))
    day = 86_400_000
    made.alarms.put_right(-day)
    made.now_ms -= day
    assert made.after(7199) == []
    assert made.after(1) == ["unshelved reserve", "raised reserve"]


def test_quiet_alarms_cost_a_step_nothing() -> None:
    made = Watchman()
    made.after(1, so("trip", "pump"))
    made.after(1)
    assert made.alarms.wake_ms() is None


def test_priorities_are_those_of_the_table() -> None:
    made = Watchman()
    made.after(1, *(so(kind, kind) for kind in CLASSES if kind not in ("declared", "line-lost")))
    found = {alarm.kind: alarm.priority for alarm in made.alarms.standing()}
    assert found == {kind: CLASSES[kind].priority for kind in found}
    assert found["gas"] == "critical"


SUBJECTS = [
    *(("device-lost", name) for name in (*NAMES, "hall")),
    ("command-failed", "hall.on"),
    ("trip", "pump"),
    ("hand", "pump"),
    ("disk", "reserve"),
]
COURSES = st.lists(
    st.tuples(
        st.sets(st.sampled_from(SUBJECTS), max_size=9), st.sampled_from([1, 4, 11, 70, 650]), st.booleans()
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(COURSES)
def test_restarts_in_between_change_nothing_of_what_is_told(
    course: list[tuple[set[tuple[str, str]], int, bool]],
) -> None:
    """As long as what is still so is said again, which the parts that notice things do."""
    plain, broken = Watchman(), Watchman()
    standing: set[tuple[str, str]] = set()
    for toggled, seconds, restarts in course:
        if restarts:
            broken.restart()
            again = [so(kind, subject) for kind, subject in sorted(standing)]
            assert broken.after(0, *again) == plain.after(0, *again) == []
        standing ^= toggled
        notices = [so(*key, on=key in standing) for key in sorted(toggled)]
        assert broken.after(seconds, *notices) == plain.after(seconds, *notices)
        assert broken.states() == plain.states()
    for made in (plain, broken):
        made.after(1, *(so(*key, on=False) for key in sorted(standing)))
        made.after(800)
        assert set(made.states().values()) <= {"returned-unacked"}
        assert len({(telling.alarm.id, telling.number) for telling in made.told}) == len(made.told)
