"""Every reason that a rule, a motor or a stove can have is recognised in the ledger of the past."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from config.language import render, text
from config.language.reasons import reason
from tests.test_language import CATALOGUES, literal_texts

PLACES = ("motor.py", "permits.py", "restarting.py")
"""Besides all rules."""
TOLD = {
    "more than {limit} kW are to be expected, and nothing is left to shed",
    "the demand cannot be measured: nothing is shed",
    "{needed} needed, {ready} ready",
    "fire",
    "gas",
    "{hazard} alarm; it stands until somebody resets it",
    "{hazard} alarm, for a contact that could not be read; it stands until somebody resets it",
    "{hazard}: its contacts have not been read yet",
    "{words}; it stands until somebody resets it",
    "nobody is expected within two days",
    'no rule named "{name}"',
    "{name} has not tripped",
    "{name} cannot be reset: what it tripped for still stands",
    "told to stop, and it runs on",
    "below its least level, and it may not fill",
    "{rule}: {reason}",
    "{name}: {reason}",
    "{first} or {second}",
}
"""What people are told or refused, and the frames around reasons: no reason of a decision."""
CAUSES = {"fault", "told to run, and it does not"}
"""Parts of a reason."""
PARTS: dict[str, object] = {
    "condition": "not inputs.di5 is active for 2 s or box.soil1 above 35 %",
    "needed": 1,
    "count": 2,
    "seconds": "7.5",
    "time": "16:00",
    "band": "1.5",
    "lead": "35",
    "kelvin": "3.0",
    "rate": "11.7",
    "demand": "97.0",
    "expected": "98.5",
    "ahead": 5,
    "limit": "100.0",
}
FOUND = {
    message
    for place, message in literal_texts("controller/decide")
    if "/rules/" in place or Path(place.partition(":")[0]).name in PLACES
}


def _awaited() -> set[str]:
    (path,) = (path for path in CATALOGUES if path.stem == "awaited")
    with path.open("rb") as handle:
        return {str(message.id) for message in read_po(handle) if message.id}


AWAITED = _awaited()
"""What is made only for who asks what comes next: it never stands in the ledger."""
REASONS = sorted(
    message
    for message in FOUND - TOLD - CAUSES - AWAITED
    if not message.startswith("people come at {time}; ")
)


def test_nothing_is_set_aside_that_is_not_said_any_more() -> None:
    assert (TOLD | CAUSES) <= FOUND
    assert len(AWAITED & FOUND) > 40
    assert len(REASONS) > 60


@pytest.mark.parametrize("message", REASONS)
def test_it_is_said_in_chinese(message: str) -> None:
    words = text(message, **{name: part for name, part in PARTS.items() if f"{{{name}}}" in message})
    said = f"热水: {render(words, 'en')}"
    assert render(reason(said), "en") == said
    assert render(reason(said), "zh_CN") == render(
        text("{rule}: {reason}", rule="热水", reason=words), "zh_CN"
    )


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_so_is_what_a_motor_has_tripped_for(cause: str) -> None:
    words = text("tripped, because {condition}", condition=text(cause))
    assert render(reason(render(words, "en")), "zh_CN") == render(words, "zh_CN")
    assert cause not in render(words, "zh_CN")
