"""The MQTT sink: rows as JSON, one message a row, or as a Sparkplug B edge node.

A row counts as accepted when the broker has taken it (JSON: the PUBACK; Sparkplug: it has read on, since its
data must go out at QoS 0), or, where `ack_topic` is set, when the other side has published its key there: a
broker's word says nothing of its disk, nor of the queues from which it drops.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from config.language import text
from config.plan.sinks import MqttSink
from controller.consumption.upload import heads
from controller.consumption.upload.acks import Acks
from controller.consumption.upload.edgenode import EdgeNode, Message
from controller.consumption.upload.heads import HeadNow, head_json
from controller.consumption.upload.mqttreasons import refused
from controller.consumption.upload.port import Batch, Outcome, Row, SinkError, TooLarge, Unreachable
from controller.consumption.upload.rowjson import row_json

if TYPE_CHECKING:
    from controller.consumption.upload.mqttlink import Link

_MOST_BYTES = 1_000_000
"""Of one message, where the broker names no limit."""
_OVERHEAD = 16
"""Bytes of a packet beside topic and payload, at most."""
_REBIRTH_PAUSE_S = 1.0
"""Between two rebirths that are asked for: a command of few bytes makes us send many."""
_HEAD_S = 2.0
"""Longest wait for the broker to take the ledger's head."""
_DAY_MS = 86_400_000
_REFUSAL = 0x80
"""Reason codes from here on say no."""
_REFUSED = {0x90: "invalid topic name", 0x99: "invalid payload"}
"""Reason codes that concern the one message."""


class MqttUpload:
    """One broker. Connects when something is to be sent; a Sparkplug node also while nothing is."""

    def __init__(
        self,
        plan: MqttSink,
        *,
        site: str,
        meters: Sequence[str] = (),
        now_ms: Callable[[], int],
        first_bd_seq: int = 0,
        head: HeadNow = heads.nothing,
    ) -> None:
        """`meters`: the devices a Sparkplug node is born with; `first_bd_seq`: of its first connection, best
        another one after each start of the daemon. `head`: of the ledger; a Sparkplug node has no place for
        it."""
        self._plan = plan
        self._site = site
        self._acks = Acks(site)
        self._ack_heard = asyncio.Event()
        self._listening = False
        """The broker has all of the batch; what is waited for is the other side's word."""
        self._node: EdgeNode | None = None
        if plan.format == "sparkplug":
            self._node = EdgeNode(plan.topic, site, meters, now_ms, first_bd_seq)
        self._head = head
        self._told_seq = -1
        """Of the head that the broker keeps."""
        self._untold_day = -1
        """On which it would not take one."""
        self._link: Link | None = None
        self._rebirth: asyncio.TimerHandle | None = None
        self._born_s = 0.0

    @property
    def most_rows(self) -> int:
        return self._plan.common.batch_rows

    async def send(self, batch: Batch) -> Outcome:
        heard = self._acks.outcome(batch.rows)
        rows = [row for row in batch.rows if row.id not in heard.accepted and row.id not in heard.refused]
        if not rows:
            return heard
        taken: dict[int, int] = {}
        failure: SinkError | None = None
        try:
            async with asyncio.timeout(self._plan.common.timeout_s):
                await self._deliver(Batch(batch.key, batch.stream, rows), taken)
        except TimeoutError:
            failure = self._too_late()
            if not self._listening:
                self._drop()  # or else an answer may yet come
        except TooLarge:
            raise
        except SinkError as error:
            failure = error
            self._drop()
        outcome = self._outcome(batch.rows, taken)
        if failure is None:
            await self._tell_head()
        if failure is not None and not outcome.accepted and not outcome.refused:
            raise failure
        return outcome

    async def idle(self) -> None:
        """A node is alive, and obeys, while nothing is sent; without one a lost connection stays lost."""
        if self._node is None:
            return
        try:
            async with asyncio.timeout(self._plan.common.timeout_s):
                await self._ready()
        except TimeoutError:
            self._drop()
            raise self._too_late() from None
        except SinkError:
            self._drop()
            raise

    async def close(self) -> None:
        link, self._link = self._link, None
        self._cancel_rebirth()
        if link is not None:
            await link.close(None if self._node is None else self._node.death())

    # One batch

    async def _deliver(self, batch: Batch, taken: dict[int, int]) -> None:
        """Returns when all is known. Reason codes are put into `taken`, by the rows' ids, as they come."""
        self._listening = False
        link = await self._ready()
        # From here on an acknowledgement may come, even of what was sent by an earlier run.
        rows = self._acks.expect(batch.rows) if self._plan.ack_topic else batch.rows
        if self._node is None:
            await self._deliver_json(link, batch._replace(rows=rows), taken)
        else:
            await self._deliver_node(link, self._node, batch._replace(rows=rows), taken)
        if self._plan.ack_topic:
            self._listening = True
            while not _settled(self._outcome(batch.rows, taken), batch.rows):
                self._ack_heard.clear()
                await self._ack_heard.wait()

    async def _deliver_json(self, link: Link, batch: Batch, taken: dict[int, int]) -> None:
        messages = {row.id: self._message(row, batch) for row in batch.rows}
        for message in messages.values():
            self._check_size(link, message.topic, len(message.payload))
        futures = {number: link.publish(message) for number, message in messages.items()}
        try:
            for number, future in futures.items():
                taken[number] = await future
                error = refused(taken[number])
                if error is not None:
                    raise error
        finally:
            for number, future in futures.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    taken[number] = future.result()
                future.cancel()

    async def _deliver_node(self, link: Link, node: EdgeNode, batch: Batch, taken: dict[int, int]) -> None:
        for row in batch.rows:
            self._check_size(link, *node.size(row, batch.stream))
        for row in batch.rows:
            for message in node.data(row, batch.stream):
                link.publish(message)
        # An answer to this comes after the broker has read all that was sent before.
        await link.subscribe(node.command_topic)
        taken.update((row.id, 0) for row in batch.rows)

    async def _tell_head(self) -> None:
        """Let the broker keep the ledger's head, if there is another than it has. A broker that does not let
        us, some by hanging up, costs no row; it is asked again the next day."""
        head = self._head() if self._node is None else None
        if head is None or head.seq == self._told_seq or head.time_ms // _DAY_MS == self._untold_day:
            return
        said = json.dumps(head_json(self._site, head), ensure_ascii=False, separators=(",", ":"))
        message = Message(f"{self._plan.topic}/ledger/head", said.encode(), qos=1, retain=True)
        taken = _REFUSAL
        with suppress(SinkError, TimeoutError):
            async with asyncio.timeout(_HEAD_S):
                taken = await (await self._ready()).publish(message)
        if taken < _REFUSAL:
            self._told_seq = head.seq
        else:
            self._untold_day = head.time_ms // _DAY_MS

    def _message(self, row: Row, batch: Batch) -> Message:
        said = json.dumps(row_json(self._site, row, batch.stream), ensure_ascii=False, separators=(",", ":"))
        return Message(f"{self._plan.topic}/{row.meter}", said.encode(), qos=1)

    def _check_size(self, link: Link, topic: str, payload: int) -> None:
        most = min(link.most_bytes or _MOST_BYTES, _MOST_BYTES)
        size = len(topic.encode()) + payload + _OVERHEAD
        if size > most:
            raise TooLarge(text("a message of {size} bytes; the broker takes {most}", size=size, most=most))

    def _outcome(self, rows: Sequence[Row], taken: dict[int, int]) -> Outcome:
        aside = {
            number: f"the broker refuses the message: {_REFUSED[code]}"
            for number, code in taken.items()
            if code in _REFUSED
        }
        if self._plan.ack_topic:
            heard = self._acks.outcome(rows)
            return Outcome(heard.accepted, {**aside, **heard.refused})
        return Outcome(frozenset(number for number, code in taken.items() if code < 0x80), aside)

    def _too_late(self) -> Unreachable:
        seconds = f"{self._plan.common.timeout_s:g}"
        if self._listening:
            topic = self._plan.ack_topic
            return Unreachable(
                text("nobody acknowledged on {topic} within {seconds} s", topic=topic, seconds=seconds)
            )
        host = f"{self._plan.host}:{self._plan.port}"
        return Unreachable(text("{host} did not answer within {seconds} s", host=host, seconds=seconds))

    # The connection

    async def _ready(self) -> Link:
        """The connection, made anew if it is lost; a node is born with it."""
        from controller.consumption.upload.mqttlink import Link

        if self._link is not None:
            if self._link.up:
                return self._link
            self._drop()
        link = self._link = Link(self._plan, self._heard, self._node.connecting() if self._node else None)
        await link.open()
        if self._plan.ack_topic:
            await link.subscribe(self._plan.ack_topic)
        if self._node is not None:
            await link.subscribe(self._node.command_topic)
            self._bear()
        return link

    def _drop(self) -> None:
        link, self._link = self._link, None
        self._cancel_rebirth()
        if link is not None:
            link.drop()

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        if topic == self._plan.ack_topic:
            self._acks.heard(payload)
            self._ack_heard.set()
        elif self._node is None or topic != self._node.command_topic or retained:
            return
        elif self._rebirth is None and self._node.wants_rebirth(payload):
            loop = asyncio.get_running_loop()
            self._rebirth = loop.call_at(max(loop.time(), self._born_s + _REBIRTH_PAUSE_S), self._bear)

    def _bear(self) -> None:
        """Publish all births, if the connection still stands."""
        self._cancel_rebirth()
        self._born_s = asyncio.get_running_loop().time()
        if self._node is not None and self._link is not None and self._link.up:
            for message in self._node.births():
                self._link.publish(message)

    def _cancel_rebirth(self) -> None:
        if self._rebirth is not None:
            self._rebirth.cancel()
            self._rebirth = None


def _settled(outcome: Outcome, rows: Sequence[Row]) -> bool:
    return all(row.id in outcome.accepted or row.id in outcome.refused for row in rows)
