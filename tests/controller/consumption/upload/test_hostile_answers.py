"""Other sides that answer in bad faith: bounded, understood narrowly, and never our secret said back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from config.plan.devices import Source
from config.plan.sinks import Common, HttpsSink, Secret
from controller.consumption import tables
from controller.consumption.upload import drops, httpslink
from controller.consumption.upload.acks import Acks
from controller.consumption.upload.answers import Answer, retry_after_s, understood
from controller.consumption.upload.drops import Csv, Drops
from controller.consumption.upload.httpslink import HttpsLink
from controller.consumption.upload.port import SinkError
from controller.consumption.upload.rowjson import row_key
from controller.consumption.upload.wire import reason
from tests.controller.consumption.upload.rows import row

TOKEN = 'a/Token+of="the\\tests_1'
ROW = row(1)
KEY = row_key("s", ROW)


@pytest.mark.parametrize("said", [None, "", " ", "\0", "\ud800", 7, [], {"a": 1}])
def test_a_refusal_without_words_is_a_refusal(said: object) -> None:
    """Taken for an acknowledgement, the row would leave the disk."""
    acks = Acks("s")
    acks.expect([ROW])
    acks.heard(json.dumps({"refused": [{"key": KEY, "reason": said}]}).encode())
    outcome = acks.outcome([ROW])
    assert not outcome.accepted
    assert outcome.refused == {1: reason(said)}
    assert outcome.refused[1].encode()


def test_a_refusal_echoed_with_the_row_is_one_printable_line() -> None:
    acks = Acks("s")
    acks.expect([ROW])
    echoed = {"site": "s", "meter": ROW.meter, "start_ms": ROW.start_ms, "refused": "no\n\ud800such meter"}
    acks.heard(json.dumps(echoed).encode())
    assert acks.outcome([ROW]).refused == {1: "no  such meter"}


@pytest.mark.parametrize(
    "asked",
    [
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Jan 0 0:9000000000 0",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999",
        "Mon, 01 Jan 2024 99:99:99 GMT",
    ],
)
def test_a_date_that_no_calendar_has_asks_for_nothing(asked: str) -> None:
    assert retry_after_s({"retry-after": asked, "date": "Mon, 01 Jan 2024 00:00:00 GMT"}) is None
    assert retry_after_s({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT", "date": asked}) is None


def spelled(token: str) -> list[str]:
    """A token as others may write it into JSON."""
    return [
        json.dumps(token)[1:-1],
        json.dumps(token)[1:-1].replace("/", "\\/"),
        "".join(f"\\u{ord(letter):04x}" for letter in token),
        "".join(f"\\u{ord(letter):04X}" for letter in token),
        json.dumps(token)[1:-1].replace("T", "\\u0054").replace("/", "\\u002F"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        *(
            f'HTTP/1.1 400 X\r\nContent-Length: {len(said) + 12}\r\n\r\n{{"error":"{said}"}}'
            for said in spelled(TOKEN)
        ),
        f"HTTP/1.1 302 X\r\nLocation: https://a/?{TOKEN}\r\nContent-Length: 0\r\n\r\n",
        f"{TOKEN}\r\n\r\n",
        f"HTTP/1.1 {TOKEN}\r\n\r\n",
        f"HTTP/1.1 200 X\r\n{TOKEN}\r\n\r\n",
    ],
)
async def test_our_token_is_never_quoted_however_it_is_said_back(tmp_path: Path, answer: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(answer.encode())
        await writer.drain()
        writer.close()

    (tmp_path / "token").write_text(TOKEN)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    common = Common("up", "", Source("", 0, 0), timeout_s=10.0)
    secret = Secret(file=str(tmp_path / "token"))
    link = HttpsLink(HttpsSink(common, f"http://127.0.0.1:{port}/", secret))
    try:
        with pytest.raises(SinkError) as refused:
            understood("s", [ROW], await link.post(b"{}", {}, 65_536))
        assert TOKEN not in str(refused.value)
        assert TOKEN not in str(refused.value.words)
        assert "Token" not in str(refused.value)
    finally:
        await link.drop()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("said", spelled(TOKEN))
def test_an_answer_with_our_token_is_still_understood(said: str) -> None:
    echo = f'a \\"{said}\\" and \\\\ \\u000a {spelled(TOKEN)[2]}'
    body = f'{{"accepted": ["{KEY}"], "echo": "{echo}"}}'
    answer = httpslink._unsaid(TOKEN, 200, {}, body.encode())
    assert understood("s", [ROW], answer).accepted == {1}
    assert json.loads(answer.body)["echo"] == 'a "***" and \\ \n ***'


def test_the_rest_of_an_answer_stays_as_it_was() -> None:
    body = json.dumps({"accepted": [KEY]}).encode()
    assert understood("s", [ROW], Answer(200, {}, body)).accepted == {1}


def test_a_list_of_heads_that_somebody_has_damaged_goes_on(tmp_path: Path) -> None:
    heads = tmp_path / "s_ledger-heads.csv"
    heads.write_bytes(b"day,seq,hash,time\r\n2026-03-04,\xff,\r\n")
    Drops(tmp_path, "s", Csv()).note_head("2026-03-05,5,ab,17")
    assert heads.read_bytes().endswith(b"\r\n2026-03-05,5,ab,17\r\n")


def test_a_file_of_any_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drops, "_MOST_BYTES", 1000)
    monkeypatch.setattr(drops, "_MOST_HEADS_BYTES", 1000)
    whole = (tables.csv_head() + tables.csv_lines([tables.record("s", ROW)])).encode()
    large = tmp_path / "s_2026-03-05_000000001.csv"
    large.write_bytes(whole + b" " * 1000)
    heads = tmp_path / "s_ledger-heads.csv"
    heads.write_bytes(b" " * 1001)
    found = Drops(tmp_path, "s", Csv())
    found.add("2026-03-05", 1, [tables.record("s", ROW)])
    found.note_head("2026-03-05,5,ab,17")
    assert large.read_bytes() == whole + b" " * 1000
    assert (tmp_path / "s_2026-03-05_000000002.csv").read_bytes() == whole
    assert heads.read_bytes() == b" " * 1001
    found.note_head("2026-03-06,6,cd,18")
    second = (tmp_path / "s_ledger-heads-2.csv").read_text(encoding="utf-8")
    assert second.splitlines() == ["day,seq,hash,time", "2026-03-05,5,ab,17", "2026-03-06,6,cd,18"]


def test_a_parquet_file_of_too_many_rows_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    content = tables.parquet([tables.record("s", row(number)) for number in range(5)])
    assert len(list(tables.parquet_keys(content))) == 5
    monkeypatch.setattr(tables, "_MOST_ROWS", 4)
    with pytest.raises(ValueError, match="more rows"):
        list(tables.parquet_keys(content))
