"""Which Plan a start runs: the accepted one, the files as they are when asked, never an edit by accident."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.accepted import InForce, choose_plan, compiled, differs, read_compiled
from controller.options import NotStarted, Options
from controller.store import plans
from controller.store.control import ControlStore

MINIMAL = Path(__file__).parents[2] / "config" / "sites" / "minimal"
NOON = 1_772_683_200_000


class Case:
    """A site directory of its own, and the store of a daemon for it."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        shutil.copytree(MINIMAL, self.site)
        self.data = folder / "data"
        self.store = ControlStore.open(self.data, NOON)

    def choose(self, accept: bool = False, compiled: Path | None = None) -> InForce:
        options = Options(self.site, self.data, accept=accept, compiled=compiled)
        return choose_plan(self.store, options, "en", person="Li", now_ms=NOON)

    def edit(self, old: str = "07:30", new: str = "07:45") -> None:
        file = self.site / "schedules" / "lighting.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def reopen(self) -> None:
        self.store.close()
        self.store = ControlStore.open(self.data, NOON)

    def history(self) -> list[plans.Acceptance]:
        with closing(self.store.reader()) as connection:
            return plans.history(connection)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.store.close()


def test_the_first_start_accepts_the_files(case: Case) -> None:
    found = case.choose()
    assert found.plan.site.name == "minimal"
    assert not found.differs
    assert [(item.hash, item.person, item.detail) for item in case.history()] == [(found.plan.hash, "Li", "")]


def test_an_edit_waits_until_it_is_accepted(case: Case) -> None:
    first = case.choose()
    case.edit()
    assert case.choose() == InForce(first.plan, differs=True)
    second = case.choose(accept=True)
    assert second.plan.hash != first.plan.hash
    assert not second.differs
    assert case.choose() == second
    assert [item.hash for item in case.history()] == [second.plan.hash, first.plan.hash]


def test_accepting_what_is_in_force_changes_nothing(case: Case) -> None:
    first = case.choose()
    assert case.choose(accept=True) == first
    assert len(case.history()) == 1


def test_a_broken_edit_is_refused_with_every_mistake_and_the_old_plan_stays(case: Case) -> None:
    first = case.choose()
    case.edit("value: on", "value: on, until: never")
    case.edit("untrusted_clock: on", "untrusted: on")
    with pytest.raises(NotStarted) as refused:
        case.choose(accept=True)
    hint = str(refused.value.hint)
    assert len(hint.splitlines()) >= 2
    assert all("schedules/lighting.yaml:" in line for line in hint.splitlines())
    assert case.choose() == InForce(first.plan, differs=True)


def test_a_plan_file_that_is_gone_or_damaged_is_made_anew_from_the_files(case: Case) -> None:
    first = case.choose()
    path = case.store.files.path(first.plan.hash)
    for damage in (path.unlink, lambda: path.write_text("{}", encoding="utf-8")):
        damage()
        assert case.choose() == first
    assert "missing or damaged" in case.history()[0].detail


def test_after_control_db_is_lost_the_plan_accepted_last_is_found_again(case: Case) -> None:
    first = case.choose()
    case.edit()
    case.store.close()
    for file in case.data.glob("control.db*"):
        file.unlink()
    case.reopen()
    assert case.choose() == InForce(first.plan, differs=True)
    assert "the note of which one is in force is lost" in case.history()[0].detail
    assert case.choose() == InForce(first.plan, differs=True)
    assert len(case.history()) == 1


def test_a_plan_compiled_by_who_started_us_is_accepted(case: Case, tmp_path: Path) -> None:
    content, plan = compiled(case.site, "en")
    file = tmp_path / "plan.json"
    file.write_text(content, encoding="utf-8")
    assert read_compiled(file) == (content, plan)
    assert case.choose(compiled=file) == InForce(plan, differs=False)
    for damage in ("", content[:-100], content.replace("07:30", "07:31", 1).replace("minimal", "maximal", 1)):
        file.write_text(damage, encoding="utf-8")
        with pytest.raises(NotStarted):
            read_compiled(file)


def test_what_counts_as_an_edit(case: Case) -> None:
    plan = case.choose().plan
    (case.site / "notes.txt").write_text("nothing of ours", encoding="utf-8")
    assert not differs(plan, case.site)
    extra = case.site / "schedules" / "more.yaml"
    extra.write_text("{}\n", encoding="utf-8")
    assert differs(plan, case.site)
    extra.unlink()
    (case.site / "equipment.yaml").unlink()
    assert differs(plan, case.site)
