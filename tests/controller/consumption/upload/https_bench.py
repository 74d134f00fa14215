"""A TLS server and an HTTPS sink for it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from config.plan.devices import Source
from config.plan.sinks import Common, HttpsSink, Secret, Tls
from controller.consumption.upload.https import HttpsUpload
from controller.consumption.upload.port import SinkError
from tests.certificates import Identity
from tests.controller.consumption.upload.contract import batch, rows
from tests.controller.consumption.upload.web import Reply, Request, Web

Answering = Callable[[Web, Request], Reply]


def context(identity: Identity, clients: Path | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(identity.cert, identity.key)
    if clients is not None:
        made.load_verify_locations(clients)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def upload(
    url: str, ca: Path, *, timeout_s: float = 2.0, token: Secret | None = None, own: Identity | None = None
) -> HttpsUpload:
    common = Common("cloud", "", Source("site.yaml", 1, 1), timeout_s=timeout_s, batch_rows=20)
    tls = Tls(str(ca), str(own.cert) if own else "", str(own.key) if own else "")
    return HttpsUpload(HttpsSink(common, url, token, tls), "shuangliu")


class Bench:
    """A TLS server and a sink for it."""

    def __init__(self, web: Web, sink: HttpsUpload) -> None:
        self.web = web
        self.sink = sink

    async def fails(self, kind: type[SinkError], count: int = 3) -> SinkError:
        with pytest.raises(SinkError) as raised:
            await self.sink.send(batch(rows(count)))
        assert type(raised.value) is kind
        return raised.value
