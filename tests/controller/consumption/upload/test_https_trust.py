"""Whom the HTTPS sink trusts, how it shows who we are, and a handshake that never ends."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.language import render, text
from config.plan.sinks import Secret
from controller.consumption.upload.port import Denied, Unreachable
from tests.certificates import Authority, Identity
from tests.controller.consumption.upload.contract import batch, rows
from tests.controller.consumption.upload.https_bench import Answering, Bench, context, upload
from tests.controller.consumption.upload.web import Reply, Request, Web


async def test_a_stalled_handshake_ends_at_the_time_out(authority: Authority) -> None:
    accepted = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    sink = upload(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/", authority.ca, timeout_s=0.3)
    began_s = time.monotonic()
    with pytest.raises(Unreachable):
        await sink.send(batch(rows(1)))
    assert accepted.is_set()
    assert time.monotonic() - began_s < 10
    await sink.close()
    listening.close()
    await listening.wait_closed()


@pytest.mark.parametrize("fault", ["another authority", "expired", "another host", "no TLS at all"])
async def test_who_is_not_to_be_trusted_gets_nothing(
    authority: Authority, tmp_path: Path, fault: str
) -> None:
    identity: Identity | None = None
    if fault == "another authority":
        identity = Authority(tmp_path, "somebody").issue("server")
    elif fault == "expired":
        identity = authority.issue("expired", lasts_s=-3600)
    elif fault == "another host":
        identity = authority.issue("elsewhere", hosts=("127.0.0.2",))
    async with Web(context(identity) if identity else None) as web:
        sink = upload(web.url.replace("http:", "https:"), authority.ca)
        with pytest.raises(Unreachable) as raised:
            await sink.send(batch(rows(1)))
        await sink.close()
        assert web.requests == []
    said = str(raised.value)
    if identity:
        assert "not to be trusted" in said
        assert ("goes into tls: {ca: FILE}" in said) is (fault == "another authority")
    chinese = render(raised.value.words, "zh_CN").replace("tls: {ca: FILE}", "")
    assert not re.search("[a-z]{3}", chinese), chinese


async def test_where_nobody_listens_the_systems_word_is_said(authority: Authority) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        sink = upload(f"https://127.0.0.1:{bound.getsockname()[1]}/", authority.ca)
        with pytest.raises(Unreachable) as raised:
            await sink.send(batch(rows(1)))
        await sink.close()
    assert raised.value.words == text("Connection refused")
    assert render(raised.value.words, "zh_CN") == "连接被拒绝"


async def test_our_own_certificate_is_shown(authority: Authority, server: Identity) -> None:
    async with Web(context(server, clients=authority.ca)) as web:
        stranger = upload(web.url, authority.ca)
        with pytest.raises(Unreachable):
            await stranger.send(batch(rows(1)))
        await stranger.close()
        known = upload(web.url, authority.ca, own=authority.issue("client"))
        assert (await known.send(batch(rows(1)))).accepted == {1}
        await known.close()


@pytest.mark.parametrize("missing", ["ca", "cert"])
async def test_certificate_files_that_are_not_there_are_a_persons_matter(
    bench: Bench, authority: Authority, tmp_path: Path, missing: str
) -> None:
    gone = tmp_path / "gone.pem"
    ca = gone if missing == "ca" else authority.ca
    sink = upload(bench.web.url, ca, own=Identity(gone, gone) if missing == "cert" else None)
    with pytest.raises(Denied, match=r"gone\.pem"):
        await sink.send(batch(rows(1)))
    await sink.close()


def demanding(tokens: Sequence[str]) -> Answering:
    def answer(web: Web, request: Request) -> Reply:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        return web.take(request) if shown in tokens else Reply(401, {"error": "expired"})

    return answer


async def test_a_rotated_token_is_taken_without_a_failure(
    bench: Bench, authority: Authority, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    tokens = ["first"]
    bench.web.answer = demanding(tokens)
    sink = upload(bench.web.url, authority.ca, token=Secret(file=str(file)))
    assert (await sink.send(batch(rows(1)))).accepted == {1}
    tokens[:] = ["second"]
    with pytest.raises(Denied, match="expired"):
        await sink.send(batch(rows(1)))
    file.write_text("second\n")
    assert (await sink.send(batch(rows(1)))).accepted == {1}
    tokens[:] = ["third"]
    file.write_text("third\n")
    assert (await sink.send(batch(rows(1)))).accepted == {1}, "while the connection stands, too"
    await sink.close()


@pytest.mark.parametrize("content", [None, b"", b"\n", b"two words", "密钥".encode(), b"\xff\xfe", b"a\x00b"])
async def test_a_token_that_cannot_be_one(
    bench: Bench, authority: Authority, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    sink = upload(bench.web.url, authority.ca, token=Secret(file=str(file)))
    with pytest.raises(Denied) as raised:
        await sink.send(batch(rows(1)))
    assert "two words" not in str(raised.value)
    assert bench.web.requests == []
    await sink.close()


async def test_a_token_of_the_environment(
    bench: Bench, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUGUAN_TEST_TOKEN", "of-the-environment")
    sink = upload(bench.web.url, authority.ca, token=Secret(env="LOUGUAN_TEST_TOKEN"))
    await sink.send(batch(rows(1)))
    assert bench.web.requests[0].headers["authorization"] == "Bearer of-the-environment"
    await sink.close()


async def test_proxies_of_the_environment_are_not_for_us(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await bench.sink.send(batch(rows(1)))).accepted == {1}


async def test_a_name_that_is_no_host(authority: Authority) -> None:
    sink = upload("https://no-such-host.invalid/", authority.ca)
    with pytest.raises(Unreachable):
        await sink.send(batch(rows(1)))
    await sink.close()
