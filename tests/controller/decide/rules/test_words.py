"""What rules that know the hour say is recognised in the ledger of the past, in either language."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.language import render
from config.language.reasons import reason
from tests.test_language import literal_texts

FILES = ("heater.py", "irrigation.py", "tariff_shift.py")
SAID = sorted(
    {
        message
        for place, message in literal_texts("controller/decide/rules")
        if Path(place.partition(":")[0]).name in FILES and "it may not fill" not in message
    }
)


def test_there_is_something_to_look_at() -> None:
    assert len(SAID) > 25


@pytest.mark.parametrize("words", SAID)
def test_it_is_said_in_chinese(words: str) -> None:
    said = reason(f"热水: {words}")
    assert render(said, "en") == f"热水: {words}"
    assert words not in render(said, "zh_CN")
