"""What a person at the desk asks for, by the seed. Of the site hil_tests/sites/desk; pure.

Each wish that may change something has words of its own (a reason, a label, a comment), so that its rows of
the ledger can be told from any other's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

SWITCHED = ("relay.ch1", "relay.ch2", "relay.ch3", "relay.ch4", "relay.ch5")
DIMMED = ("hall.zone1_level", "hall.zone2_level")
TARGETS = ("yard", "store", "hall-lights", "relay", "hall")
PLACES = ("hall", "rooms")
_QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {}),
    ("points", {"pattern": "relay"}),
    ("why", {"point": "relay.ch1"}),
    ("alarms", {"all": True}),
    ("event-list", {}),
    ("read", {"point": "relay.ch1"}),
)
QUESTIONS = frozenset(op for op, _ in _QUESTIONS)
"""Operations that change nothing."""
_MISTAKES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("set", {"point": "relay.ch9", "value": "on", "for_s": 60}),
    ("set", {"point": "relay.ch1", "value": "bright", "for_s": 60}),
    ("set", {"point": "hall.zone1_level", "value": "140 %", "for_s": 60}),
    ("set", {"point": "relay.ch1", "value": "on", "for_s": 90_000}),
    ("set", {"point": "relay.ch1", "value": "on"}),
    ("lock", {"target": "yard"}),  # without a reason
    ("observe", {"target": "yard", "on": "perhaps"}),
    ("alarm-ack", {"alarms": [999_999]}),
)
_WEIGHTS = {
    "set": 30, "release": 12, "lock": 6, "unlock": 6, "observe": 4, "reset": 2, "event-add": 7,
    "event-remove": 4, "event-import": 1, "alarm-ack": 6, "alarm-shelve": 4, "alarm-unshelve": 3,
    "apply": 0.3, "rollback": 0.3, "question": 12, "mistake": 4,
}  # fmt: skip


class Wish(NamedTuple):
    """One request."""

    op: str
    """An operation of the socket; for `apply` the Plan is to be handed over first."""
    args: dict[str, Any]


def wishes(
    person: str, seed: int, count: int, alarms: Sequence[int], today: datetime, plans: int
) -> Iterator[Wish]:
    """So many. `alarms`: numbers of those that stand all the while. `plans`: how many there are to apply,
    given as {"plan": INDEX}."""
    chance = random.Random(f"{person} {seed}")
    kinds, weights = [*_WEIGHTS], [*_WEIGHTS.values()]
    for number, kind in enumerate(chance.choices(kinds, weights, k=count)):
        yield _wish(kind, chance, f"{person}-{number}", alarms, today, plans)


def _wish(  # noqa: C901 - one case a kind
    kind: str, chance: random.Random, words: str, alarms: Sequence[int], today: datetime, plans: int
) -> Wish:
    match kind:
        case "set":
            dims = chance.random() < 0.3
            point = chance.choice(DIMMED if dims else SWITCHED)
            value = f"{chance.randrange(0, 101, 5)} %" if dims else chance.choice(("on", "off"))
            lasting = chance.choice((0.2, 0.7, 1.5, 3, 60, 3600))
            return Wish("set", {"point": point, "value": value, "for_s": lasting, "reason": words})
        case "release":
            return Wish("release", {"point": chance.choice(SWITCHED + DIMMED)})
        case "lock":
            return Wish("lock", {"target": chance.choice(TARGETS), "reason": words})
        case "unlock":
            return Wish("unlock", {"target": chance.choice(TARGETS)})
        case "observe":
            target = chance.choice(("", *TARGETS))
            return Wish("observe", {"target": target, "on": chance.random() < 0.5, "reason": words})
        case "reset":
            return Wish("reset", {"rule": "overload", "reason": words})
        case "event-add":
            day = today + timedelta(days=chance.randrange(1, 9))
            hour = chance.randrange(8, 20)
            when = f"{day:%Y-%m-%d} {hour:02}:{chance.randrange(0, 60, 15):02}-{hour + 2:02}:00"
            booked = {"place": chance.choice(PLACES), "when": when, "label": words, "organiser": "科室"}
            return Wish("event-add", booked)
        case "event-remove":
            day = today + timedelta(days=chance.randrange(1, 9))
            start = f"{day:%Y-%m-%d} {chance.randrange(8, 20):02}:{chance.randrange(0, 60, 15):02}"
            return Wish("event-remove", {"place": chance.choice(PLACES), "when": start})
        case "event-import":
            start_ms = round((today + timedelta(days=chance.randrange(10, 30))).timestamp() * 1000)
            start_ms += chance.randrange(0, 86_400_000, 1000)
            rows = [
                [chance.choice(PLACES), start_ms + at * 3_600_000, start_ms + (at + 1) * 3_600_000, words, ""]
                for at in range(3)
            ]
            return Wish("event-import", {"bookings": rows})
        case "alarm-ack":
            if chance.random() < 0.1:
                return Wish("alarm-ack", {"all": True, "comment": words})
            few = chance.sample([*alarms], min(len(alarms), chance.choice((1, 1, 2))))
            return Wish("alarm-ack", {"alarms": few, "comment": words})
        case "alarm-shelve":
            lasting = chance.choice((0.3, 1.5, 60, 3600))
            return Wish(
                "alarm-shelve", {"alarms": [chance.choice(alarms)], "for_s": lasting, "reason": words}
            )
        case "alarm-unshelve":
            return Wish("alarm-unshelve", {"alarms": [chance.choice(alarms)]})
        case "apply":
            return Wish("apply", {"plan": chance.randrange(plans), "comment": words})
        case "rollback":
            return Wish("rollback", {"comment": words})
        case "question":
            return Wish(*chance.choice(_QUESTIONS))
        case _:
            return Wish(*chance.choice(_MISTAKES))
