"""The MQTT sinks through Mosquitto's own troubles: TLS, full queues, kill -9; and Sparkplug B as a host sees
it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

import pytest

from config.plan.sinks import MqttSink, Tls
from controller.consumption.upload.mqtt import MqttUpload
from controller.consumption.upload.port import Denied, Stream, Unreachable
from controller.consumption.upload.runner import Patience, SinkRunner
from tests.certificates import Authority
from tests.controller.consumption.upload.brokers import (
    acknowledgement,
    batch,
    ids,
    plan,
    rows,
    starts,
    upload,
)
from tests.controller.consumption.upload.rows import MemoryDelivery, key, row
from tests.controller.consumption.upload.sparkplug_table import metrics, parsed, rebirth_command
from tests.peers.mosquitto import Broker, Listener, listening, mosquitto, needed, publish

pytestmark = [pytest.mark.peers, needed]

VERSIONS = pytest.mark.parametrize("version", ["3.1.1", "5"])
QUICK = Patience(pauses_s=(0.1,), denied_s=0.2, idle_s=0.2)
DURABLE = ("allow_anonymous true", "persistence true", "autosave_on_changes true", "autosave_interval 1")


@VERSIONS
async def test_tls_with_certificates_of_both_sides(tmp_path: Path, version: Literal["3.1.1", "5"]) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    server, box = ours.issue("server"), ours.issue("box")
    lines = [
        f"listener:cafile {ours.ca}",
        f"listener:certfile {server.cert}",
        f"listener:keyfile {server.key}",
    ]
    lines += ["allow_anonymous true", "listener:require_certificate true"]
    with mosquitto(tmp_path, *lines) as broker:
        made = plan(
            broker.port, version=version, secure=True, tls=Tls(str(ours.ca), str(box.cert), str(box.key))
        )
        async with upload(made) as sink:
            sent = rows(1, 300)
            assert (await sink.send(batch(sent))).accepted == ids(sent)
        async with upload(plan(broker.port, version=version, secure=True, tls=Tls(str(other.ca)))) as sink:
            with pytest.raises(Denied, match="not to be trusted"):
                await sink.send(batch(rows(1, 1)))
        async with upload(plan(broker.port, version=version, secure=True, tls=Tls(str(ours.ca)))) as sink:
            with pytest.raises(Unreachable):
                await sink.send(batch(rows(1, 1)))
        async with upload(plan(broker.port, version=version, secure=True, tls=Tls("/nowhere.pem"))) as sink:
            with pytest.raises(Denied, match="cannot read the certificates"):
                await sink.send(batch(rows(1, 1)))


async def test_a_certificate_for_somebody_else_is_not_believed(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    server = ours.issue("server", hosts=("192.0.2.1",))
    lines = (f"listener:certfile {server.cert}", f"listener:keyfile {server.key}", "allow_anonymous true")
    with mosquitto(tmp_path, *lines) as broker:
        async with upload(plan(broker.port, secure=True, tls=Tls(str(ours.ca)))) as sink:
            with pytest.raises(Denied, match="not to be trusted"):
                await sink.send(batch(rows(1, 1)))


async def test_a_queue_that_drops_loses_rows_without_a_word_and_an_ack_topic_heals_it(tmp_path: Path) -> None:
    sent = rows(1, 150)
    with mosquitto(tmp_path, "allow_anonymous true", "max_queued_messages 100") as broker:
        absent = ("-c", "-i", "archive")
        async with listening(broker, "energy/#", *absent):
            pass
        async with upload(plan(broker.port)) as sink:
            assert (await sink.send(batch(sent))).accepted == ids(sent), "the broker says it has them all"
        async with listening(broker, "energy/#", *absent) as other:
            await other.until(lambda heard: len(heard) >= 100)
            await asyncio.sleep(0.3)
            assert len(set(starts(other.heard))) == 100, "and has lost 50"

    with mosquitto(tmp_path, "allow_anonymous true", "max_queued_messages 100") as broker:
        async with listening(broker, "energy/#", *absent):
            pass
        delivery = MemoryDelivery(sent)
        made = plan(broker.port, ack_topic="acks", timeout_s=1.0)
        async with running(made, delivery):
            await asyncio.sleep(0.5)
            assert not delivery.settled
            async with listening(broker, "energy/#", *absent) as other, archiving(broker, other):
                await _settled(delivery, 150)
        assert set(starts(other.heard)) == {one.start_ms for one in sent}


@VERSIONS
async def test_a_broker_that_is_killed_under_way_costs_no_row(
    tmp_path: Path, version: Literal["3.1.1", "5"]
) -> None:
    sent = rows(1, 400)
    with mosquitto(tmp_path, *DURABLE, f"persistence_location {tmp_path}/") as broker:
        delivery = MemoryDelivery(sent)
        made = plan(broker.port, version=version, ack_topic="acks", timeout_s=2.0, batch_rows=20)
        async with (
            listening(broker, "energy/#", "-c", "-i", "archive") as other,
            archiving(broker, other),
            running(made, delivery),
        ):
            for settled in (60, 200):
                await _settled(delivery, settled)
                broker.kill(signal.SIGKILL)
                await asyncio.sleep(0.3)
                broker.start()
            await _settled(delivery, 400)
        assert set(starts(other.heard)) == {one.start_ms for one in sent}, "acknowledged means stored"


@VERSIONS
async def test_sparkplug_as_a_host_sees_it(tmp_path: Path, version: Literal["3.1.1", "5"]) -> None:
    with mosquitto(tmp_path) as broker:
        made = plan(broker.port, version=version, format="sparkplug", topic="city")
        async with listening(broker, "spBv1.0/#") as host:
            async with upload(made, ("main-1", "main-2")) as sink:
                await sink.idle()
                await host.until(lambda heard: len(heard) == 3)
                assert _kinds(host) == ["NBIRTH", "DBIRTH", "DBIRTH"]
                assert (await sink.send(batch(rows(1, 300), Stream.BACKFILL))).accepted == ids(rows(1, 300))
                assert (await sink.send(batch([row(301)]))).accepted == {301}
                await host.until(lambda heard: len(heard) == 304)
                assert _seqs(host) == [number % 256 for number in range(304)]
                historical = [metrics(payload)["row"].historical for _, payload in host.heard[3:]]
                assert historical == [True] * 300 + [False]

                await publish(broker, "spBv1.0/city/NCMD/shuangliu", rebirth_command())
                await host.until(lambda heard: len(heard) >= 308)
                assert _kinds(host)[304:] == ["NBIRTH", "DBIRTH", "DBIRTH"]
                assert _seqs(host)[304:] == [0, 1, 2]
                newest = metrics(host.heard[306][1])["row"].value
                assert json.loads(newest)["start_ms"] == row(301).start_ms
                await sink.send(batch([row(302)]))
                await host.until(lambda heard: len(heard) == 309)
                assert _seqs(host)[-1] == 3
            await host.until(lambda heard: _kinds(host)[-1] == "NDEATH")
            birth, death = host.heard[0][1], host.heard[-1][1]
            assert metrics(death)["bdSeq"].value == metrics(birth)["bdSeq"].value == 0
            assert not parsed(death).HasField("seq")
            assert _kinds(host).count("NDEATH") == 1


CHILD = """
import asyncio, sys
from tests.controller.consumption.upload.brokers import plan, upload

async def main():
    async with upload(plan(int(sys.argv[1]), format="sparkplug", topic="city")) as sink:
        await sink.idle()
        print("up", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_the_will_is_seen_when_the_box_dies(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with listening(broker, "spBv1.0/#") as host:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", CHILD, str(broker.port), stdout=asyncio.subprocess.PIPE
            )
            assert child.stdout is not None
            assert await child.stdout.readline() == b"up\n"
            await host.until(lambda heard: _kinds(host) == ["NBIRTH"])
            child.kill()
            await child.wait()
            await host.until(lambda heard: _kinds(host) == ["NBIRTH", "NDEATH"])


async def test_sparkplug_with_an_ack_topic_and_a_new_connection(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        made = plan(broker.port, format="sparkplug", topic="city", ack_topic="acks", timeout_s=1.0)
        async with listening(broker, "spBv1.0/#") as host, upload(made) as sink:
            with pytest.raises(Unreachable, match="nobody acknowledged"):
                await sink.send(batch([row(1)]))
            await host.until(lambda heard: _kinds(host)[-1:] == ["DDATA"])
            await publish(broker, "acks", metrics(host.heard[-1][1])["row"].value.encode())
            async with asyncio.timeout(20):
                while not sink._acks.outcome([row(1)]).accepted:  # noqa: ASYNC110 - told by no event
                    await asyncio.sleep(0.005)
            assert (await sink.send(batch([row(1)]))).accepted == {1}
            sink._drop()
            await host.until(lambda heard: _kinds(host)[-1] == "NDEATH")
            await sink.idle()
            await host.until(lambda heard: _kinds(host)[-2:] == ["NBIRTH", "DBIRTH"])
            assert metrics(host.heard[-2][1])["bdSeq"].value == 1


# Helpers


@asynccontextmanager
async def running(made: MqttSink, delivery: MemoryDelivery) -> AsyncIterator[MqttUpload]:
    """A sink with its runner."""
    async with upload(made) as sink:
        task = asyncio.create_task(SinkRunner(sink, delivery, key=key, patience=QUICK).run())
        try:
            yield sink
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def archiving(broker: Broker, other: Listener) -> AsyncIterator[None]:
    """The other side: acknowledges what it has heard."""

    async def acknowledge() -> None:
        done = 0
        while True:
            fresh = other.heard[done : done + 100]
            if fresh:
                said = json.dumps([acknowledgement(payload) for _, payload in fresh])
                with suppress(AssertionError, OSError):  # the broker is down: once more
                    await publish(broker, "acks", said.encode())
                    done += len(fresh)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(acknowledge())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _settled(delivery: MemoryDelivery, count: int) -> None:
    async with asyncio.timeout(40.0):
        while len(delivery.settled) < count:  # noqa: ASYNC110 - a delivery tells nobody
            await asyncio.sleep(0.02)


def _kinds(host: Listener) -> list[str]:
    return [topic.split("/")[2] for topic, _ in host.heard if "/NCMD/" not in topic]


def _seqs(host: Listener) -> list[int]:
    return [parsed(payload).seq for _, payload in host.heard if parsed(payload).HasField("seq")]
