"""The board: each notice is told when it begins and when it ends, and stands in between."""

from __future__ import annotations

import logging

import pytest

from config.language import text
from controller.board import Board, Standing
from controller.decide.records import Notice

LOST = text("{name} does not answer: {detail}", name="走廊灯", detail="time-out")
BACK = text("{name} does not answer: {detail}", name="走廊灯", detail="answers again")


def lost(on: bool, words: object = LOST, subject: str = "lamp") -> Notice:
    return Notice("device-lost", subject, words, on)  # type: ignore[arg-type]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "louguan")
    return caplog


def test_begin_and_end_are_one_line_each(said: pytest.LogCaptureFixture) -> None:
    board = Board("en")
    board.take([lost(True)], 1000)
    board.take([lost(True), lost(True)], 2000)
    assert board.standing() == [Standing("device-lost", "lamp", LOST, 1000)]
    board.take([lost(False, BACK)], 3000)
    board.take([lost(False, BACK)], 4000)
    assert board.standing() == []
    assert [(record.levelname, record.message) for record in said.records] == [
        ("WARNING", "走廊灯 does not answer: time-out"),
        ("INFO", "over: 走廊灯 does not answer: time-out"),
    ]


def test_an_end_without_a_begin_is_nothing(said: pytest.LogCaptureFixture) -> None:
    board = Board("en")
    board.take([lost(False)], 1000)
    assert said.records == []


def test_a_notice_that_changes_its_words_stands_since_it_began(said: pytest.LogCaptureFixture) -> None:
    board = Board("en")
    board.take([lost(True)], 1000)
    board.take([lost(True, BACK)], 2000)
    assert board.standing() == [Standing("device-lost", "lamp", BACK, 1000)]
    assert len(said.records) == 1


def test_kinds_and_subjects_are_apart_and_the_oldest_comes_first(said: pytest.LogCaptureFixture) -> None:
    board = Board("zh_CN")
    board.take([Notice("hand", "lamp", text("{name}: selector not in auto", name="灯"), True)], 3000)
    board.take([lost(True), lost(True, subject="fan")], 2000)
    board.take([lost(False)], 4000)
    assert [(item.kind, item.subject) for item in board.standing()] == [
        ("device-lost", "fan"),
        ("hand", "lamp"),
    ]
    assert all("does not answer" not in record.message for record in said.records)
