"""A data directory is a real site's or a simulation's: neither is ever used for the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller import origin
from controller.options import NotStarted


def test_a_new_directory_is_anybodys(tmp_path: Path) -> None:
    for data in (tmp_path, tmp_path / "none"):
        origin.refuse_real(data)
        origin.refuse_simulated(data)
        origin.refuse_strange(data)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", ["control.db", "log.db", "plans"])
def test_a_real_sites_data_are_refused_and_left_as_they_are(tmp_path: Path, kept: str) -> None:
    (tmp_path / kept).touch()
    for refuse in (origin.refuse_real, origin.refuse_strange):
        with pytest.raises(NotStarted, match="of a real site"):
            refuse(tmp_path)
    origin.refuse_simulated(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [kept]


def test_a_simulations_data_are_its_own(tmp_path: Path) -> None:
    origin.mark(tmp_path / "demo")
    (tmp_path / "demo" / "control.db").touch()
    origin.refuse_real(tmp_path / "demo")
    origin.refuse_strange(tmp_path / "demo")
    with pytest.raises(NotStarted, match="of a simulation"):
        origin.refuse_simulated(tmp_path / "demo")


def test_a_demo_takes_no_directory_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(NotStarted, match="other files"):
        origin.refuse_strange(tmp_path)
    with pytest.raises(NotStarted, match="cannot open"):
        origin.refuse_strange(Path(__file__))


def test_what_cannot_be_marked_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotStarted, match="cannot open"):
        origin.mark(tmp_path / "file" / "data")
