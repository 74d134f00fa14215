"""apply: mistakes are all listed, before any daemon is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli.main import main
from controller.cli.reference import reference

BROKEN = Path(__file__).parents[2] / "golden" / "rollback"


def test_every_mistake_is_listed_and_no_daemon_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["apply", str(BROKEN), "--data", str(tmp_path), "--json", "--lang", "en"])
    assert left.value.code == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert not [name for name in found["errors"][0] if f"`{name}`" not in reference()]
    assert [(item["file"], item["line"]) for item in found["errors"]] == [
        ("site.yaml", 5),
        ("site.yaml", 6),
        ("site.yaml", 6),
        ("site.yaml", 6),
    ]


def test_without_a_history_there_is_nothing_to_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["history", "--data", str(tmp_path), "--lang", "en"])
    assert left.value.code == 1
    assert "no accepted plan can be read" in capsys.readouterr().err
