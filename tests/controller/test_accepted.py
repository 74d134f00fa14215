"""Which Plan a start runs: the accepted one, the files as they are when asked, never an edit by accident."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.accepted import InForce, choose_plan, compiled, differs, read_compiled
from controller.options import NotStarted, Options
from controller.plan_loss import Loss
from controller.store import people, plans
from controller.store.control import ControlStore
from controller.store.plans import Acceptance

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

    def observing(self) -> list[str]:
        with closing(self.store.reader()) as connection:
            return [item.target for item in people.remembered(connection).observe if item.observing]

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


def test_a_plan_file_that_is_gone_or_damaged_is_put_back_from_its_second_copy(case: Case) -> None:
    first = case.choose()
    case.edit()
    path, spare = case.store.files.path(first.plan.hash), case.store.files.spare(first.plan.hash)
    shutil.rmtree(path.parent)
    assert case.choose() == InForce(first.plan, True, Loss.COPY_USED)
    assert path.read_bytes() == spare.read_bytes()
    for damage in ("", "{}", path.read_text(encoding="utf-8")[:-300], '{"format": 1, "hash": []}'):
        path.write_text(damage, encoding="utf-8")
        assert case.choose() == InForce(first.plan, True, Loss.COPY_USED)
        assert case.choose() == InForce(first.plan, True, Loss.NONE)
    spare.unlink()
    assert case.choose() == InForce(first.plan, True, Loss.NONE)
    assert path.read_bytes() == spare.read_bytes()
    assert len(case.history()) == 1
    assert case.observing() == []


def test_a_folder_in_a_plans_place_is_no_plan(case: Case) -> None:
    first = case.choose()
    path = case.store.files.path(first.plan.hash)
    path.unlink()
    path.mkdir()
    assert case.choose().loss is Loss.COPY_USED


def lose(case: Case, plan_hash: str) -> None:
    shutil.rmtree(case.store.files.path(plan_hash).parent)
    case.store.files.spare(plan_hash).unlink()


def test_a_plan_lost_twice_is_made_anew_from_files_that_nobody_edited(case: Case) -> None:
    first = case.choose()
    lose(case, first.plan.hash)
    assert case.choose() == InForce(first.plan, differs=False, loss=Loss.MADE_ANEW)
    assert "missing or damaged" in case.history()[0].detail
    assert case.observing() == []


def test_a_plan_lost_twice_lets_no_edit_pass_unseen(case: Case) -> None:
    """The edits are all there is, so they run; but nothing is sent until a person has looked."""
    first = case.choose()
    case.edit()
    lose(case, first.plan.hash)
    found = case.choose()
    assert found.loss is Loss.EDITED
    assert found.plan.hash != first.plan.hash
    assert "nobody accepted" in case.history()[0].detail
    assert case.observing() == [""]
    assert case.choose().loss is Loss.NONE
    assert case.observing() == [""]


def test_who_accepts_the_files_needs_no_lost_plan(case: Case) -> None:
    first = case.choose()
    case.edit()
    lose(case, first.plan.hash)
    assert case.choose(accept=True).loss is Loss.NONE
    assert case.observing() == []


def test_a_plan_of_another_version_tells_whether_its_files_were_edited(case: Case) -> None:
    first = case.choose()
    path = case.store.files.path(first.plan.hash)
    for edited, loss in ((False, Loss.MADE_ANEW), (True, Loss.EDITED)):
        last = case.history()[0].hash
        older = json.loads(case.store.files.path(last).read_text(encoding="utf-8"))
        older.update(format=0, compiler="0.0.1")
        lose(case, last)
        # In the place of the plan in force, whose hash is that of an older form.
        path = case.store.files.path("ab" * 32)
        path.parent.mkdir()
        path.write_text(json.dumps(older), encoding="utf-8")
        case.store.accept(path.read_text(encoding="utf-8"), Acceptance("ab" * 32, NOON, "Li")).result()
        if edited:
            case.edit()
        assert case.choose().loss is loss


def test_a_lost_plan_and_broken_files_are_both_named(case: Case) -> None:
    first = case.choose()
    case.edit("untrusted_clock: on", "untrusted: on")
    lose(case, first.plan.hash)
    with pytest.raises(NotStarted, match="the accepted plan is lost, and the site's files are not right"):
        case.choose()


def test_after_control_db_and_the_plan_are_lost_nothing_is_sent(case: Case) -> None:
    first = case.choose()
    case.edit()
    case.store.close()
    for file in [*case.data.glob("control.db*"), case.store.files.spare(first.plan.hash)]:
        file.unlink()
    case.store.files.path(first.plan.hash).write_text("{}", encoding="utf-8")
    case.reopen()
    assert case.choose().loss is Loss.EDITED
    assert case.observing() == [""]


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


def test_the_same_plan_in_another_text_is_not_accepted_once_more(case: Case, tmp_path: Path) -> None:
    content, plan = compiled(case.site, "en")
    file = tmp_path / "plan.json"
    for text in (content, content, content + "\n"):
        file.write_text(text, encoding="utf-8")
        assert case.choose(accept=True, compiled=file).plan == plan
    assert len(case.history()) == 1


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
