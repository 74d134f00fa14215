"""What can happen to an alarm, and what is told of it. Functions from one record to the next; pure."""

from __future__ import annotations

from config.language import Text
from controller.decide.alarms.alarm import MOST_RAISED, WINDOW_MS, Alarm, State, Transition


def come(alarm: Alarm, words: Text, now_ms: int) -> Alarm:
    """It is so, as `words` say. Of one that is active already only the words change."""
    if alarm.active:
        return alarm._replace(words=words)
    recent = (*(at for at in alarm.recent if now_ms - at < WINDOW_MS), now_ms)[-MOST_RAISED - 1 :]
    return alarm._replace(
        words=words,
        active=True,
        raised_ms=now_ms,
        returned_ms=None,
        acked_ms=None,
        acked_by="",
        comment="",
        suppressed="",
        cause=0,
        order=0,
        times=alarm.times + 1,
        recent=recent,
        chattering=alarm.chattering or len(recent) > MOST_RAISED,
        over=False,
    )


def go(alarm: Alarm, now_ms: int) -> Alarm:
    """It is not so any more."""
    if not alarm.active:
        return alarm
    return alarm._replace(active=False, returned_ms=now_ms, suppressed="", anew=False)


def acknowledge(alarm: Alarm, person: str, comment: str, now_ms: int) -> Alarm:
    """Somebody has seen it."""
    return alarm._replace(acked_ms=now_ms, acked_by=person, comment=comment)


def shelve(alarm: Alarm, until_ms: int, person: str, why: str) -> Alarm:
    """Nobody wants to hear of it until then."""
    return alarm._replace(shelved_until_ms=until_ms, shelved_by=person, shelved_why=why)


def unshelve(alarm: Alarm) -> Alarm:
    """The time is up, or somebody wants to hear of it again: what is still so is told anew."""
    if alarm.shelved_until_ms is None:
        return alarm
    alarm = alarm._replace(shelved_until_ms=None, shelved_by="", shelved_why="")
    return alarm._replace(acked_ms=None, acked_by="", comment="", anew=True) if alarm.active else alarm


def suppress(alarm: Alarm, by: str, cause: int) -> Alarm:
    """It is part of something else, or not yet to be told; `by` "" = it stands for itself."""
    if alarm.suppressed == by and (not by or alarm.cause == cause):
        return alarm
    return alarm._replace(suppressed=by, cause=cause, order=0)


def place(alarm: Alarm, cause: int, order: int) -> Alarm:
    """Where it came in its groups."""
    return alarm._replace(cause=cause, order=order)


def settle(alarm: Alarm, now_ms: int) -> Alarm:
    """What time alone does: an end of chattering, and of all interest."""
    if alarm.chattering and now_ms - alarm.recent[-1] >= WINDOW_MS:
        alarm = alarm._replace(chattering=False, damped=False)
    ended = alarm.state is State.NORMAL and not alarm.said and now_ms - _last_ms(alarm) >= WINDOW_MS
    return alarm._replace(over=True) if ended and not alarm.over else alarm


def announce(alarm: Alarm) -> tuple[Alarm, Transition | None]:
    """What of it people have not been told, if they are to be told now."""
    muted = alarm.shelved_until_ms is not None or alarm.damped or (alarm.active and bool(alarm.suppressed))
    if muted or (alarm.active is alarm.said and not alarm.anew):
        return alarm, None
    transition = Transition.RAISED if alarm.active else Transition.RETURNED
    said = alarm._replace(said=alarm.active, anew=False, told=alarm.told + 1)
    said = said._replace(damped=alarm.active and alarm.chattering)
    return said, transition


def due_ms(alarm: Alarm) -> int | None:
    """When time alone next does something to it."""
    dues = [] if alarm.shelved_until_ms is None else [alarm.shelved_until_ms]
    if alarm.chattering:
        dues.append(alarm.recent[-1] + WINDOW_MS)
    if alarm.state is State.NORMAL:
        dues.append(_last_ms(alarm) + WINDOW_MS)
    return min(dues, default=None)


def _last_ms(alarm: Alarm) -> int:
    """When it last came or went."""
    return max(alarm.raised_ms, alarm.returned_ms or 0)
