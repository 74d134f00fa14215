"""Whatever goes wrong around the command, a person sees a sentence and an exit code, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MINIMAL = ROOT / "config" / "sites" / "minimal"
PROGRAM = [sys.executable, "-P", "-m", "controller.cli"]
FULL = Path("/dev/full")


def louguan(
    *words: str, stdout: int | None = subprocess.PIPE, environment: dict[str, str] | None = None
) -> tuple[int, bytes, str]:
    """Run the command; its exit code and what it printed."""
    done = subprocess.run(
        [*PROGRAM, *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    said = done.stderr.decode(errors="replace")
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    return done.returncode, done.stdout or b"", said


@pytest.mark.parametrize("words", [("compile", str(MINIMAL)), ("--help",), ("schema",)])
def test_who_reads_no_further_is_no_error_to_speak_of(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        code, _, said = louguan(*words, stdout=writer)
    finally:
        os.close(writer)
    assert (code, said) == (1, "")


@pytest.mark.parametrize(
    "words", [("compile", str(MINIMAL)), ("check", str(MINIMAL)), ("--version",), ("--help",), ("schema",)]
)
def test_a_full_disk_is_said(words: tuple[str, ...]) -> None:
    with FULL.open("wb") as full:
        code, _, said = louguan("--lang", "en", *words, stdout=full.fileno())
    assert (code, said) == (1, "louguan: the output cannot be written (No space left on device)\n")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "gbk"},
    ],
    ids=["ascii", "posix", "gbk"],
)
def test_any_text_can_be_written_in_any_encoding(environment: dict[str, str]) -> None:
    code, out, _ = louguan("--lang", "zh", "check", str(MINIMAL), environment=environment)
    assert code == 0
    assert out
    code, _, said = louguan("--lang", "zh", "status", "--data", "/nowhere", environment=environment)
    assert code == 1
    assert said
    assert louguan("--lang", "zh", "--help", environment=environment)[0] == 0


@pytest.mark.parametrize("output", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_trouble(output: str) -> None:
    program = " ".join(f"'{word}'" for word in PROGRAM)
    done = subprocess.run(
        ["sh", "-c", f"{program} check '{MINIMAL}' {output}"], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_places_that_cannot_be_used_are_sentences(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x").touch()
    site = str(MINIMAL)
    wrong: list[tuple[str, ...]] = [
        ("demo", "--data", f"{file}/data"),
        ("demo", "--data", str(file)),
        ("demo", "--data", str(folder)),
        ("demo", str(tmp_path / "none"), "--for", "1s"),
        ("demo", str(file), "--for", "1s"),
        ("simulate", site, "--overlay", f"{file}/x.json"),
        ("simulate", site, "--overlay", str(folder)),
        ("simulate", str(file)),
        ("run", site, "--data", str(tmp_path / "d"), "--overlay", str(folder)),
        ("run", site, "--data", f"{file}/data"),
        ("run", site, "--data", str(file)),
        ("run", site, "--data", str(tmp_path / "nope"), "--socket-group", "nosuch-group"),
        ("run", str(file)),
        ("run", str(folder)),
        ("run", str(tmp_path / "nope")),
        ("run", site, "--data", str(tmp_path / "d"), "--compiled", str(folder)),
        ("check", str(file)),
        ("compile", str(folder)),
        ("init", str(file)),
        ("init", f"{file}/site"),
        ("status", "--data", str(file)),
        ("status", "--site", str(file)),
    ]
    before = set(tmp_path.rglob("*")) | {tmp_path / "d" / "louguan.lock"}
    for words in wrong:
        code, _, said = louguan("--lang", "zh", *words)
        assert (words, code) == (words, 1)
        assert said.strip(), words
        assert "last words" not in said
        assert "最后的输出" not in said
    assert not (tmp_path / "nope").exists()
    assert {path for path in tmp_path.rglob("*") if path.parent != tmp_path / "d"} - {
        tmp_path / "d"
    } <= before


@pytest.mark.parametrize("start", ["9999-12-31T23:59", "0001-01-01", "1999-12-31", "2100-01-01T00:00"])
def test_a_simulation_begins_in_our_time(start: str) -> None:
    code, _, said = louguan("--lang", "en", "simulate", str(MINIMAL), "--start", start)
    assert code == 2
    assert f"{start} is out of range; a simulation begins in the years 2000 to 2099" in said


def test_folders_where_files_should_be(tmp_path: Path) -> None:
    """In the data directory."""
    for name in ("control.db", "log.db", "louguan.lock", "louguan.sock"):
        data = tmp_path / name.partition(".")[2] / name.partition(".")[0]
        (data / name).mkdir(parents=True)
        code, _, said = louguan("--lang", "en", "run", str(MINIMAL), "--data", str(data))
        assert (name, code) == (name, 1)
        assert said.splitlines()[-1].startswith("louguan: "), said


@pytest.mark.parametrize("after_s", [0.03, 0.06, 0.1, 0.2, 0.4, 0.7])
def test_ctrl_c_while_it_begins_is_130_without_a_word(tmp_path: Path, after_s: float) -> None:
    words = ["run", str(MINIMAL), "--data", str(tmp_path / "data"), "--observe", "--lang", "en"]
    # Before the interpreter has come to our first line nobody can do anything about it.
    begun = (
        "import signal, sys; from controller.cli import __main__, interrupts; "
        # A shell that started the tests in its background has it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler); interrupts.leave_at_once(); "
        "sys.stdout.write('.'); sys.stdout.flush(); __main__.run()"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", begun, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.read(1) == b"."
        time.sleep(after_s)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
    assert b"Traceback" not in said
    assert b"KeyboardInterrupt" not in said
    assert child.returncode in (0, 130)


def test_ctrl_c_amid_an_import_leaves_with_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "amid.py").write_text(
        "import sys\n"
        "from controller.cli.interrupts import INTERRUPTED, answered\n"
        "def interrupted():\n"
        "    raise KeyboardInterrupt\n"
        "try:\n"
        "    eval('interrupted()')\n"
        "except KeyboardInterrupt:\n"
        "    answered() if sys.argv[1:] else None\n"
        "sys.exit(INTERRUPTED)\n",
        encoding="utf-8",
    )
    for words, code in (["answered"], 130), ([], -signal.SIGINT):
        ended = subprocess.run(
            [sys.executable, "-m", "amid", *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=False,
        )
        assert ended.returncode == code
