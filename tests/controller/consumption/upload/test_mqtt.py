"""The MQTT sink against Mosquitto: JSON, acknowledgements, refusals."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

import pytest

from config.plan.sinks import Secret
from controller.consumption.upload.heads import LedgerHead
from controller.consumption.upload.mqtt import MqttUpload
from controller.consumption.upload.port import Denied, Outcome, TooLarge, Unreachable
from tests.controller.consumption.upload.brokers import (
    NOW_MS,
    SITE,
    acknowledgement,
    batch,
    ids,
    plan,
    rows,
    starts,
    upload,
)
from tests.controller.consumption.upload.rows import row
from tests.peers.mosquitto import Broker, listening, mosquitto, needed, publish

VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])


@needed
@VERSIONS
async def test_a_row_is_one_message_and_the_broker_has_it(
    tmp_path: Path, version: Literal["3.1.1", "5"]
) -> None:
    sent = rows(1, 60)
    with mosquitto(tmp_path) as broker:
        async with listening(broker, "energy/#") as other, upload(plan(broker.port, version=version)) as sink:
            assert await sink.send(batch(sent)) == Outcome(ids(sent), {})
            await other.until(lambda heard: len(heard) == 60)
            assert await sink.send(batch(sent)) == Outcome(ids(sent), {})
            await other.until(lambda heard: len(heard) == 120)
    topic, payload = other.heard[0]
    assert topic == "energy/main-1"
    said = json.loads(payload)
    assert (said["site"], said["meter"], said["start_ms"], said["revision"]) == (
        SITE, "main-1", sent[0].start_ms, 0,
    )  # fmt: skip
    assert said["consumption"] == "0.07"
    assert starts(other.heard[:60]) == [one.start_ms for one in sent], "in the order of the feed"


@needed
async def test_with_an_ack_topic_only_what_the_other_side_has_stored_is_accepted(tmp_path: Path) -> None:
    sent = rows(1, 4)
    with mosquitto(tmp_path) as broker:
        made = plan(broker.port, ack_topic="acks", timeout_s=1.0)
        async with listening(broker, "energy/#") as other, upload(made) as sink:
            with pytest.raises(Unreachable, match="nobody acknowledged on acks within 1 s"):
                await sink.send(batch(sent))
            sink._plan = replace(made, common=replace(made.common, timeout_s=20.0))
            await other.until(lambda heard: len(heard) == 4)
            stored = [acknowledgement(payload) for _, payload in other.heard]
            foreign = {**stored[3], "site": "elsewhere"}
            refused = {**stored[2], "refused": "unknown meter"}
            sending = asyncio.create_task(sink.send(batch(sent)))
            await other.until(lambda heard: len(heard) == 8)
            await publish(broker, "acks", b"no JSON")
            await publish(broker, "acks", json.dumps([*stored[:2], refused, foreign, 7]).encode())
            assert await sending == Outcome(frozenset({1, 2}), {3: "unknown meter"})
            # An echo of the row is an acknowledgement too; one that is late counts at the next sending.
            await publish(broker, "acks", other.heard[3][1])
            async with asyncio.timeout(20):
                while not sink._acks.outcome(sent[3:]).accepted:  # noqa: ASYNC110 - told by no event
                    await asyncio.sleep(0.005)
            assert await sink.send(batch(sent[3:])) == Outcome(frozenset({4}), {})
            assert len(other.heard) == 8, "known to be there: not sent again"


@needed
@VERSIONS
async def test_a_wrong_password_is_denied_and_a_new_one_is_read_at_the_next_try(
    tmp_path: Path, version: Literal["3.1.1", "5"]
) -> None:
    secret = tmp_path / "secret"
    passwords = tmp_path / "passwords"
    _password(passwords, "box", "right")
    lines = ("allow_anonymous false", f"password_file {passwords}")
    with mosquitto(tmp_path, *lines) as broker:
        made = plan(broker.port, version=version, username="box", password=Secret(file=str(secret)))
        async with upload(made) as sink:
            with pytest.raises(Denied, match="cannot read the secret"):
                await sink.send(batch(rows(1, 1)))
            secret.write_text("wrong\n")
            with pytest.raises(Denied, match="refuses us"):
                await sink.send(batch(rows(1, 1)))
            secret.write_text("right\n")
            assert (await sink.send(batch(rows(1, 1)))).accepted == {1}


@needed
async def test_who_may_not_publish_is_denied(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic read energy/#\n")
    with mosquitto(tmp_path, "allow_anonymous true", f"acl_file {rules}") as broker:
        async with upload(plan(broker.port)) as sink:
            with pytest.raises(Denied, match="does not let us publish"):
                await sink.send(batch(rows(1, 3)))


@needed
async def test_what_is_larger_than_the_broker_takes_is_too_large(tmp_path: Path) -> None:
    large = row(2, meter="m" * 300)
    with mosquitto(tmp_path, "allow_anonymous true", "max_packet_size 600") as broker:
        async with listening(broker, "energy/#") as other, upload(plan(broker.port)) as sink:
            with pytest.raises(TooLarge, match="the broker takes 600"):
                await sink.send(batch([row(1), large]))
            assert (await sink.send(batch([row(1)]))).accepted == {1}
            await other.until(lambda heard: len(heard) == 1)


async def test_nobody_there_is_unreachable() -> None:
    with Silent() as silent:
        port = silent.port
    async with upload(plan(port)) as sink:
        with pytest.raises(Unreachable, match="cannot connect"):
            await sink.send(batch(rows(1, 1)))
        await sink.idle()


@pytest.mark.parametrize("secure", [False, True], ids=["no CONNACK", "no handshake"])
async def test_one_who_never_answers_costs_the_time_out_and_no_more(secure: bool) -> None:
    loop = asyncio.get_running_loop()
    with Silent() as silent:
        async with upload(plan(silent.port, timeout_s=0.3, secure=secure)) as sink:
            began_s = loop.time()
            with pytest.raises(Unreachable):
                await sink.send(batch(rows(1, 1)))
            assert loop.time() - began_s < 10.0


async def test_one_who_speaks_something_else_is_unreachable() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x20\x05\x00\x00\xff\xff\xff" + b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, upload(plan(port, timeout_s=2.0)) as sink:
        with pytest.raises(Unreachable):
            await sink.send(batch(rows(1, 1)))


@needed
async def test_a_send_that_is_cancelled_leaves_a_sink_that_works(tmp_path: Path) -> None:
    sent = rows(1, 200)
    with mosquitto(tmp_path) as broker:
        async with upload(plan(broker.port)) as sink:
            for pause_s in (0.0, 0.005, 0.02):
                task = asyncio.create_task(sink.send(batch(sent)))
                await asyncio.sleep(pause_s)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            assert (await sink.send(batch(sent))).accepted == ids(sent)
            await sink.close()
            assert (await sink.send(batch(sent))).accepted == ids(sent)


@needed
async def test_a_lost_connection_is_made_anew(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with upload(plan(broker.port)) as sink:
            await sink.send(batch(rows(1, 2)))
            _restart(broker)
            await asyncio.sleep(0.1)
            assert (await sink.send(batch(rows(3, 4)))).accepted == {3, 4}


def _password(file: Path, user: str, password: str) -> None:
    subprocess.run(["mosquitto_passwd", "-c", "-b", file, user, password], check=True)


def _restart(broker: Broker) -> None:
    broker.kill()
    broker.start()


class Silent:
    """A port that takes connections and says nothing."""

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@needed
@VERSIONS
async def test_the_broker_keeps_the_ledgers_head_for_whoever_comes_later(
    tmp_path: Path, version: Literal["3.1.1", "5"]
) -> None:
    heads = [LedgerHead(7, "a" * 64, NOW_MS), LedgerHead(9, "b" * 64, NOW_MS)]
    with mosquitto(tmp_path) as broker:
        sink = MqttUpload(
            plan(broker.port, version=version), site=SITE, now_ms=lambda: NOW_MS, head=lambda: heads[0]
        )
        async with listening(broker, "energy/#") as other:
            assert (await sink.send(batch(rows(1, 2)))).accepted == {1, 2}
            assert (await sink.send(batch(rows(3, 3)))).accepted == {3}
            heads.pop(0)
            assert (await sink.send(batch(rows(4, 4)))).accepted == {4}
            await other.until(lambda heard: len(heard) == 6)
            assert [topic for topic, _ in other.heard].count("energy/ledger/head") == 2, (
                "the same is told once"
            )
        async with listening(broker, "energy/ledger/head") as later:
            await later.until(lambda heard: len(heard) == 1)
        await sink.close()
    assert json.loads(later.heard[0][1]) == {"site": SITE, "seq": 9, "hash": "b" * 64, "time_ms": NOW_MS}


@needed
@VERSIONS
async def test_a_broker_that_takes_no_head_costs_no_row(
    tmp_path: Path, version: Literal["3.1.1", "5"]
) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic write energy/main-1\ntopic read #\n")
    with mosquitto(tmp_path, "allow_anonymous true", f"acl_file {rules}") as broker:
        head = LedgerHead(7, "a" * 64, NOW_MS)
        made = plan(broker.port, version=version)
        sink = MqttUpload(made, site=SITE, now_ms=lambda: NOW_MS, head=lambda: head)
        for number in range(1, 4):
            assert (await sink.send(batch(rows(number, number)))).accepted == {number}
        await sink.close()
