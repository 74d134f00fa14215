"""Alarms in control.db: whole, in both languages, and numbered for ever."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from config.language import render, stored, text
from controller.decide.alarms.alarm import Alarm
from controller.store.control import Changes, ControlStore

NOON = 1_772_683_200_000
LOST = text(
    "{name} does not answer: {detail}", name=text("{label} ({name})", label="灯", name="l"), detail="x"
)
FULL = Alarm(
    7, "trip", "pump", "high", latch=True, words=LOST, groups=("pump", "tank"), active=True, raised_ms=NOON,
    returned_ms=NOON + 1, acked_ms=NOON + 2, acked_by="王工 (li)", comment="看过了",
    shelved_until_ms=NOON + 3, shelved_by="Li", shelved_why="works", suppressed="device lamp",
    cause=3, order=2, times=9, recent=(NOON - 1, NOON), chattering=True, damped=True, said=True,
    anew=True, told=17,
)  # fmt: skip


def test_what_is_stored_comes_back_whole(tmp_path: Path) -> None:
    store = ControlStore.open(tmp_path, NOON)
    over = Alarm(9, "disk", "reserve", "high", latch=False, words=text("full"), raised_ms=NOON, over=True)
    store.commit(Changes(NOON, alarms=(FULL, over))).result(10)
    store.commit(Changes(NOON, alarms=(FULL._replace(told=18),))).result(10)
    store.close()
    store = ControlStore.open(tmp_path, NOON)
    try:
        began = store.begin(NOON, trusted=True, version="1", plan="ab")
        assert began.remembered.alarms == (FULL._replace(told=18),)
        assert began.remembered.last_alarm == 9
        assert store.alarm_history(0, 10) == [over, FULL._replace(told=18)]
        assert store.alarm_history(NOON + 1, 10) == [FULL._replace(told=18)], "it still stands"
        assert store.alarm_history(0, 1) == [over]
    finally:
        store.close()


def test_numbers_are_never_used_again(tmp_path: Path) -> None:
    store = ControlStore.open(tmp_path, NOON)
    try:
        old = FULL._replace(id=1, over=True)
        store.commit(Changes(NOON, alarms=(old,))).result(10)
        store.commit(Changes(NOON, alarms=(old._replace(id=5001, over=True),))).result(10)
        with closing(store.reader()) as connection:
            assert [row[0] for row in connection.execute("SELECT id FROM alarms")] == [5001]
    finally:
        store.close()


def test_words_are_said_in_both_languages_after_they_were_stored() -> None:
    found = stored.load(stored.dump(LOST))
    assert found == LOST
    assert render(found, "en") == "灯 (l) does not answer: x"
    assert render(found, "zh_CN") == render(LOST, "zh_CN") != render(found, "en")
