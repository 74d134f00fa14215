"""The board: what is noticed stands until it ends and goes to the next step once; alarms are logged."""

from __future__ import annotations

import logging

import pytest

from config.language import text
from controller.board import Board, Standing
from controller.decide.alarms.alarm import Alarm, Telling, Transition
from controller.decide.records import Notice

LOST = text("{name} does not answer: {detail}", name="走廊灯", detail="time-out")
BACK = text("{name} does not answer: {detail}", name="走廊灯", detail="answers again")
ALARM = Alarm(7, "device-lost", "lamp", "medium", latch=False, words=LOST, active=True, told=1)


def lost(on: bool, words: object = LOST, subject: str = "lamp") -> Notice:
    return Notice("device-lost", subject, words, on)  # type: ignore[arg-type]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "louguan")
    return caplog


def test_begin_and_end_go_to_the_next_step_once() -> None:
    board = Board("en")
    board.take([lost(True)], 1000)
    board.take([lost(True), lost(True)], 2000)
    assert board.standing() == [Standing("device-lost", "lamp", LOST, 1000)]
    board.take([lost(False, BACK)], 3000)
    board.take([lost(False, BACK)], 4000)
    assert board.standing() == []
    assert board.noticed() == [lost(True), lost(False, BACK)]
    assert board.noticed() == []


def test_an_end_without_a_begin_may_be_one_of_the_run_before() -> None:
    board = Board("en")
    for _ in range(3):
        board.take([lost(False)], 1000)
    assert board.noticed() == [lost(False)]


def test_a_notice_that_changes_its_words_stands_since_it_began() -> None:
    board = Board("en")
    board.take([lost(True)], 1000)
    board.take([lost(True, BACK)], 2000)
    assert board.standing() == [Standing("device-lost", "lamp", BACK, 1000)]
    assert board.noticed() == [lost(True), lost(True, BACK)]


def test_what_the_step_itself_noticed_is_not_handed_to_it_again() -> None:
    board = Board("en")
    board.stand([lost(True)], 1000)
    assert [item.kind for item in board.standing()] == ["device-lost"]
    assert board.noticed() == []


def test_kinds_and_subjects_are_apart_and_the_oldest_comes_first() -> None:
    board = Board("zh_CN")
    board.take([Notice("hand", "lamp", text("{name}: selector not in auto", name="灯"), True)], 3000)
    board.take([lost(True), lost(True, subject="fan")], 2000)
    board.take([lost(False)], 4000)
    assert [(item.kind, item.subject) for item in board.standing()] == [
        ("device-lost", "fan"),
        ("hand", "lamp"),
    ]


def test_what_becomes_of_an_alarm_is_a_line_of_the_log(said: pytest.LogCaptureFixture) -> None:
    board = Board("en")
    shelved = ALARM._replace(acked_by="王工", shelved_by="Li")
    for transition in Transition:
        board.announce(Telling(shelved, transition, 1000))
    board.announce(Telling(ALARM._replace(damped=True), Transition.RAISED, 1000))
    assert [(record.levelname, record.message) for record in said.records] == [
        ("WARNING", "走廊灯 does not answer: time-out"),
        ("INFO", "over: 走廊灯 does not answer: time-out"),
        ("INFO", "acknowledged by 王工: 走廊灯 does not answer: time-out"),
        ("INFO", "shelved by Li: 走廊灯 does not answer: time-out"),
        ("INFO", "no longer shelved: 走廊灯 does not answer: time-out"),
        (
            "WARNING",
            f"{LOST}; it comes and goes, more than 5 times in 10 min: no more is said of it until it is calm",
        ),
    ]
    Board("zh_CN").announce(Telling(ALARM, Transition.RAISED, 1000))
    assert "does not answer" not in said.records[-1].message
