"""A short run of every decoder, all that ever failed once more, and the harness against planted bugs.

The long runs, and what they found: docs/security.md.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import planted
from tests.fuzz.__main__ import main
from tests.fuzz.corpus import FOLDER, keep, kept
from tests.fuzz.decoder import Decoder
from tests.fuzz.guarded import guarded
from tests.fuzz.mutation import case
from tests.fuzz.registry import DECODERS, opened
from tests.fuzz.running import run, tried, watched
from tests.fuzz.shrinking import shrunk
from tests.fuzz.trees import changed

CASES, MOST_S = 60, 0.05


@pytest.mark.parametrize("name", DECODERS)
def test_a_short_run_and_all_that_once_failed(name: str) -> None:
    with opened(name) as decoder:
        with watched(decoder) as heard:
            for said, data in kept(name):
                failure = tried(decoder, data, heard=heard)
                assert failure is None, f"{said}: {failure.says} at {failure.where}"
        first = len(decoder.seeds)
        account = run(decoder, seed=11, cases=CASES, first=first, seconds=MOST_S)
    assert account.cases
    assert not account.failures, account.failures


def test_the_corpus_is_of_decoders_that_there_are() -> None:
    assert {path.name for path in FOLDER.iterdir()} <= set(DECODERS)


# The harness itself


@pytest.mark.parametrize(
    ("make", "kind", "where"),
    [
        (planted.past_the_end, "crash", "IndexError at tests/fuzz/planted.py:_parts"),
        (planted.believing, "wrong", "a value of no answer"),
        (planted.hushing, "crash", "IndexError at tests/fuzz/planted.py:_parts"),
        (planted.babbling, "wrong", "a secret is in the log"),
        (planted.endless, "hang", "tests/fuzz/planted.py:_slow"),
    ],
)
def test_a_planted_bug_is_found_and_made_short(make: Callable[[], Decoder], kind: str, where: str) -> None:
    decoder = make()
    account = run(decoder, seed=3, cases=3000, longest_s=0.1)
    ((found, failure),) = account.failures.items()
    assert found == (kind, where)
    assert case(decoder, 3, failure.number) == failure.data
    if kind != "hang":
        short = shrunk(decoder, failure)
        assert short.alike == failure.alike
        assert len(short.data) <= min(len(failure.data), 4)


def test_what_is_kept_for_ever_shows_as_growth() -> None:
    account = run(planted.keeping(), seed=1, cases=4000, warm=500)
    assert set(account.failures) == {("growth", "")}


def _dies(data: bytes) -> None:
    if data[:1] == b"\x03" and len(data) > 12:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_decoder_that_takes_the_process_with_it_is_told_by_its_case() -> None:
    account = guarded(
        "planted", seed=5, cases=100_000, make=lambda: Decoder(_dies, (b"\x03abc", b"\x03abcdefgh"))
    )
    (failure,) = account.failures.values()
    assert (failure.kind, failure.data[:1]) == ("crash", b"\x03")
    assert len(failure.data) > 12


def test_cases_are_the_same_for_the_same_seed_and_different_else() -> None:
    decoder = planted.past_the_end()
    first, again, other = ([case(decoder, seed, number) for number in range(200)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert first[:2] == list(decoder.seeds)
    assert len(set(first)) > 100


def test_trees_stay_json() -> None:
    change = changed(2, by_line=True)
    seed = b"xx" + b'{"a": [1, {"b": "c"}], "d": null}\n{"e": 2.5}\n'
    found = {change(seed, Random(number)) for number in range(300)}
    assert len(found) > 100
    for each in found:
        assert each[:2] == b"xx"
        for line in each[2:].split(b"\n"):
            if line:
                json.loads(line.decode("utf-8", "surrogatepass"))


def test_what_failed_is_kept_and_found_again(tmp_path: Path) -> None:
    decoder = planted.past_the_end()
    (failure,) = run(decoder, seed=3, cases=500).failures.values()
    path = keep("planted", 3, failure, tmp_path)
    assert list(kept("planted", tmp_path)) == [(path.stem, failure.data)]
    assert "# seed 3, case" in path.read_text(encoding="utf-8")


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "figures"
    assert main(["ledger-heads", "--cases", "50", "--out", str(out), "--keep", str(tmp_path)]) == 0
    assert '"cases": 50' in out.read_text(encoding="utf-8")
    assert main(["list"]) == 0
    assert "modbus-rtu" in capsys.readouterr().out
    assert main(["no-such"]) == 2
    assert main(["ledger-heads", "--again", "353a"]) == 0
