"""The receiver as a process: who is served, what is bounded, what is said and what is not."""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.language import render
from config.plan.devices import Source
from config.plan.sinks import Common, HttpsSink, Secret
from controller.consumption.upload.https import HttpsUpload
from controller.consumption.upload.port import Batch, Denied, Stream
from controller.receiver.intake import MOST_PACKED, MOST_PLAIN, MOST_ROWS
from controller.receiver.store import FILE, gaps
from controller.store.connection import open_writer
from tests.certificates import Authority
from tests.controller.consumption.upload.rows import row
from tests.controller.receiver.process import ReceiverProcess
from tests.controller.receiver.samples import body, sent

TOKEN = "a-token-of-the-tests-0001"
NDJSON = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReceiverProcess]:
    """One for all of this module, each test with a site of its own; tokens for "a" and "b"."""
    folder = tmp_path_factory.mktemp("receiver")
    tokens = folder / "tokens"
    tokens.write_text(f"a {TOKEN}\nb {TOKEN}-b\n")
    tokens.chmod(0o600)
    with ReceiverProcess(folder / "data", "--tokens", str(tokens)) as process:
        yield process


@pytest.fixture
def client(receiver: ReceiverProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=receiver.url, trust_env=False, headers=headers, timeout=20) as made:
        yield made


def post(client: httpx.Client, rows: list[Any], **headers: str) -> httpx.Response:
    return client.post("/v1/intervals", content=body(rows), headers={**NDJSON, **headers})


def test_it_answers_row_by_row(client: httpx.Client, receiver: ReceiverProcess) -> None:
    rows = [
        sent(1, "a"), sent(2, "a", consumption=0.07), sent(4, "a", end_ms=0), sent(6, "a"),
    ]  # fmt: skip
    answer = post(client, rows)
    assert answer.status_code == 200
    told = answer.json()
    assert told["accepted"] == [rows[0]["key"], rows[3]["key"]]
    assert [one["key"] for one in told["refused"]] == [one["key"] for one in rows[1:3]]
    assert told["new"] == 2
    assert post(client, rows).json() == {**told, "new": 0}
    gap = client.get("/v1/gaps", params={"site": "a"}).json()["meters"][0]
    assert [(one["to_ms"] - one["from_ms"]) // 900_000 for one in gap["gaps"]] == [4]
    assert client.get("/v1/gaps").json() == client.get("/v1/gaps?site=a").json()
    log = receiver.told()
    assert "POST /v1/intervals 200" in log
    assert "accepted=2 new=2 refused=2" in log


def test_a_token_of_another_site_is_no_matter_of_rows(
    client: httpx.Client, receiver: ReceiverProcess
) -> None:
    answer = post(client, [sent(90, "a", meter="mixed"), sent(91, "b", meter="mixed")])
    assert (answer.status_code, answer.json()) == (
        403,
        {"error": "this token is of site a, the rows are of site b"},
    )
    assert "this token is of site a, the rows are of site b" in receiver.told()
    kept = client.get("/v1/gaps").json()["meters"]
    assert "mixed" not in [one["meter"] for one in kept]


async def test_our_sender_is_denied_by_it_and_sets_nothing_aside(
    receiver: ReceiverProcess, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    common = Common("city", "City", Source("site.yaml", 9, 3))
    sink = HttpsUpload(
        HttpsSink(common, f"{receiver.url}/v1/intervals", Secret(file=str(token))), "shuangliu"
    )
    with pytest.raises(Denied) as raised:
        await sink.send(Batch("k", Stream.LIVE, [row(1)]))
    await sink.close()
    assert render(raised.value.words, "zh_CN") == "403：这个令牌属于站点 a，而数据属于站点 shuangliu"


def test_without_a_token_nothing_is_read_or_told(client: httpx.Client, receiver: ReceiverProcess) -> None:
    for shown in ("", "Bearer nonsense", f"Bearer {TOKEN[:-1]}"):
        for answer in (
            post(client, [sent(1, "a")], Authorization=shown),
            client.get("/v1/gaps?site=a&secret=hidden", headers={"Authorization": shown}),
        ):
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
    assert client.get("/v1/gaps?site=b").status_code == 403
    log = receiver.told()
    assert TOKEN[:-1] not in log
    assert "nonsense" not in log
    assert "hidden" not in log


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"not gzip", NDJSON, 400),
        (gzip.compress(b"not JSON"), NDJSON, 400),
        (gzip.compress(b"\n\n"), NDJSON, 400),
        (gzip.compress(b'{"key": "a"}')[:-4], NDJSON, 400),
        (gzip.compress(b'{"key": "a"}') + b"more", NDJSON, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"{}", {**NDJSON, "Content-Encoding": "br"}, 415),
        (b"x" * (MOST_PACKED + 1), NDJSON, 413),
        (gzip.compress(b"{}\n" * (MOST_ROWS + 1)), NDJSON, 413),
    ],
    ids=["raw", "words", "nothing", "cut", "more", "kind", "encoding", "long", "rows"],
)
def test_what_is_no_batch(client: httpx.Client, content: bytes, headers: dict[str, str], status: int) -> None:
    answer = client.post("/v1/intervals", content=content, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


def test_a_gzip_bomb_is_refused_and_costs_little(client: httpx.Client, receiver: ReceiverProcess) -> None:
    machine = zlib.compressobj(9, wbits=31)
    bomb = b"".join(machine.compress(bytes(1 << 20)) for _ in range(1024)) + machine.flush()
    assert len(bomb) < MOST_PACKED
    before_kb = receiver.memory_kb()
    answer = client.post("/v1/intervals", content=bomb, headers=NDJSON)
    assert answer.status_code == 413
    assert receiver.memory_kb() - before_kb < 5 * MOST_PLAIN // 1024


def test_a_body_of_unknown_length_is_bounded_too(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(MOST_PACKED // 65536 + 2):
            yield bytes(65536)

    assert client.post("/v1/intervals", content=endless(), headers=NDJSON).status_code == 413


def test_other_addresses_and_methods(client: httpx.Client) -> None:
    assert client.get("/").status_code == 404
    assert client.get("/v1/intervals").status_code == 405
    assert client.get("/v1/../etc/passwd").status_code == 404
    assert "server" not in client.get("/").headers


def test_junk_on_the_wire_hurts_nobody(client: httpx.Client, receiver: ReceiverProcess) -> None:
    for junk in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"A" * 200_000, os.urandom(4000)):
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=5) as connection:
            try:
                connection.sendall(junk)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                pass
    assert post(client, [sent(1, "a", meter="after-junk")]).status_code == 200
    assert "Traceback" not in receiver.told()


def test_tls_and_client_certificates(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server, own = authority.issue("server"), authority.issue("own")
    words = [
        "--no-token",
        "--cert",
        str(server.cert),
        "--key",
        str(server.key),
        "--client-ca",
        str(authority.ca),
    ]
    with ReceiverProcess(tmp_path / "data", *words) as receiver:
        assert receiver.url.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=authority.ca)
        with httpx.Client(verify=trust, trust_env=False) as client, pytest.raises(httpx.TransportError):
            client.get(receiver.url + "/v1/gaps")
        trust.load_cert_chain(own.cert, own.key)
        with httpx.Client(verify=trust, trust_env=False) as client:
            assert client.get(receiver.url + "/v1/gaps").json() == {"meters": []}
        assert receiver.stop() == 0


def test_it_leaves_in_order_and_what_it_said_is_there(tmp_path: Path) -> None:
    with ReceiverProcess(tmp_path / "data", "--no-token") as receiver:
        with httpx.Client(base_url=receiver.url, trust_env=False) as client:
            assert post(client, [sent(1, "a"), sent(1, "b")]).json()["new"] == 2
        assert receiver.stop() == 0
        assert "Traceback" not in receiver.told()
    assert not (tmp_path / "data" / "receiver.db-wal").exists(), "all of it is in the file itself"
    assert [(one.site, one.rows) for one in gaps(tmp_path / "data")] == [("a", 1), ("b", 1)]


def louguan(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "controller.cli.main", "--lang", "en", "receive", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_it_does_not_start_open_to_others(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data"), "--port", "0"]
    tokens = tmp_path / "tokens"
    tokens.write_text(f"a {TOKEN}\n")
    tokens.chmod(0o644)
    authority = Authority(tmp_path).issue("server")
    tls = ["--cert", str(authority.cert), "--key", str(authority.key)]
    for code, words, said in (
        (2, [], "who may send"),
        (2, ["--no-token", "--tokens", str(tokens)], "who may send"),
        (2, ["--no-token", "--cert", "x"], "go together"),
        (1, ["--no-token", "--bind", "0.0.0.0"], "TLS only"),
        (1, ["--no-token", "--bind", "0.0.0.0", *tls], "show a token"),
        (1, ["--tokens", str(tokens)], "everybody can read"),
        (1, ["--tokens", str(tmp_path / "nowhere")], "cannot read"),
        (1, ["--no-token", "--cert", str(tokens), "--key", str(tokens)], f"no certificate in {tokens}"),
    ):
        done = louguan(*data, *words)
        assert (done.returncode, said in done.stderr) == (code, True), (words, done.stderr)
        assert "Traceback" not in done.stderr
        assert TOKEN not in done.stderr


def test_gaps_on_the_command_line(tmp_path: Path) -> None:
    with ReceiverProcess(tmp_path / "data", "--no-token") as receiver:
        with httpx.Client(base_url=receiver.url, trust_env=False) as client:
            post(client, [sent(1, "a"), sent(4, "a"), sent(1, "b")])
        shown = louguan("--data", str(tmp_path / "data"), "--gaps")
        assert (shown.returncode, shown.stdout.count("nothing from")) == (1, 1)
        whole = louguan("--data", str(tmp_path / "data"), "--gaps", "--site", "b", "--json")
        assert (whole.returncode, json.loads(whole.stdout)["gaps"]) == (0, [])
        second = louguan("--data", str(tmp_path / "data"), "--no-token", "--port", "0")
        assert (second.returncode, "already runs" in second.stderr) == (1, True)
    assert louguan("--data", str(tmp_path / "none"), "--gaps").returncode == 1


def test_what_cannot_be_stored_is_not_accepted(client: httpx.Client, receiver: ReceiverProcess) -> None:
    """The disk fails for a while."""
    what = [sent(1, "a", meter="unlucky")]
    with closing(open_writer(receiver.data / FILE, create=False)) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON intervals BEGIN SELECT RAISE(FAIL, 'full'); END")
        answer = post(client, what)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert answer.json() == {"error": "not stored, try again"}
        other.execute("DROP TRIGGER full")
    assert post(client, what).json()["new"] == 1
