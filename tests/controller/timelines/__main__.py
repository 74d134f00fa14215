"""Write every timeline anew."""

from __future__ import annotations

from tests.controller.timelines.running import FOLDER, LANGUAGES, cases, told

for case in cases():
    for language, name in LANGUAGES.items():
        (FOLDER / case / name).write_text(told(case)[language], encoding="utf-8")
