"""Installing, upgrading, going back and taking away, on a staging root: real checks, real backups, and with
the service manager's stand-in a real daemon that must become ready."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy import building, data
from deploy.machine import Failed
from tests.deploy.box import BREAKS_DOWN, MIGRATES, Box

OLD, NEW = "0.1.0-aaaaaaaa", "0.1.0-bbbbbbbb"


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path, systemd=False)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path, systemd=True)
    yield made
    made.machine.stop()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_first_install_and_one_that_finds_nothing_to_do(box: Box) -> None:
    layout = box.layout
    box.add_version(OLD)
    with pytest.raises(Failed, match="--site"):
        box.install(OLD)
    box.install(OLD, box.site)
    assert (box.current, box.previous) == (OLD, "")
    assert (layout.etc / "office" / "site.yaml").is_file()
    assert "LOUGUAN_SITE=/etc/louguan/office\n" in layout.environment.read_text(encoding="utf-8")
    assert layout.unit.read_text(encoding="utf-8").startswith("# louguan as a service")
    assert layout.command.is_symlink()
    assert mode(layout.service_command) == 0o755
    assert (mode(layout.data), mode(layout.etc), mode(layout.etc / "office")) == (0o750, 0o750, 0o750)
    assert mode(layout.etc / "office" / "site.yaml") == 0o640
    layout.environment.write_text(
        layout.environment.read_text(encoding="utf-8").replace("OPTIONS=", "OPTIONS=--trust-clock"),
        encoding="utf-8",
    )
    (layout.data / "control.db").touch(mode=0o600)
    box.service.prepare(layout.etc / "office")
    assert mode(layout.data / "control.db") == 0o640, "as somebody put it back"
    assert "OPTIONS=--trust-clock\n" in layout.environment.read_text(encoding="utf-8")
    box.said.clear()
    box.install(OLD)
    assert box.said == [f"{OLD} is installed and in force; nothing is to be done"]
    with pytest.raises(Failed, match="is there already"):
        box.install(OLD, box.site)


@pytest.mark.slow
def test_a_site_that_the_new_version_refuses_leaves_everything(box: Box) -> None:
    box.add_version(OLD)
    box.install(OLD, box.site)
    site = box.layout.etc / "office" / "site.yaml"
    site.write_text(site.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    box.add_version(NEW)
    with pytest.raises(Failed) as failure:
        box.install(NEW)
    assert "nonsense" in failure.value.more, "the mistakes with their places"
    assert (box.current, box.previous) == (OLD, "")


def test_a_step_that_the_disk_refuses_leaves_the_version_that_ran(box: Box) -> None:
    for name in (OLD, NEW):
        box.add_version(name)
    box.install(OLD, box.site)
    unit = box.layout.versions / NEW / "louguan.service"
    unit.write_text("another", encoding="utf-8")
    (box.layout.unit.parent / ".louguan.service.new").mkdir()
    with pytest.raises(Failed, match=r"not in force: .*directory"):
        box.install(NEW)
    assert (box.current, box.previous) == (OLD, "")


def test_going_back_needs_something_to_go_back_to(box: Box) -> None:
    box.add_version(OLD)
    with pytest.raises(Failed, match="no version before"):
        box.service.roll_back()


@pytest.mark.slow
def test_an_upgrade_and_the_way_back_and_forth(running: Box) -> None:
    box = running
    box.add_version(OLD)
    box.install(OLD, box.site)
    assert box.machine.active()
    box.add_version(NEW)
    box.install(NEW)
    assert (box.current, box.previous) == (NEW, OLD)
    [backup] = box.layout.backups.iterdir()
    assert mode(backup) & 0o037 == 0
    assert (
        json.loads((box.layout.versions / NEW / data.CAME_FROM).read_text(encoding="utf-8"))["version"] == OLD
    )
    for expected in (OLD, NEW):
        box.service.roll_back()
        assert box.current == expected
        assert box.machine.active()
    box.add_version("0.1.0-left-over")
    assert building.tidy(box.layout) == ["0.1.0-left-over"]
    box.service.remove(data_too=False)
    assert not box.machine.active()
    assert not box.layout.versions.exists()
    assert (box.layout.data / "control.db").is_file()
    assert (box.layout.etc / "office" / "site.yaml").is_file()
    box.service.remove(data_too=True)
    assert not box.layout.data.exists()


@pytest.mark.slow
def test_a_version_that_does_not_start_is_taken_back(running: Box) -> None:
    box = running
    box.add_version(OLD)
    box.install(OLD, box.site)
    box.add_version(NEW, BREAKS_DOWN)
    with pytest.raises(Failed, match="does not become ready"):
        box.install(NEW)
    assert box.current == OLD
    assert box.machine.active()
    assert not observed(box), "the data were of no concern"


@pytest.mark.slow
def test_data_that_were_brought_forward_are_put_back(running: Box) -> None:
    box = running
    box.add_version(OLD)
    box.install(OLD, box.site)
    box.add_version(NEW, MIGRATES)
    with pytest.raises(Failed, match="does not become ready"):
        box.install(NEW)
    assert box.current == OLD
    assert box.machine.active(), "it would refuse data of a newer version"
    assert observed(box), "what came after the backup is lost: a person is to look"
    assert list(box.layout.data.glob("replaced-*")), "and yet nothing is deleted"


def test_data_of_a_newer_shape_are_not_handed_to_an_older_version(box: Box) -> None:
    for name in (OLD, NEW):
        box.add_version(name)
    box.layout.data.mkdir(parents=True)
    with closing(sqlite3.connect(box.layout.data / "control.db")) as connection:
        connection.execute("CREATE TABLE _sqlite_migrations (migration_set TEXT, name TEXT)")
        connection.execute("INSERT INTO _sqlite_migrations VALUES ('control', 'm001_first')")
        connection.commit()
        box.layout.point(box.layout.previous, OLD)
        box.layout.point(box.layout.current, NEW)
        data.note(box.layout, NEW, former=OLD, backup=None)
        assert data.readable_by_former(box.layout, NEW)
        connection.execute("INSERT INTO _sqlite_migrations VALUES ('control', 'm002_later')")
        connection.commit()
    with pytest.raises(Failed, match="cannot read the data"):
        box.service.roll_back()
    with pytest.raises(Failed, match="no backup"):
        box.service.roll_back(with_backup=True)
    assert box.current == NEW


def observed(box: Box) -> bool:
    with closing(sqlite3.connect(box.layout.data / "control.db")) as connection:
        return bool(connection.execute("SELECT count(*) FROM observe WHERE observing").fetchone()[0])
