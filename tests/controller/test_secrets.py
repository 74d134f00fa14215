"""Secrets stay where they are: a daemon with one of each kind, and other sides that say back all they hear,
leaves none of them in its files, its log or its answers.
"""

from __future__ import annotations

import asyncio
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

from config.plan import codec
from controller.backups import making
from controller.compile import compile_site
from controller.consumption.log import Closed
from controller.consumption.meters import meters_of
from controller.consumption.records import Flag, Interval
from controller.store.control import ControlStore
from controller.store.logdb import LogStore
from tests.controller.consumption.upload.web import Reply, Request, Web
from tests.controller.running import HEAD, daemon
from tests.ports import lasting_port

CANARY = "cAnArY7391"
"""In every secret, so that one search finds any of them."""
QUARTER_MS = 900_000
SITE = (
    HEAD
    + """
sinks:
  district: {{kind: https, url: "http://127.0.0.1:{web}/v1/intervals", token: {{file: {folder}/token}}}}
  locked: {{kind: https, url: "https://127.0.0.1:{dead}/", token: {{file: {folder}/token}},
    tls: {{cert: {folder}/cert.pem, key: {folder}/key.pem}}}}
  broker: {{kind: mqtt, host: 127.0.0.1, port: {mqtt}, secure: false, topic: energy, username: box,
    password: {{env: LOUGUAN_CANARY}}}}
  province:
    {{kind: national, host: 127.0.0.1, port: {centre}, dialect: a, building: 510116A001, gateway: "01",
    settings: {{crc: modbus, report_accepted: ack, ack_names_sequence: true, function_attributes: [id]}},
    key: {{file: {folder}/key}}, cipher_key: {{file: {folder}/aes}},
    ids: {{main-1: {{id: "0001", coding: 01A10}}}}}}
notify:
  duty: {{kind: webhook, url: "http://127.0.0.1:{hook}/", token: {{file: {folder}/token}},
    sign: {{file: {folder}/sign}}}}
  panel: {{kind: mqtt, host: 127.0.0.1, port: {mqtt}, secure: false, username: box,
    password: {{env: LOUGUAN_CANARY}}}}
"""
)


def says_back(web: Web, request: Request) -> Reply:
    """Whoever answers like this knows the token: that is no reason to write it down."""
    heard = f"not you: {request.headers['authorization']}"
    if len(web.requests) % 3 == 0:
        return Reply(302, headers={"Location": f"https://a.example/?{request.headers['authorization']}"})
    if len(web.requests) % 3 == 1:
        return Reply(400, body=heard.encode())
    refused = [{"key": key, "reason": heard} for key in request.keys]
    return Reply(body={"accepted": [], "refused": refused})


async def parrot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends every byte back."""
    try:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


class Broker:
    """Refuses everybody, and gives the password as its reason (MQTT 5, CONNACK with a Reason String)."""

    def __init__(self) -> None:
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard += await reader.read(4096)
        said = CANARY.encode()
        properties = b"\x1f" + len(said).to_bytes(2, "big") + said
        body = b"\x00\x87" + bytes([len(properties)]) + properties
        writer.write(b"\x20" + bytes([len(body)]) + body)
        await writer.drain()
        writer.close()


def a_day_to_send(data: Path, site: Path) -> None:
    compiled = compile_site(site, "en")
    assert compiled.plan is not None, compiled.report
    meters = meters_of(codec.load(compiled.plan))
    now_ms = time.time_ns() // 1_000_000
    end_ms = now_ms - now_ms % QUARTER_MS
    data.mkdir()
    ControlStore.open(data, now_ms).close()
    store = LogStore.open(data, now_ms)
    store.register(meters, end_ms - 96 * QUARTER_MS)
    starts = range(end_ms - 96 * QUARTER_MS, end_ms, QUARTER_MS)
    rows = [
        Interval(meter.name, start, start + QUARTER_MS, start, 0, 10, 10, 1500, 900, Flag(0))
        for meter in meters
        for start in starts
    ]
    store.write(Closed(tuple(rows), ()))
    assert store.close(30.0) == 0


async def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - servers make it come true
            await asyncio.sleep(0.05)


def holding(folder: Path) -> list[str]:
    """Files below a folder that hold the canary."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    )


async def test_no_secret_is_written_down_or_told(tmp_path: Path) -> None:
    site, data, secrets = tmp_path / "site", tmp_path / "data", tmp_path / "secrets"
    secrets.mkdir()
    site.mkdir()
    for name, secret in (
        ("token", f"{CANARY}-token"),
        ("sign", f"{CANARY}-signing"),
        ("key", f"{CANARY}-key"),
        ("aes", f"{CANARY}-aes-16"[:16]),
        ("cert.pem", f"-----BEGIN CERTIFICATE-----\n{CANARY}\n"),
        ("key.pem", f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n"),
    ):
        (secrets / name).write_text(secret, encoding="utf-8")
    broker = Broker()
    async with (
        Web(None, says_back) as web,
        Web(None, says_back) as hook,
        await asyncio.start_server(broker.serve, "127.0.0.1", 0) as mqtt,
        await asyncio.start_server(parrot, "127.0.0.1", 0) as centre,
    ):
        ports = {
            name: server.sockets[0].getsockname()[1] for name, server in (("mqtt", mqtt), ("centre", centre))
        }
        written = SITE.format(folder=secrets, web=web.port, hook=hook.port, dead=lasting_port(), **ports)
        (site / "site.yaml").write_text(written, encoding="utf-8")
        a_day_to_send(data, site)
        said, more = tmp_path / "said.log", {"LOUGUAN_CANARY": f"{CANARY}-password"}
        async with daemon(site, data, said, environment=more) as client:
            # It was used: by every other side, and told of by most.
            await until(lambda: len(web.requests) > 1 and len(hook.requests) > 1 and bool(broker.heard))
            for request in (web.requests[0], hook.requests[0]):
                assert request.headers["authorization"] == f"Bearer {CANARY}-token"
            assert "louguan-signature" in hook.requests[0].headers
            assert f"{CANARY}-password".encode() in broker.heard

            told = (
                "duty does not take",
                "panel cannot be told",
                "to broker",
                "to locked",
                "district refused",
            )
            await until(lambda: all(what in said.read_text(encoding="utf-8") for what in told))
            answers = [await client.call(op) for op in ("status", "overview", "points", "upload", "alarms")]
            answers.append(await client.call("upload-quarantine", sink="district"))
            assert "***" in str(answers[-1]), "what it says of a row is kept with it"
            taken = tmp_path / "taken.tar.gz"
            making.make(data, taken, version="1", now_ms=time.time_ns() // 1_000_000)
    with tarfile.open(taken) as archive:
        archive.extractall(tmp_path / "taken", filter="data")
    assert holding(data) == []
    assert holding(tmp_path / "taken") == []
    assert CANARY not in str(answers)
    assert CANARY not in said.read_text(encoding="utf-8")


def test_a_secret_written_where_it_may_not_be_is_not_said_back(tmp_path: Path) -> None:
    sinks = {
        "a": f"{{kind: https, url: 'https://a.example/', token: {CANARY}}}",
        "b": f"{{kind: https, url: 'https://a.example/', token: {{value: {CANARY}}}}}",
        "c": f"{{kind: https, url: 'https://box:{CANARY}@a.example/'}}",
        "d": f"{{kind: mqtt, host: a.example, password: {CANARY}}}",
    }
    head = HEAD.format(dead=1)
    listed = "".join(f"  {name}: {sink}\n" for name, sink in sinks.items())
    (tmp_path / "site.yaml").write_text(f"{head}sinks:\n{listed}", encoding="utf-8")
    for language in ("en", "zh_CN"):
        report = compile_site(tmp_path, language).report
        lines = [line for line in report.splitlines() if line.startswith("site.yaml:")]
        assert len(lines) == len(sinks), report
        assert CANARY not in report
