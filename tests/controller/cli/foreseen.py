"""What `preview` and `calendar` print of the compound, kept as text.

`python -m tests.controller.cli.foreseen` writes the texts anew, for review by eye.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.cli import calendar, preview_changes, preview_tables, speech
from controller.cli.preview_groups import groups
from controller.cli.preview_page import page
from schedules.preview import foresee

SITE = Path(__file__).parents[3] / "config" / "sites" / "shuangliu"
GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = {"en": "en", "zh_CN": "zh"}
MAKEUP_TO_MAKEUP = (date(2026, 9, 20), 21)
"""From one make-up workday over two holidays to another."""
SPARE = "spare: {label: 备用, targets: corridor-1-zone-1, default: 5 %, untrusted_clock: 5 %}\n"
LIGHTING = "schedules/lighting.yaml"
EDITS = (
    (LIGHTING, '"14:00", to: "18:30", value: 80 %', '"14:00", to: "20:00", value: 60 %'),
    (LIGHTING, "sunset + 10 min", "sunset + 40 min"),
    (
        LIGHTING,
        "    inspection: ",
        "    holiday: [{from: '09:00', to: '10:00', value: 50 %}]\n    inspection: ",
    ),
    (LIGHTING, "street-lights:\n", f"{SPARE}street-lights:\n"),
    ("schedules/canteen.yaml", 'from: "05:15", to: "08:30"', 'from: "05:45", to: "08:30"'),
    ("schedules/conference.yaml", "value: standby", "value: auto"),
    ("schedules/grey-water.yaml", "targets: flushing-valve", "targets: plant-do.ch2"),
    (
        "calendar.yaml",
        "    - {dates: 2026-12-04",
        "    - {dates: 2026-09-20, kind: dayoff}\n    - {dates: 2026-12-04",
    ),
)
"""Every sort of difference: values, times, the sun's, a list of its own, points gained and lost, a programme
behind another for good, a day of another kind."""


@cache
def compound() -> Plan:
    return _compiled(SITE)


@cache
def edited() -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        site = Path(shutil.copytree(SITE, Path(folder) / "site"))
        for name, before, after in EDITS:
            file = site / name
            written = file.read_text(encoding="utf-8")
            assert before in written, before
            file.write_text(written.replace(before, after), encoding="utf-8")
        return _compiled(site)


def _compiled(site: Path) -> Plan:
    findings = Findings()
    plan = compile_site(site, findings)
    assert plan is not None, [str(problem.message) for problem in findings.problems()]
    return plan


def _preview(only: str) -> Callable[[str], None]:
    def show(language: str) -> None:
        foreseen = foresee(compound(), *MAKEUP_TO_MAKEUP)
        preview_tables.preview(foreseen, groups(foreseen, only), language, details=True)

    return show


def _changes(_: str) -> None:
    old, new = (foresee(plan, *MAKEUP_TO_MAKEUP) for plan in (compound(), edited()))
    preview_changes.show(old, new, None, as_json=False)


def _year(language: str) -> None:
    speech.put("\n".join(calendar.lines(compound(), 2026, language)))


SHOWN: dict[str, Callable[[str], None]] = {
    "corridors": _preview("走廊"),
    "street": _preview("路灯"),
    "canteen": _preview("食堂"),
    "changes": _changes,
    "calendar": _year,
}


def printed(name: str, language: str) -> str:
    """What is printed, as in a pipe."""
    out = io.StringIO()
    before = speech.language()
    speech.set_language(language)
    try:
        with contextlib.redirect_stdout(out):
            SHOWN[name](language)
    finally:
        speech.set_language(before)
    return out.getvalue()


def whole_page(language: str) -> str:
    foreseen = foresee(compound(), *MAKEUP_TO_MAKEUP)
    return page(foreseen, groups(foreseen, None), language)


@cache
def page_of_changes(language: str, only: str | None = None) -> str:
    """The page of the same edit, written as a command writes it."""
    before = speech.language()
    speech.set_language(language)
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.html"
            old, new = (foresee(plan, *MAKEUP_TO_MAKEUP) for plan in (compound(), edited()))
            with contextlib.redirect_stderr(io.StringIO()):
                preview_changes.show(old, new, only, as_json=False, html=file)
            return file.read_text(encoding="utf-8")
    finally:
        speech.set_language(before)


def file_of(name: str, language: str) -> Path:
    return GOLDEN / f"{name}.{LANGUAGES[language]}.txt"


def main() -> None:
    for name in SHOWN:
        for language in LANGUAGES:
            file_of(name, language).write_text(printed(name, language), encoding="utf-8")


if __name__ == "__main__":
    main()
