"""Who may send."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller.receiver.tokens import Tokens, TokensWrong

FIRST, SECOND = "0123456789abcdef-1", "0123456789abcdef-2"


def write(file: Path, content: str, mode: int = 0o600) -> Path:
    file.write_text(content, encoding="utf-8")
    file.chmod(mode)
    os.utime(file, ns=(0, file.stat().st_mtime_ns + len(content)))
    return file


def test_a_token_names_its_site(tmp_path: Path) -> None:
    tokens = Tokens(write(tmp_path / "t", f"# ours\n\na {FIRST}\nb  {SECOND}\na {SECOND}x\n"))
    assert tokens.site(f"Bearer {FIRST}") == "a"
    assert tokens.site(f"bearer  {SECOND}") == "b"
    assert tokens.site(f"Bearer {SECOND}x") == "a"
    for wrong in ("", "Bearer", "Bearer ", f"Basic {FIRST}", FIRST, f"Bearer {FIRST[:-1]}", "Bearer \udc00"):
        assert tokens.site(wrong) is None


def test_a_change_is_seen_and_a_wrong_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(tmp_path / "t", f"a {FIRST}\n")
    tokens = Tokens(file)
    write(file, f"a {SECOND}\n# rotated\n")
    assert tokens.site(f"Bearer {FIRST}") is None
    assert tokens.site(f"Bearer {SECOND}") == "a"
    write(file, "a short\n")
    for _ in range(3):
        assert tokens.site(f"Bearer {SECOND}") == "a"
    file.unlink()
    assert tokens.site(f"Bearer {SECOND}") == "a"
    write(file, f"b {FIRST}\n")
    assert tokens.site(f"Bearer {FIRST}") == "b"
    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == 2
    assert "short" not in caplog.text


@pytest.mark.parametrize("content", ["", "# nothing\n", "a\n", f"a {FIRST} b\n", "a short\n"])
def test_a_file_that_grants_nothing_or_anything(tmp_path: Path, content: str) -> None:
    with pytest.raises(TokensWrong):
        Tokens(write(tmp_path / "t", content))


def test_a_pipe_is_no_file_of_tokens(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t", 0o600)
    with pytest.raises(TokensWrong, match="not a regular file"):
        Tokens(tmp_path / "t")


def test_a_file_that_everybody_reads(tmp_path: Path) -> None:
    with pytest.raises(TokensWrong, match="everybody"):
        Tokens(write(tmp_path / "t", f"a {FIRST}\n", mode=0o644))
    with pytest.raises(TokensWrong, match="cannot read"):
        Tokens(tmp_path / "nowhere")
