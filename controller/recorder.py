"""From a step to the databases: what was decided, sent and became of it, as ledger rows and memory. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from config.language import Text, render, text
from config.plan.places import Booking
from controller.decide.alarms.alarm import Alarm
from controller.decide.arbiter import Result
from controller.decide.hands import HandRecord
from controller.decide.records import (
    Acknowledge,
    Book,
    Changed,
    Ended,
    Lock,
    Observe,
    Override,
    PersonCommand,
    Release,
    Reset,
    Shelve,
    Unlock,
    Unshelve,
)
from controller.decide.step import Decision, Step, Unfit
from controller.reasserts import FATES, Reasserts
from controller.store.control import Changes
from controller.store.ledger import Entry, Kind
from controller.store.outbox import Outgoing
from drivers.api import SetUp

_LANGUAGE = "en"
"""The ledger is kept in one language: a reader translates."""


def changes(
    step: Step,
    keys: dict[int, str],
    committed: Collection[PersonCommand] = (),
    reasserts: Reasserts | None = None,
    outgoing: tuple[Outgoing, ...] = (),
) -> Changes | None:
    """What `step` adds to control.db, in one commit; None for nothing.

    `keys`: point key by id. `committed`: what people asked for in it, as it is stored already; others may
    have asked for something else of the same since, so it is not stored again. `reasserts`: the accounts of
    this run, which go on. `outgoing`: what is to be told of its alarms.
    """
    memory = step.memory
    accounts = Reasserts() if reasserts is None else reasserts
    entries = tuple(_entries(step, keys, accounts))
    account = accounts.take()
    if not entries and not memory and not account.reasserted:
        return None
    unlocked = {item.target for item in committed if isinstance(item, Unlock)}
    set_or_let = {(item.point, item.slot) for item in committed if isinstance(item, Override | Release)}
    return replace(
        remembered(memory, step.wall_ms),
        overrides=tuple(item for item in memory.overrides if item not in committed),
        ended=tuple(item for item in memory.ended if item.until_ms or item[:2] not in set_or_let),
        locks=tuple(item for item in memory.locks if item not in committed),
        unlocked=tuple(target for target in memory.unlocked if target not in unlocked),
        observe=tuple(item for item in memory.observe if item not in committed),
        entries=entries,
        reasserted=account.reasserted,
        accounted=account.closed,
        outgoing=outgoing,
    )


def remembered(memory: Changed, wall_ms: int) -> Changes:
    """What of a step the next start must know, without the rows of the ledger."""
    return Changes(
        wall_ms,
        overrides=tuple(memory.overrides),
        ended=tuple(memory.ended),
        locks=tuple(memory.locks),
        unlocked=tuple(memory.unlocked),
        observe=tuple(memory.observe),
        outputs=tuple(memory.outputs),
        dropped=tuple(memory.dropped),
        rules=tuple(memory.rules),
        alarms=tuple(memory.alarms),
    )


def end(reasserts: Reasserts, wall_ms: int) -> Changes:
    """What the end of a run adds."""
    entries = tuple(reasserts.end(wall_ms))
    account = reasserts.take()
    return Changes(wall_ms, entries, reasserted=account.reasserted, accounted=account.closed)


def _entries(step: Step, keys: dict[int, str], reasserts: Reasserts) -> Iterator[Entry]:
    yield from reasserts.due(step.wall_ms)
    if step.put_right_ms:
        yield Entry(step.wall_ms, Kind.CLOCK, detail=f"put right by {step.put_right_ms / 1000:+.3f} s")
    for item in step.moved:
        until = f"set until {item.expires_ms}"
        yield Entry(
            step.wall_ms, Kind.CLOCK, item.point, item.value, item.slot, who=item.person, detail=until
        )
    for kind, alarms in ((Kind.CLOCK, step.reshelved), (Kind.EXPIRED, step.unshelved)):
        for alarm in alarms:
            entry = Entry(step.wall_ms, kind, who=alarm.shelved_by)
            yield from _of_alarms(entry, _shelved(alarm.shelved_until_ms), (alarm,))
    unfit = {(item.override.point, item.override.slot) for item in step.unfit}
    for ended in step.unfit:
        yield _unfit(ended, step.wall_ms)
    for over in step.memory.ended:
        if over.until_ms and over[:2] not in unfit:
            until = f"set until {over.until_ms}"
            yield Entry(step.wall_ms, Kind.EXPIRED, point=over.point, slot=over.slot, detail=until)
    for decision in step.decisions:
        yield from reasserts.closed(decision.key, step.wall_ms)
        yield _decided(decision)
    for by_hand in step.hands:
        yield _by_hand(by_hand, step.wall_ms)
    for would in step.would:
        yield Entry(step.wall_ms, Kind.WOULD_WRITE, point=would.key, value=would.value, slot=would.slot)
    for record in step.fates:
        yield from reasserts.answered(record)
    for done in step.set_ups:
        yield _set_up(done, keys[done.point], step.wall_ms)
    for write in step.writes:
        yield from reasserts.sent(write, keys[write.point], step.wall_ms)


def _decided(decision: Decision) -> Entry:
    after = decision.after
    winner = after.winner
    if winner is None:
        return Entry(decision.wall_ms, Kind.DECIDED, point=decision.key, why="nobody asks for a value")
    by_person = winner.order and ":" not in winner.source
    return Entry(
        decision.wall_ms,
        Kind.DECIDED,
        point=decision.key,
        value=after.value,
        slot=winner.slot,
        who=winner.source if by_person else "",
        why=render(winner.reason, _LANGUAGE),
        source="" if by_person else winner.source,
        detail=render(_bent(after), _LANGUAGE),
    )


def _bent(result: Result) -> Text | str:
    """What made another value of it than the winner asked for."""
    if result.held is not None:
        return text("{words} (slot {slot})", words=result.held.reason, slot=result.held.slot)
    if result.bounds:
        last = result.bounds[-1]
        return text(
            "{op} {value} (slot {slot}): {reason}",
            op=last.op.value,
            value=f"{last.value:g}" if isinstance(last.value, float) else last.value,
            slot=last.slot,
            reason=last.reason,
        )
    return ""


def _by_hand(record: HandRecord, wall_ms: int) -> Entry:
    hand = record.hand
    if record.over is None:
        detail = f"was {hand.was}; left until {hand.until_ms}"
    else:
        detail = render(record.over, _LANGUAGE)
    return Entry(wall_ms, Kind.HAND, point=record.point, value=hand.found, detail=detail)


def _unfit(item: Unfit, wall_ms: int) -> Entry:
    """The end of an override that was not its own."""
    override, why = item
    said = render(text("the plan no longer allows it: {why}", why=why), _LANGUAGE)
    return Entry(
        wall_ms,
        Kind.EXPIRED,
        point=override.point,
        value=override.value,
        slot=override.slot,
        who=override.person,
        why=said,
        detail=f"set until {override.expires_ms}",
    )


def _set_up(done: SetUp, key: str, wall_ms: int) -> Entry:
    """What a driver put right by itself is in the ledger too."""
    detail = f"set-up: {done.detail}" if done.detail else "set-up"
    return Entry(wall_ms, FATES[done.fate], point=key, value=done.value, fate=done.fate.value, detail=detail)


def person_changes(person: str, what: str, why: str, wall_ms: int) -> Changes:
    """What a person did that is no command to the plant."""
    return Changes(wall_ms, (Entry(wall_ms, Kind.COMMAND, who=person, why=why, detail=what),))


def command_changes(command: PersonCommand, wall_ms: int, alarms: Sequence[Alarm] = ()) -> Changes:
    """What a person's command adds to control.db before it acts. `alarms`: those it bears on, as they
    will be."""
    entry = Entry(wall_ms, Kind.COMMAND, who=command.person)
    match command:
        case Override():
            lasting = f" (for {command.lasting_ms / 1000:g} s)" if command.lasting_ms else ""
            row = entry._replace(
                point=command.point,
                value=command.value,
                slot=command.slot,
                why=command.reason,
                detail=f"set until {command.expires_ms}{lasting}{' urgently' if command.urgent else ''}",
            )
            return Changes(wall_ms, (row,), overrides=(command,))
        case Release():
            row = entry._replace(point=command.point, slot=command.slot, detail="release")
            return Changes(wall_ms, (row,), ended=(Ended(command.point, command.slot),))
        case Lock():
            row = entry._replace(why=command.reason, detail=f"lock {command.target}")
            return Changes(wall_ms, (row,), locks=(command,))
        case Unlock():
            return Changes(
                wall_ms, (entry._replace(detail=f"unlock {command.target}"),), unlocked=(command.target,)
            )
        case Reset():
            row = entry._replace(why=command.reason, detail=f"reset {command.rule}")
            return Changes(wall_ms, (row,))
        case Observe():
            state = "on" if command.observing else "off"
            row = entry._replace(why=command.reason, detail=f"observe {state} {command.target or 'site'}")
            return Changes(wall_ms, (row,), observe=(command,))
        case Book():
            booked = [
                entry._replace(why=item.label, detail=f"event {word} {_booking(item)}")
                for word, items in (("add", command.added), ("remove", command.removed))
                for item in items
            ]
            return Changes(
                wall_ms,
                tuple(booked),
                booked=command.added,
                unbooked=command.removed,
                forget_bookings_ms=command.forget_ms,
            )
        case Acknowledge():
            rows = _of_alarms(entry._replace(why=command.comment), "acknowledge", alarms)
            return Changes(wall_ms, rows, alarms=tuple(alarms))
        case Shelve():
            rows = _of_alarms(entry._replace(why=command.reason), _shelved(command.until_ms), alarms)
            return Changes(wall_ms, rows, alarms=tuple(alarms))
        case Unshelve():
            return Changes(wall_ms, _of_alarms(entry, "unshelve", alarms), alarms=tuple(alarms))


def _of_alarms(entry: Entry, done: str, alarms: Sequence[Alarm]) -> tuple[Entry, ...]:
    """A row for each."""
    return tuple(
        entry._replace(detail=f"{done} alarm {alarm.id}: {alarm.kind} {alarm.subject}".rstrip())
        for alarm in alarms
    )


def _shelved(until_ms: int | None) -> str:
    return f"shelve until {until_ms}:"


def _booking(item: Booking) -> str:
    """ "hall 2026-03-05T05:30Z/2026-03-05T09:00Z by Wang"; seconds where it does not begin or end with a
    minute."""
    by = f" by {item.organiser}" if item.organiser else ""
    return f"{item.place} {_iso(item.start_ms)}/{_iso(item.end_ms)}{by}"


def _iso(ms: int) -> str:
    exact = "milliseconds" if ms % 1000 else "seconds" if ms % 60_000 else "minutes"
    moment = datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None)
    return moment.isoformat(timespec=exact) + "Z"
