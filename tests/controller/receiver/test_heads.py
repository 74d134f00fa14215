"""Heads of a ledger: told with the rows, kept by the other side, and held against the ledger years later."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from config.plan.devices import Source
from config.plan.sinks import Common, FileSink, HttpsSink, Tls
from controller.cli.log_verify import _head_in
from controller.consumption.upload.files import FilesUpload
from controller.consumption.upload.heads import LedgerHead, header, read_header
from controller.consumption.upload.https import HttpsUpload
from controller.store import archive
from controller.store.connection import open_reader, open_writer
from controller.store.control import Changes, ControlStore
from controller.store.ledger import COLUMNS, Entry, Kind, link
from controller.store.logdb import LogStore
from tests.controller.cli.test_main import louguan
from tests.controller.consumption.upload.rows import row
from tests.controller.consumption.upload.test_files import ZONE, batch, whole
from tests.controller.receiver.process import ReceiverProcess
from tests.controller.rig import THURSDAY

DAY_MS = 86_400_000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A ledger of eleven rows, of which the first eight are sealed, four a file; and an empty log."""
    folder = tmp_path / "data"
    control = ControlStore.open(folder, THURSDAY)
    rows = tuple(Entry(THURSDAY + number, Kind.COMMAND, who="li") for number in range(11))
    control.commit(Changes(THURSDAY, rows)).result(9)
    for _ in range(2):
        control.take_out(archive.seal(control.path, folder, 4), THURSDAY).result(9)
    control.close()
    LogStore.open(folder, THURSDAY).close()
    return folder


def head_at(data: Path, seq: int) -> str:
    """As somebody else has noted it."""
    with closing(open_reader(data / "control.db")) as connection:
        here = connection.execute("SELECT hash FROM ledger WHERE seq = ?", (seq,)).fetchone()
    if here is not None:
        return f"{seq}:{bytes(here[0]).hex()}"
    found = next(one for file in (data / "ledger").iterdir() for one in archive.rows(file) if one[0] == seq)
    return f"{seq}:{found[-1]}"


def written_anew(data: Path) -> None:
    """All of it, from row 1 on, as if nobody had commanded anything: by somebody who knows how."""
    former, seals = bytes(32), []
    for file in sorted((data / "ledger").iterdir()):
        after, lines = former, []
        for one in archive.rows(file):
            content = tuple("nobody" if word == "li" else word for word in one[:-1])
            former = link(former, content)
            lines.append(json.dumps([*content, former.hex()]))
        last = int(json.loads(lines[-1])[0])
        first = last - len(lines)
        begins = {"format": archive.FORMAT, "version": 1, "after": first, "after_hash": after.hex()}
        ends = {"last": last, "hash": former.hex()}
        with gzip.open(file, "wt", encoding="utf-8") as packed:
            packed.write("\n".join([json.dumps(begins), *lines, json.dumps(ends)]) + "\n")
        seals.append((former, last))
    with closing(open_writer(data / "control.db", create=False)) as connection:
        connection.execute("BEGIN")
        connection.executemany("UPDATE seals SET hash = ? WHERE seq = ?", seals)
        for one in connection.execute(f"SELECT {COLUMNS} FROM ledger ORDER BY seq").fetchall():
            content = tuple("nobody" if word == "li" else word for word in one)
            former = link(former, content)
            connection.execute("UPDATE ledger SET who = 'nobody', hash = ? WHERE seq = ?", (former, one[0]))
        connection.execute("COMMIT")


def verify(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> tuple[int, list[str]]:
    code, out, _ = louguan(capsys, "log", "verify", "--data", str(data), "--json", "--lang", "en", *words)
    found = json.loads(out)
    return code, [one["what"] for one in found["problems"]] if "problems" in found else [
        found["error"]["code"]
    ]


@pytest.mark.parametrize("seq", [1, 3, 4, 5, 8, 9, 11])
def test_a_ledger_written_anew_is_found_by_a_head_alone(
    capsys: pytest.CaptureFixture[str], data: Path, seq: int
) -> None:
    noted = head_at(data, seq)
    assert verify(capsys, data, "--head", noted) == (0, [])
    written_anew(data)
    assert verify(capsys, data) == (0, []), "the chain alone finds nothing"
    words = f"row {seq} of the ledger is another than the one known elsewhere: the ledger was written anew"
    assert verify(capsys, data, "--head", noted) == (1, [words])
    assert verify(capsys, data, "--head", head_at(data, seq)) == (0, [])


def test_rows_that_were_cut_off_are_missed(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    noted = head_at(data, 11)
    with closing(open_writer(data / "control.db", create=False)) as connection:
        connection.execute("DELETE FROM ledger WHERE seq > 9")
    assert verify(capsys, data) == (0, [])
    words = "the ledger ends at row 9; row 11, known elsewhere, is missing"
    assert verify(capsys, data, "--head", noted) == (1, [words])


def test_a_head_in_a_sealed_file_that_is_gone(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    noted = head_at(data, 2)
    next((data / "ledger").glob("ledger-1-*")).unlink()
    code, words = verify(capsys, data, "--head", noted)
    assert code == 1
    assert words[-1].startswith("row 2 of the ledger cannot be read")


@pytest.mark.parametrize("word", ["", "12", "x:" + "0" * 64, "3:" + "0" * 63, "3:" + "0" * 65])
def test_what_is_no_head(capsys: pytest.CaptureFixture[str], data: Path, word: str) -> None:
    assert verify(capsys, data, "--head", word)[0] == 2


def test_a_file_of_heads(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    assert verify(capsys, data, "--heads", str(file)) == (2, ["usage"])
    file.write_text("day,seq,hash,time\n")
    assert verify(capsys, data, "--heads", str(file)) == (2, ["usage"])
    one, other = head_at(data, 2), head_at(data, 10)
    file.write_text(f"day,seq,hash,time\r\n2026-03-05,{one.replace(':', ',')},2026\r\nyard {other} 2026Z\r\n")
    assert verify(capsys, data, "--heads", str(file)) == (0, [])
    written_anew(data)
    assert len(verify(capsys, data, "--heads", str(file))[1]) == 2


def told(*heads: LedgerHead | None) -> Callable[[], LedgerHead | None]:
    left = list(heads)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def made(seq: int, time_ms: int = THURSDAY, letter: str = "a") -> LedgerHead:
    return LedgerHead(seq, letter * 64, time_ms)


def test_a_header_says_what_was_meant_and_nothing_else_is_one() -> None:
    assert read_header(header(made(7))) == made(7)
    for word in ("", "7", f"7:{'A' * 64}:1", f"-7:{'a' * 64}:1", f"7:{'a' * 64}:1 ", f"٧:{'a' * 64}:1"):
        assert read_header(word) is None


async def test_the_receiver_keeps_what_comes_with_the_rows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with ReceiverProcess(tmp_path / "received", "--no-token") as process:
        common = Common("cloud", "", Source("site.yaml", 1, 1), timeout_s=5.0)
        sink = HttpsUpload(
            HttpsSink(common, f"{process.url}/v1/intervals", None, Tls("", "", "")),
            "shuangliu",
            told(None, made(7), made(7), made(9), made(9, letter="b")),
        )
        for number in range(1, 6):
            assert (await sink.send(batch([row(number)]))).accepted == {number}
        await sink.close()
        words = ("receive", "--data", str(tmp_path / "received"), "--heads")
        code, out, _ = louguan(capsys, *words, "--lang", "en")
    assert code == 1, "two say different of row 9"
    lines = out.splitlines()
    assert lines[0].startswith(f"shuangliu 7:{'a' * 64} 2026-03-0")
    assert [line.endswith("another was told of this row") for line in lines] == [False, True, True]
    code, out, _ = louguan(capsys, *words, "--json", "--site", "elsewhere")
    assert (code, json.loads(out)["error"]["code"]) == (1, "nothing")


def test_one_a_day_stands_beside_the_files(tmp_path: Path) -> None:
    common = Common("stick", "stick", Source("site.yaml", 1, 1), timeout_s=10.0)
    heads = told(made(7), made(8), made(9, THURSDAY + DAY_MS), made(10, THURSDAY + DAY_MS))
    sink = FilesUpload(FileSink(common, str(tmp_path), "csv", "day"), site="shuangliu", zone=ZONE, head=heads)
    for number in range(1, 5):
        assert asyncio.run(sink.send(batch([row(number)]))).accepted == {number}
    file = tmp_path / "shuangliu_ledger-heads.csv"
    lines = file.read_text().splitlines()
    assert lines[0] == "day,seq,hash,time"
    assert [line.split(",")[1] for line in lines[1:]] == ["7", "9"]
    assert lines[1].startswith(f"2026-03-05,7,{'a' * 64},2026-03-05T")
    assert len(whole(tmp_path)) == 4 + 2


def test_the_store_knows_the_head_it_has_committed(tmp_path: Path) -> None:
    control = ControlStore.open(tmp_path, THURSDAY)
    heads = [control.head]
    control.begin(THURSDAY, trusted=True, version="0", plan="")
    heads.append(control.head)
    head = control.commit(Changes(THURSDAY, (Entry(THURSDAY, Kind.COMMAND),))).result(9)
    control.close()
    assert [None if one is None else one.seq for one in (*heads, control.head)] == [None, 1, 2]
    assert control.head == head


@pytest.mark.parametrize(
    "line",
    [
        '{"seq": 1e999, "hash": "00"}',
        "[" * 100_000,
        '{"seq": [], "hash": 7}',
        '"seq"',
        "5:ab",
        "٣:" + "a" * 64,
    ],
)
def test_a_line_that_is_no_head_is_none(line: str) -> None:
    assert _head_in(line) is None
