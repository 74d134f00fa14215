"""The two kinds of other side, and how each is told. httpx and paho are imported with the first telling."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json

from config.language import text
from config.plan.notify import Channel
from config.plan.sinks import HttpsSink, MqttSink, Secret
from controller.consumption.upload.answers import understood_plainly
from controller.consumption.upload.edgenode import Message
from controller.consumption.upload.httpslink import HttpsLink
from controller.consumption.upload.mqttreasons import refused
from controller.consumption.upload.port import BatchRefused, SinkError, Unreachable
from controller.consumption.upload.security import read_secret
from controller.notify.runner import Told
from controller.store.outbox import Waiting

SIGNATURE = "Louguan-Signature"
"""Header: "sha256=" and the HMAC of the body, in hex."""
_ANSWER_BYTES = 64 * 1024


def told_by(channel: Channel, site: str) -> Told:
    """The other side of a channel."""
    if isinstance(channel.via, MqttSink):
        return Broker(channel.via, site)
    return Webhook(channel.via, site, channel.signing)


def body_of(item: Waiting, site: str) -> bytes:
    """What is sent; the same bytes however often."""
    if item.body:
        return item.body.encode()
    said = {"site": site, "key": key_of(item), "transition": "more", "count": item.stands_for}
    return json.dumps(said).encode()


def key_of(item: Waiting) -> str:
    """By which a repeat is known."""
    return item.key if item.body else f"{item.key}/more/{item.stands_for}"


class Webhook:
    """Each telling is one POST of a JSON object."""

    def __init__(self, plan: HttpsSink, site: str, signing: Secret | None) -> None:
        self._site = site
        self._signing = signing
        self._link = HttpsLink(plan)

    async def tell(self, item: Waiting) -> None:
        body = body_of(item, self._site)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key_of(item)}
        if self._signing is not None:
            key = await asyncio.to_thread(read_secret, self._signing)
            headers[SIGNATURE] = f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"
        answer = await self._link.post(body, headers, _ANSWER_BYTES)
        if not (200 <= answer.status < 300):
            await self._link.drop()
        understood_plainly(answer)

    async def close(self) -> None:
        await self._link.drop()


class Broker:
    """Each telling is an event; and what an alarm is like now stands retained in a topic of its own, as long
    as it is not normal."""

    def __init__(self, plan: MqttSink, site: str) -> None:
        from controller.consumption.upload.mqttlink import Link

        self._plan = plan
        self._site = site
        self._make = Link
        self._link: Link | None = None

    async def tell(self, item: Waiting) -> None:
        try:
            async with asyncio.timeout(self._plan.common.timeout_s):
                await self._publish(item)
        except TimeoutError:
            await self.close()
            s = f"{self._plan.common.timeout_s:g}"
            raise Unreachable(text("no answer within {s} s", s=s)) from None
        except SinkError:
            await self.close()
            raise

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _publish(self, item: Waiting) -> None:
        link = self._link
        if link is None or not link.up:
            link = self._link = self._make(self._plan, lambda _topic, _payload, _retained: None)
            await link.open()
        body = body_of(item, self._site)
        base = f"{self._plan.topic}/{self._site}/alarms"
        messages = [Message(f"{base}/events", body, qos=1)]
        if item.body:
            said = json.loads(item.body)
            state = b"" if said["state"] == "normal" else body
            topic = f"{base}/state/{said['kind']}/{said['subject'] or 'site'}"
            messages.insert(0, Message(topic, state, qos=1, retain=True))
        for message in messages:
            code = await link.publish(message)
            if code >= 0x80:
                raise refused(code) or BatchRefused(f"reason code {code}")
