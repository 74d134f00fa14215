"""Log lines carry the site's time with its offset, or none where the journal puts one."""

from __future__ import annotations

import logging
import os

import pytest

from config.language import text
from config.language.details import detail
from controller.clock import VirtualClock
from controller.logs import SiteTime, goes_to_journal
from tests.schedules.build import at

RECORD = logging.LogRecord("louguan", logging.WARNING, __file__, 1, "%s", ("灯灭了",), None)


def test_site_time_with_its_offset() -> None:
    times = SiteTime()
    times.follow(VirtualClock(at("2026-03-05 07:00"), 1.0), "Asia/Shanghai")
    assert times.format(RECORD) == "2026-03-05T07:00:00+08:00 WARNING 灯灭了"


def test_a_text_is_said_in_the_language_of_the_log() -> None:
    said = text("{file} cannot be written: {why}", file="control.db", why=detail("database or disk is full"))
    record = logging.LogRecord("louguan", logging.WARNING, __file__, 1, said, None, None)
    assert SiteTime("zh_CN", timed=False).format(record) == "WARNING control.db 无法写入：数据库或磁盘已满"
    english = "WARNING control.db cannot be written: database or disk is full"
    assert SiteTime("en", timed=False).format(record) == english
    assert record.getMessage() in english, "others have it in English"


def test_the_machines_time_with_its_offset_before_the_site_is_known() -> None:
    stamp = SiteTime().format(RECORD).split()[0]
    assert stamp[-6] in "+-"


def test_the_journal_has_a_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = os.fstat(2)
    assert goes_to_journal({"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"})
    assert not goes_to_journal({"JOURNAL_STREAM": "1:2"})
    assert not goes_to_journal({})
    assert SiteTime(timed=False).format(RECORD) == "WARNING 灯灭了"
