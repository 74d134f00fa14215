"""What all tests of the stores share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _second_looks_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file found damaged is looked at again after a pause; hundreds are damaged here."""
    monkeypatch.setattr("controller.store.opening._LOOK_AGAIN_S", (0.0, 0.0))
