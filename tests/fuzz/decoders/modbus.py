"""Modbus, as the one who asks: answers over TCP and over RTU with its fence, and registers to values."""

from __future__ import annotations

import math
from random import Random

from config.plan.lines import Line
from config.plan.points import Kind, Order, Point, RawType, Register
from config.plan.reading import Value
from drivers.api import DriverError
from drivers.batching import Block, Part
from drivers.codec import WORDS, Absent, EncodeError, decode_point, encode_point, items_of, width
from drivers.modbus.fence import challenges
from drivers.modbus.frames import rtu_request, tcp_request
from drivers.modbus.requests import BIT_FUNCTIONS, READS, Request
from drivers.modbus.rtu import RtuLink
from drivers.modbus.tcp import TcpLink
from drivers.modbus.wire import TcpWire, Wire
from tests.fuzz.decoder import Decoder, Wrong
from tests.fuzz.loop import OwnTimeLoop

UNIT = 7
REQUESTS = (
    Request(UNIT, 3, 100, 2),
    Request(UNIT, 3, 100, 1),
    Request(UNIT, 4, 0, 5),
    Request(UNIT, 1, 16, 12),
    Request(UNIT, 2, 0, 3),
    Request(UNIT, 6, 100, 1, (0x1234,)),
    Request(UNIT, 16, 100, 2, (1, 2)),
    Request(UNIT, 5, 3, 1, (1,)),
)
_CUT = b"\xf5\xf5"
"""Between what comes in one round and what comes in the next."""
_PATIENCE_S = 0.2
_SPACES = {function: space for space, function in READS.items()}


def _answer(request: Request) -> bytes:
    """The PDU of the right answer."""
    if request.values:
        return rtu_request(request)[1:6]
    length = request.shape.length
    return bytes((request.function, length)) + bytes(range(1, length + 1))


def _values(request: Request, pdu: bytes) -> tuple[int, ...]:
    """What the right answer says, read by hand."""
    if request.values:
        return ()
    data = pdu[2:]
    if request.function in BIT_FUNCTIONS:
        return tuple(data[at // 8] >> at % 8 & 1 for at in range(request.size))
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))


def _told(request: Request, data: bytes) -> tuple[int, ...]:
    """The link's answer, by the codec."""
    return () if request.values else items_of(_SPACES[request.function], data, request.size)


def _fits(request: Request, pdu: bytes) -> bool:
    if request.values:
        return pdu == _answer(request)
    return len(pdu) == 2 + request.shape.length and pdu[:2] == bytes((request.function, request.shape.length))


def _pdu_size(request: Request) -> int:
    return len(_answer(request))


def _crc(data: bytes) -> bytes:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


# TCP


class _TcpPeer(TcpWire):
    """What was sent is answered with the case's bytes, in two pieces."""

    def __init__(self, answer: bytes, cut: int, own_id: bool) -> None:
        super().__init__()
        self._answer = answer
        self._cut = cut
        self._own_id = own_id
        self.fed = b""
        self.transaction = b""

    def send(self, data: bytes) -> None:
        self.transaction = data[:2]
        said = self._answer if self._own_id else data[:2] + self._answer[2:]
        self.fed = said
        at = self._cut % (len(said) + 1)
        self._feed(said[:at])
        self._loop.call_later(0.01, self._feed, said[at:])


def tcp() -> Decoder:
    """A case: which request, where its answer is cut in two, the answer's frame."""
    loop = OwnTimeLoop()
    line = Line(0, "L", "L", "modbus-tcp", host="127.0.0.1", port=502)

    async def one(data: bytes) -> None:
        head, cut, answer = data[0], data[1], data[2:]
        request = REQUESTS[head & 7]
        link = TcpLink(line, lambda _unit, _late_s: None)
        peer = _TcpPeer(answer, cut, bool(head & 8))
        link._wire = peer
        found = _told(request, await link.ask(request, _PATIENCE_S))
        begin = peer.fed.find(peer.transaction + b"\0\0")
        while begin >= 0:
            size = int.from_bytes(peer.fed[begin + 4 : begin + 6], "big")
            pdu = peer.fed[begin + 7 : begin + 6 + size]
            meant = peer.fed[begin + 6 : begin + 7] == bytes((UNIT,)) and _fits(request, pdu)
            if meant and _values(request, pdu) == found:
                return
            begin = peer.fed.find(peer.transaction + b"\0\0", begin + 1)
        raise Wrong(f"values {found} of no answer to the request")

    def take(data: bytes) -> None:
        if len(data) >= 2:
            loop.run_until_complete(one(data))
            loop.raise_failed()

    seeds = []
    for at, request in enumerate(REQUESTS):
        pdu = _answer(request)
        frame = tcp_request(request, 0x4711)[:4] + (1 + len(pdu)).to_bytes(2, "big") + bytes((UNIT,)) + pdu
        late = frame.replace(b"\x47\x11", b"\x47\x12", 1)
        refusal = b"\x47\x11\0\0\0\3" + bytes((UNIT, request.function | 0x80, 2))
        seeds += [bytes((at, 255)) + one_of for one_of in (frame, refusal, frame + late)]
        seeds.append(bytes((at | 8, 9)) + late + frame)
    return Decoder(take, tuple(seeds), (DriverError,), longest=600, close=loop.close, mend=_mend_tcp)


def _mend_tcp(data: bytes, random: Random) -> bytes:
    """The header's length is that of what follows."""
    if len(data) < 9 or random.random() < 0.5:
        return data
    return data[:6] + (len(data) - 8).to_bytes(2, "big") + data[8:]


# RTU


class _RtuPeer(Wire):
    """Each request is answered with the next round of the case."""

    def __init__(self, rounds: list[bytes]) -> None:
        super().__init__()
        self._rounds = rounds
        self.fed = b""

    def send(self, data: bytes) -> None:
        if self._rounds:
            said = self._rounds.pop(0)
            self.fed += said
            at = len(said) // 2
            self._loop.call_later(0.002, self._feed, said[:at])
            self._loop.call_later(0.004, self._feed, said[at:])


def rtu() -> Decoder:
    """A case: which three requests one after the other, then what is heard after each frame that is sent."""
    loop = OwnTimeLoop()
    line = Line(0, "L", "L", "modbus-rtu", path="/dev/null", baud=115_200)
    blocks = (
        Block("holding", 100, 2, 1.0, (Part(0, 100, 1), Part(1, 101, 1))),
        Block("input", 0, 5, 1.0, (Part(2, 0, 5),)),
    )
    known = {UNIT: challenges(UNIT, blocks)}

    async def one(data: bytes) -> None:
        peer = _RtuPeer(data[3:].split(_CUT))

        async def wire() -> Wire:
            return peer

        link = RtuLink(line, wire, known, lambda _unit, _late_s: None)
        await link.connect()
        for which in data[:3]:
            request = REQUESTS[which & 7]
            try:
                found = _told(request, await link.ask(request, _PATIENCE_S))
            except DriverError:
                continue
            if not _stands(request, found, peer.fed):
                raise Wrong(f"values {found} of no answer to the request")
        link.close()

    def take(data: bytes) -> None:
        if len(data) >= 3:
            loop.run_until_complete(one(data))
            loop.raise_failed()

    frames = [_framed(bytes((UNIT,)) + _answer(request)) for request in REQUESTS]
    refusals = [_framed(bytes((UNIT, request.function | 0x80, 2))) for request in REQUESTS]
    seeds = [bytes((at, at, at)) + _CUT.join([frames[at]] * 3) for at in range(len(REQUESTS))]
    seeds += [bytes((at, 0, 2)) + _CUT.join((refusals[at], frames[0], frames[2])) for at in range(8)]
    seeds += [bytes((0, 1, 2)) + _CUT.join((b"", frames[0] + frames[1], frames[2], frames[1]))]
    seeds += [bytes((2, 0, 0)) + _CUT.join((b"", frames[1], frames[0], frames[1], frames[0], frames[0]))]
    words = (_CUT, *frames, *refusals)
    return Decoder(take, tuple(seeds), (), words, _mend_rtu, longest=600, close=loop.close)


def _framed(data: bytes) -> bytes:
    return data + _crc(data)


def _mend_rtu(data: bytes, random: Random) -> bytes:
    """The sums of some rounds are right."""
    rounds = data[3:].split(_CUT)
    mended = [_framed(each[:-2]) if len(each) > 3 and random.random() < 0.5 else each for each in rounds]
    return data[:3] + _CUT.join(mended)


def _stands(request: Request, found: tuple[int, ...], fed: bytes) -> bool:
    """Whether a whole frame that says so was heard."""
    size = 1 + _pdu_size(request) + 2
    for at in range(len(fed) - size + 1):
        frame = fed[at : at + size]
        whole = frame[:2] == bytes((UNIT, request.function)) and frame[-2:] == _crc(frame[:-2])
        if whole and _fits(request, frame[1:-2]) and _values(request, frame[1:-2]) == found:
            return True
    return False


# Values


def values() -> Decoder:
    """A case: which point, then its registers or bits as two bytes each."""
    points = [_point(number, register, kind) for number, (register, kind) in enumerate(_registers())]

    def take(data: bytes) -> None:
        if len(data) < 2:
            return
        point = points[int.from_bytes(data[:2], "big") % len(points)]
        register = point.source
        assert isinstance(register, Register)
        size = width(register)
        padded = data[2:].ljust(2 * size, b"\0")
        raw = [int.from_bytes(padded[2 * at : 2 * at + 2], "big") for at in range(size)]
        if register.space in ("coil", "discrete"):
            raw = [word & 1 for word in raw]
        found = decode_point(point, register, raw)
        if not isinstance(found, Absent):
            _judge(point, found)
            try:
                encode_point(point, register, found, raw)
            except EncodeError:
                return

    seeds = [
        number.to_bytes(2, "big") + pattern * width(register)
        for number, (register, _) in enumerate(_registers())
        for pattern in (b"\0\1", b"\x80\0", b"\x7f\xc0", b"A\xd6")
    ]
    words = (b"\x7f\x80\0\0", b"\xff\xff\xff\xff", b"\x7f\xf0" + bytes(6), b"\0\1", b"\xd6\xd0\xb9\xfa")
    return Decoder(take, tuple(seeds), (), words, longest=80)


def _judge(point: Point, value: Value) -> None:
    if point.kind == "bool" and not isinstance(value, bool):
        raise Wrong(f"{value!r} of a switch")
    if point.kind == "text" and not isinstance(value, str):
        raise Wrong(f"{value!r} of a text")
    if point.kind == "enum" and value not in dict(point.states):
        raise Wrong(f"{value!r} of a state")
    if point.kind == "number":
        if isinstance(value, bool | str) or not math.isfinite(value):
            raise Wrong(f"{value!r} of a number")
        if point.valid_low is not None and value < point.valid_low:
            raise Wrong("a number below what is valid")


def _registers() -> list[tuple[Register, Kind]]:
    orders: tuple[Order, ...] = ("ABCD", "DCBA", "BADC", "CDAB")
    found: list[tuple[Register, Kind]] = []
    for kind in WORDS:
        raw: RawType = kind
        for order in orders:
            if raw != "bool":
                found.append((Register("holding", 0, raw, WORDS[raw], order), "number"))
                found.append(
                    (Register("input", 0, raw, WORDS[raw], order, scale=0.1, offset=-40.0), "number")
                )
                found.append((Register("holding", 0, raw, WORDS[raw], order, scale=1e300), "number"))
                found.append(
                    (Register("holding", 0, raw, WORDS[raw], order, not_available=(0xFFFF,)), "number")
                )
            found.append((Register("holding", 0, raw, WORDS[raw], order, bit=3), "bool"))
            found.append((Register("holding", 0, raw, WORDS[raw], order, bit=2, bits=3), "enum"))
    found += [
        (Register("holding", 0, "string", count, order), "text") for count in (1, 4, 16) for order in orders
    ]
    found += [(Register("coil", 0, "bool", count), "bool") for count in (1, 4)]
    found += [(Register("discrete", 0, "bool", 4), "enum"), (Register("coil", 0, "bool", 16), "number")]
    found.append((Register("holding", 0, "uint16", on_raw=(1, 0xFF00), off_raw=(0,)), "bool"))
    found.append((Register("holding", 0, "uint16", off_raw=(3,)), "bool"))
    return found


def _point(number: int, register: Register, kind: Kind) -> Point:
    states = ((0, "off"), (1, "on"), (5, "auto")) if kind == "enum" else ()
    low, high = (-1000.0, 1e6) if kind == "number" and number % 2 else (None, None)
    return Point(
        number, f"d.p{number}", f"p{number}", "", 0, kind, "", register, 1.0, 5.0,
        normally_closed=number % 3 == 0, states=states, valid_low=low, valid_high=high,
    )  # fmt: skip
