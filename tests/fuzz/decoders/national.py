"""The national protocol, both sides: frames, documents, the collector's session, the centre's listener."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from config.dialects import FOLDER, DialectError, dialect_names, load_dialect, parse_dialect
from controller.consumption.upload.national.documents import (
    BEAT,
    CONFIG,
    DATA,
    LOGIN,
    Function,
    Identity,
    MeterValues,
    Report,
    build,
    digest,
    parse,
    read_report,
    report_parts,
    texts,
    write_time,
)
from controller.consumption.upload.national.errors import DocumentError, NationalError
from controller.consumption.upload.national.frames import Decoder as Frames
from controller.consumption.upload.national.frames import encode
from controller.consumption.upload.national.session import Session, Told
from controller.receiver.national import Building, Keys, NationalListener, Value, _Caller
from tests.fuzz.decoder import CANARY, Decoder, Wrong, unsaid
from tests.fuzz.loop import OwnTimeLoop
from tests.fuzz.trees import changed

DIALECT = load_dialect("a")
ZONE = ZoneInfo("Asia/Shanghai")
WHO = Identity("510116A001", "01")
CIPHER_KEY = b"0123456789abcdef"
_TIME_MS = 1_772_641_800_000
_METERS = (
    MeterValues("0001", (Function("1", "01A10", "0", "123.45"), Function("2", "01A10", "0", "-1"))),
    MeterValues("0002", (Function("1", "01B00", "1", ""),)),
)
_REPORT = Report("1", "no", _TIME_MS, 2, 1, _METERS)


def _said(group: str, operation: str, **said: str) -> bytes:
    return build(DIALECT, WHO, group, operation, texts(**said))


_FROM_CENTRE = (
    _said(LOGIN, "sequence", sequence="12345678"),
    _said(LOGIN, "result", result="pass"),
    _said(LOGIN, "result", result="fail"),
    _said(BEAT, "time", time="20260305003000"),
    _said(CONFIG, "period", period="15"),
    _said(CONFIG, "period", period="5"),
    _said(DATA, "query", **{DIALECT.query_from: "20260305000000", DIALECT.query_to: "20260305010000"}),
    _said(DATA, DIALECT.continuous_ack, sequence="1"),
    _said("config", "reboot"),
    _said("sql", "modify", sql="DELETE FROM meters"),
)
_DATA = tuple(
    build(replace(DIALECT, encoding=encoding), WHO, DATA, operation, report_parts(DIALECT, _REPORT, ZONE))
    for operation in ("report", "continuous", "reply")
    for encoding in ("utf-8", "gb2312")
)
_WORDS = (
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"&#0;", b"&#xD800;", b"&#x110000;", b"<![CDATA[", b"]]>",
    b"<?x?>", b'<?xml version="1.0" encoding="gb2312"?>', b'encoding="utf-16"', b"<common>", b"</common>",
    b"<root>", b"<sequence>", b"99999999999999", b"00000000000000", b"20261399999999", b"\xd6\xd0",
    b"\xff\xfe", b"\xef\xbb\xbf", b'operation="', b"<meter>" * 20, b"<a>" * 14, b"xmlns:a='b' a:b='c'",
    b"9" * 5000, b"-0.000", b"\0",
)  # fmt: skip


def frames() -> Decoder:
    """A case: a byte that says in what pieces it comes, then the stream as it is on the wire."""

    def take(data: bytes) -> None:
        decoder = Frames(DIALECT, CIPHER_KEY)
        step = (1500, 64, 700, 1)[data[0] & 3] if data else 1
        for at in range(1, len(data), step):
            for frame in decoder.feed(data[at : at + step]):
                message = parse(DIALECT, frame.document)
                if message.group == DATA:
                    read_report(DIALECT, message, ZONE)
        if decoder.holds > len(data):
            raise Wrong("more is held than came")

    whole = [encode(DIALECT, CIPHER_KEY, 1, document) for document in (*_FROM_CENTRE, *_DATA)]
    seeds = [bytes((at,)) + frame for at, frame in enumerate(whole)]
    seeds.append(b"\1" + b"".join(whole))
    words = (DIALECT.head, DIALECT.tail, DIALECT.head + b"\0\0\0\x1a", b"\0" * 16)
    return Decoder(take, tuple(seeds), (NationalError,), words, _mend_frame, longest=6000)


def _mend_frame(data: bytes, random: Random) -> bytes:
    """The stream taken for a document, and put into a frame: what only who has the key can send."""
    if random.random() < 0.5:
        return data
    document = bytearray(random.choice((*_FROM_CENTRE, *_DATA)))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(document))
        document[at : at + random.choice((0, 1, 4))] = random.choice((*_WORDS, random.randbytes(2)))
    return data[:1] + encode(DIALECT, CIPHER_KEY, random.randrange(1 << 32), bytes(document))


def documents() -> Decoder:
    """A case: a document, as the centre reads it."""

    def take(data: bytes) -> None:
        message = parse(DIALECT, data)
        if message.group == DATA:
            report = read_report(DIALECT, message, ZONE)
            if report.total < 0 or any(len(meter.id) > 64 for meter in report.meters):
                raise Wrong("a report beyond its bounds")

    return Decoder(take, (*_FROM_CENTRE, *_DATA), (DocumentError,), _WORDS, longest=6000)


def session() -> Decoder:
    """A case: a byte for how far the handshake has come, then what the centre says."""

    def take(data: bytes) -> None:
        talk = Session(DIALECT, WHO, CANARY, ZONE)
        if data and data[0] & 1:
            talk.request()
        if data and data[0] & 2:
            talk.receive(_FROM_CENTRE[0])
        if data and data[0] & 4:
            talk.receive(_FROM_CENTRE[1])
        try:
            step = talk.receive(data[1:])
        except DocumentError as error:
            unsaid(error)
            raise
        for event in step.events:
            if isinstance(event, Told):
                unsaid(event.notice)
        for answer in step.answers:
            unsaid(answer)
            parse(DIALECT, answer)

    seeds = [bytes((state,)) + document for document in _FROM_CENTRE for state in (1, 3, 7)]
    return Decoder(
        take, tuple(seeds), (DocumentError,), (*_WORDS, CANARY.encode()), hushed=True, longest=6000
    )


def dialects() -> Decoder:
    """A case: a dialect's file. What is taken must serve: a document goes out, and comes back the same."""

    def take(data: bytes) -> None:
        dialect = parse_dialect("x", data)
        document = build(dialect, WHO, BEAT, "notify", texts(time=write_time(dialect, _TIME_MS, ZONE)))
        (frame,) = Frames(dialect, CIPHER_KEY).feed(encode(dialect, CIPHER_KEY, 7, document))
        message = parse(dialect, frame.document)
        if message.who != WHO or frame.sequence != 7:
            raise Wrong("a dialect that does not understand itself")

    seeds = tuple((FOLDER / f"{name}.json").read_bytes() for name in dialect_names())
    words = (
        b"[" * 900,
        b"null",
        b"true",
        b"9" * 5000,
        b'""',
        b'"%Y"',
        b'"big"',
        b'"root"',
        b'"68"',
        b'"zz"',
        b"\xff",
    )
    return Decoder(take, seeds, (DialectError, DocumentError), words, tree=changed())


# The centre


class _Memory:
    """A store that keeps what it was last given."""

    def __init__(self) -> None:
        self.rows: tuple[Value, ...] = ()

    def kept(self) -> bool:
        return bool(self.rows)

    async def put(self, site: str, rows: Any) -> None:
        assert site == "shuangliu"
        self.rows = tuple(rows)


class _Out(asyncio.Protocol):
    async def _drain_helper(self) -> None:
        return


class _Transport(asyncio.WriteTransport):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def centre() -> Decoder:
    """A case: a byte for whether the caller proves a building's key first, then the stream of documents, each
    ended by a NUL, put into frames."""
    loop = OwnTimeLoop()
    store = _Memory()
    keys = Keys(CIPHER_KEY, {WHO.building: Building("shuangliu", CANARY)})
    listener = NationalListener(DIALECT, keys, store, ZONE, lambda: _TIME_MS)

    async def one(data: bytes) -> None:
        reader, transport = asyncio.StreamReader(), _Transport()
        writer = asyncio.StreamWriter(transport, _Out(), None, loop)
        caller = _Caller(listener, reader, writer)
        if data and data[0] & 1:
            caller._who, caller._challenge = WHO, "12345678"
            proof = _said(LOGIN, "md5", md5=digest(DIALECT, "12345678", CANARY))
            reader.feed_data(encode(DIALECT, CIPHER_KEY, 1, proof))
        for document in data[1:].split(b"\0"):
            reader.feed_data(encode(DIALECT, CIPHER_KEY, 2, document))
        reader.feed_eof()
        store.rows = ()
        try:
            await caller.run()
        finally:
            writer.close()
            if store.kept() and caller._site is None:
                raise Wrong("values of a caller who was not let in were kept")
            unsaid(transport.written)

    def take(data: bytes) -> None:
        loop.run_until_complete(one(data))
        loop.raise_failed()

    calls = (_said(LOGIN, "request"), _said(BEAT, "notify"), *_DATA)
    seeds = [bytes((state,)) + document for document in calls for state in (0, 1)]
    seeds.append(b"\1" + b"\0".join(calls[1:4]))
    declared = (NationalError, asyncio.TimeoutError)
    return Decoder(take, tuple(seeds), declared, (*_WORDS, CANARY.encode()), longest=6000, close=loop.close)
