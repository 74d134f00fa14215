"""One connection to an MQTT broker, over paho-mqtt: from CONNECT until it is lost or closed. Imported only
where there is such a sink.

paho's own loops are not used: connecting (which blocks: name, TCP, TLS) runs in a thread of its own, all the
rest on the event loop. paho never connects again by itself, keeps nothing over a connection, and is handed
no more unacknowledged messages than the broker wants.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.language import text
from config.language.details import detail
from config.plan.sinks import MqttSink
from controller.background import in_thread
from controller.consumption.upload.edgenode import Message
from controller.consumption.upload.mqttreasons import lost, refusal, unreachable
from controller.consumption.upload.port import Denied, SinkError, Unreachable
from controller.consumption.upload.security import read_secret, tls_context

KEEPALIVE_S = 30
_TICK_S = 5.0
_IN_FLIGHT = 20
"""Messages without their PUBACK at most; fewer where the broker says so."""
_WITH_WILL = 0x04


class _Socket(ssl.SSLSocket):
    """paho leaves the socket of a handshake that failed to the garbage collector; this one is closed."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class Link:
    """Made for one connection. All methods on the event loop."""

    def __init__(
        self,
        plan: MqttSink,
        heard: Callable[[str, bytes, bool], None],
        will: Message | None = None,
    ) -> None:
        """`heard(topic, payload, retained)` is called for every message of what is subscribed to."""
        self._plan = plan
        self._heard = heard
        self._new = plan.version == "5"
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=plan.client_id,
            clean_session=None if self._new else True,
            protocol=MQTTProtocolVersion.MQTTv5 if self._new else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = plan.common.timeout_s
        client.max_inflight_messages_set(0)  # counted here
        if will is not None:
            client.will_set(will.topic, will.payload, qos=will.qos, retain=False)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_register_write = self._on_want_write
        client.on_socket_unregister_write = self._on_write_done
        client.on_socket_close = self._on_socket_close
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._up: asyncio.Future[None] = self._loop.create_future()
        self._down: SinkError | None = None
        self._closed = asyncio.Event()
        self._waiting: deque[tuple[Message, asyncio.Future[int]]] = deque()
        self._in_flight: dict[int, asyncio.Future[int]] = {}
        self._subscribing: dict[int, tuple[str, asyncio.Future[int]]] = {}
        self._window = _IN_FLIGHT
        self._timer: asyncio.TimerHandle | None = None
        self.most_bytes: int | None = None
        """Of a whole packet, where the broker said so."""

    @property
    def up(self) -> bool:
        return self._down is None and self._up.done()

    async def open(self) -> None:
        """Connect, and wait for the broker's welcome. Raises SinkError."""
        work = in_thread(self._connect, f"mqtt-{self._plan.common.name}")
        try:
            await work
            self._attach()
            await self._up
        except OSError as error:
            raise unreachable(self._plan, error) from None
        except ValueError as error:  # paho's word for what the plan cannot mean
            raise Unreachable(str(error)) from None
        finally:
            if not self.up:
                self.drop()

    def publish(self, message: Message) -> asyncio.Future[int]:
        """The broker's reason code once it has taken the message; at QoS 0 at once. Raises SinkError if the
        connection is lost, then or later."""
        if self._down is not None:
            raise self._down
        if message.qos == 0:
            self._client.publish(message.topic, message.payload, qos=0)
            done = self._loop.create_future()
            done.set_result(0)
            return done
        future: asyncio.Future[int] = self._loop.create_future()
        self._waiting.append((message, future))
        self._send_waiting()
        return future

    async def subscribe(self, topic: str) -> None:
        """Returns once the broker has confirmed it, and so has read all that was published before."""
        if self._down is not None:
            raise self._down
        _, mid = self._client.subscribe(topic, qos=1)
        if mid is None:
            raise lost(self._plan)
        future: asyncio.Future[int] = self._loop.create_future()
        self._subscribing[mid] = topic, future
        if await future >= 0x80:
            raise Denied(text("the broker does not let us subscribe to {topic}", topic=topic))

    async def close(self, last: Message | None = None) -> None:
        """Say goodbye, and let go. `last` takes the place of the will, which a goodbye takes back."""
        if self._down is None and self._socket is not None:
            reason = None
            if last is not None and self._new:
                reason = ReasonCode(PacketTypes.DISCONNECT, identifier=_WITH_WILL)
            elif last is not None:
                self._client.publish(last.topic, last.payload, qos=last.qos)
            self._client.disconnect(reason)
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._closed.wait()
        self.drop()

    def drop(self) -> None:
        """Let go at once, without a word."""
        self._fail(lost(self._plan))
        found = self._client.socket()
        self._on_socket_close(self._client, None, found)
        if found is not None:
            found.close()

    # In the thread that connects

    def _connect(self) -> None:
        plan, client = self._plan, self._client
        if plan.username or plan.password is not None:
            client.username_pw_set(
                plan.username, None if plan.password is None else read_secret(plan.password)
            )
        if plan.secure:
            context = tls_context(plan.tls)
            context.sslsocket_class = _Socket
            client.tls_set_context(context)
        if self._new:
            client.connect(plan.host, plan.port, KEEPALIVE_S, clean_start=True)
        else:
            client.connect(plan.host, plan.port, KEEPALIVE_S)
        if self._down is not None and (found := client.socket()) is not None:
            found.close()  # given up meanwhile

    # The socket

    def _attach(self) -> None:
        found = self._client.socket()
        if found is None:
            raise lost(self._plan)
        assert isinstance(found, socket.socket)
        self._socket = found
        self._loop.add_reader(found.fileno(), self._readable)
        if self._client.want_write():
            self._loop.add_writer(found.fileno(), self._writable)
        self._tick()

    def _readable(self) -> None:
        # What TLS has decrypted already makes no descriptor readable.
        while self._guarded(self._client.loop_read):
            if not (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()):
                return

    def _writable(self) -> None:
        self._guarded(self._client.loop_write)

    def _tick(self) -> None:
        if self._guarded(self._client.loop_misc) and self._socket is not None:
            self._timer = self._loop.call_later(_TICK_S, self._tick)

    def _guarded(self, step: Callable[[], MQTTErrorCode]) -> bool:
        """Whether the connection still stands after a step of paho's."""
        try:
            return step() == MQTTErrorCode.MQTT_ERR_SUCCESS
        except Exception as error:  # noqa: BLE001 - whatever a broker's bytes make paho raise
            self._fail(Unreachable(text("the broker talks no MQTT: {error}", error=detail(str(error)))))
            self.drop()
            return False

    def _on_want_write(self, *_: object) -> None:
        # While connecting it comes from the other thread, before the socket is ours: see _attach.
        if self._socket is not None:
            self._loop.add_writer(self._socket.fileno(), self._writable)

    def _on_write_done(self, *_: object) -> None:
        if self._socket is not None:
            self._loop.remove_writer(self._socket.fileno())

    def _on_socket_close(self, *_: object) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
            self._socket = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # What the broker says

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        said: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._fail(refusal(reason.value, str(reason)))
        elif not self._up.done():
            self._window = min(_IN_FLIGHT, getattr(said, "ReceiveMaximum", _IN_FLIGHT))
            self.most_bytes = getattr(said, "MaximumPacketSize", None)
            self._up.set_result(None)

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _said: Properties | None,
    ) -> None:
        by_broker = flags.is_disconnect_packet_from_server
        self._fail(refusal(reason.value, str(reason)) if by_broker else lost(self._plan))
        self._closed.set()

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _said: Properties | None
    ) -> None:
        future = self._in_flight.pop(mid, None)
        if future is not None:
            if not future.done():
                future.set_result(reason.value)
            # Not from within paho's own handling of this packet.
            self._loop.call_soon(self._send_waiting)

    def _on_subscribe(
        self, _client: Client, _data: object, mid: int, reasons: list[ReasonCode], _said: Properties | None
    ) -> None:
        _, future = self._subscribing.pop(mid, ("", None))
        if future is not None and not future.done():
            future.set_result(max((reason.value for reason in reasons), default=0x80))

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._loop.call_soon(self._heard, message.topic, bytes(message.payload), message.retain)

    def _send_waiting(self) -> None:
        while self._waiting and len(self._in_flight) < self._window and self._down is None:
            message, future = self._waiting.popleft()
            if not future.done():
                info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
                self._in_flight[info.mid] = future

    def _fail(self, error: SinkError) -> None:
        """The connection is no more; all who wait for it hear why."""
        if self._down is not None:
            return
        self._down = error
        if not self._up.done():
            self._up.set_exception(error)
            self._up.exception()  # nobody may be waiting
        futures = [future for _, future in self._waiting]
        futures += [*self._in_flight.values(), *(future for _, future in self._subscribing.values())]
        for future in futures:
            if not future.done():
                future.set_exception(error)
                future.exception()
