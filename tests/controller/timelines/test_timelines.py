"""Every timeline is as it was reviewed, and the engine is the same after any restart in it."""

from __future__ import annotations

import pytest

from tests.controller.timelines.running import FOLDER, LANGUAGES, cases, told
from tests.controller.timelines.script import Person, Wire, _deeds


@pytest.mark.parametrize("case", cases())
def test_the_story_is_told_as_it_was(case: str) -> None:
    for language, name in LANGUAGES.items():
        kept = (FOLDER / case / name).read_text(encoding="utf-8")
        assert told(case)[language] == kept, "python -m tests.controller.timelines"


def test_what_is_not_understood_is_told() -> None:
    assert _deeds("line S1 silent") == [("line S1 silent", Wire("line", "S1", "silent"))]
    ((_, deed),) = _deeds("王工 sets lamp.level to 35 % for 2 h")
    assert deed == Person("王工", "set", "lamp.level", "35 %", 7200.0)
    with pytest.raises(ValueError, match="what is meant by"):
        _deeds("line S1 sleeps")
