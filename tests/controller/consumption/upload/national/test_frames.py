"""Frames worked out by hand; round trips; a decoder among hostile bytes."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.dialects import Dialect, load_dialect
from controller.consumption.upload.national.cipher import cipher_key_of, decrypt, encrypt
from controller.consumption.upload.national.errors import FrameError, NationalError
from controller.consumption.upload.national.frames import Decoder, Frame, crc_of, encode

KEY = b"0123456789abcdef"
A, B, C = (load_dialect(name) for name in "abc")

# The document <root/> has 7 bytes, so 9 bytes fill it up to one block. Its cipher, by
#   printf '<root/>\0\0\0\0\0\0\0\0\0' | openssl enc -aes-128-cbc -K $K -iv $K -nopad    (a and c)
#   printf '<root/>000000000'          | openssl enc -aes-128-cbc -K $K -iv $K -nopad    (b)
# with K the hexadecimal digits of KEY.
ZERO_FILLED = "8a35555549bd825399d4f0a71eea3ad6"
DIGIT_FILLED = "33efd0131cb082a7bb5f877c98a5b098"
BY_HAND = {
    # LEN = 4 + 16 = 20 = 0x14, little-endian; SEQ 7, little-endian.
    # a: CRC-16/XMODEM of 07000000 and the cipher is 0x892f, sent low byte first.
    "a": f"68681616 14000000 07000000 {ZERO_FILLED} 2f89 55aa55aa",
    # b: CRC-16/XMODEM of everything before it is 0x58a0, sent high byte first.
    "b": f"68681616 14000000 07000000 {DIGIT_FILLED} 58a0 55aa55aa",
    # c: CRC-16/MODBUS of 07000000 and the cipher is 0xe0ec, sent low byte first; head and tail swapped.
    "c": f"55aa55aa 14000000 07000000 {ZERO_FILLED} ece0 68681616",
}
DIALECTS = pytest.mark.parametrize("dialect", [A, B, C], ids=lambda dialect: dialect.name)


def bitwise_crc(kind: str, data: bytes) -> int:
    """From the polynomials, bit by bit."""
    crc = 0 if kind == "xmodem" else 0xFFFF
    for byte in data:
        crc ^= byte << 8 if kind == "xmodem" else byte
        for _ in range(8):
            if kind == "xmodem":
                crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
            else:
                crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


@DIALECTS
def test_the_frame_worked_out_by_hand(dialect: Dialect) -> None:
    by_hand = bytes.fromhex(BY_HAND[dialect.name])
    assert encode(dialect, KEY, 7, b"<root/>") == by_hand
    assert Decoder(dialect, KEY).feed(by_hand) == [Frame(7, b"<root/>")]


@pytest.mark.parametrize(("filling", "cipher"), [(b"\0" * 9, ZERO_FILLED), (b"0" * 9, DIGIT_FILLED)])
def test_openssl_agrees(filling: bytes, cipher: str) -> None:
    command = ["openssl", "enc", "-aes-128-cbc", "-K", KEY.hex(), "-iv", KEY.hex(), "-nopad"]
    made = subprocess.run(command, input=b"<root/>" + filling, capture_output=True, check=True).stdout
    assert made.hex() == cipher


def test_lengths_of_the_recorded_frame() -> None:
    """Of dialect b a frame is on record: 238 bytes before the tail, LEN e4000000."""
    frame = encode(B, KEY, 1, b"<" + b"x" * 208 + b">")
    assert len(frame) - len(B.tail) == 238
    assert frame[4:8].hex() == "e4000000"


def test_the_published_check_values_of_the_crcs() -> None:
    assert crc_of(A, b"123456789") == 0x31C3
    assert crc_of(C, b"123456789") == 0x4B37


@given(st.binary(max_size=80))
def test_crcs_against_the_polynomials(data: bytes) -> None:
    assert crc_of(A, data) == bitwise_crc("xmodem", data)
    assert crc_of(C, data) == bitwise_crc("modbus", data)


@pytest.mark.parametrize("padding", ["zero", "ascii-zero", "pkcs7"])
@given(plain=st.binary(max_size=100))
def test_padding(padding: str, plain: bytes) -> None:
    dialect = replace(A, padding=padding)  # type: ignore[arg-type]
    data = encrypt(dialect, KEY, plain)
    filling = decrypt(KEY, data).removeprefix(plain)
    assert len(data) % 16 == 0
    assert len(filling) <= 16 - (padding != "pkcs7")
    if padding == "pkcs7":
        assert filling == bytes([len(filling)]) * len(filling) != b""
    else:
        assert set(filling) <= {0 if padding == "zero" else ord("0")}


def test_keys_as_they_are_handed_out() -> None:
    assert cipher_key_of(" 0123456789abcdef\n") == KEY
    assert cipher_key_of(KEY.hex().upper()) == KEY
    for wrong in ("", "short", "0123456789abcdef0", "钥" * 16):
        with pytest.raises(NationalError):
            cipher_key_of(wrong)


DOCUMENTS = st.binary(max_size=300).map(lambda data: b"<" + data + b">")
STREAMS = st.lists(st.tuples(st.integers(0, 2**32 - 1), DOCUMENTS), max_size=6)


@DIALECTS
@settings(deadline=None)
@given(frames=STREAMS, between=st.binary(max_size=40), cut=st.integers(1, 50))
def test_round_trip_in_any_pieces_among_junk(
    dialect: Dialect, frames: list[tuple[int, bytes]], between: bytes, cut: int
) -> None:
    junk = between.replace(dialect.head[:1], b"")
    stream = junk.join(encode(dialect, KEY, *frame) for frame in frames)
    decoder = Decoder(dialect, KEY)
    got = [frame for at in range(0, len(stream), cut) for frame in decoder.feed(stream[at : at + cut])]
    assert got == [Frame(*frame) for frame in frames]
    assert decoder.holds == 0
    assert decoder.broken == 0


@DIALECTS
@given(document=DOCUMENTS, at=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(deadline=None)
def test_one_wrong_byte_is_noticed_and_costs_one_frame(
    dialect: Dialect, document: bytes, at: int, flip: int
) -> None:
    frame = bytearray(encode(dialect, KEY, 1, document))
    frame[at % len(frame)] ^= flip
    good = encode(dialect, KEY, 2, b"<good/>")
    decoder = Decoder(dialect, KEY)
    # A lying LEN makes it wait for more; what comes next tells.
    assert decoder.feed(bytes(frame)) + decoder.feed(good) == [Frame(2, b"<good/>")]


@DIALECTS
def test_half_a_frame_gives_way_to_a_whole_one(dialect: Dialect) -> None:
    whole = encode(dialect, KEY, 5, b"<whole/>")
    half = encode(dialect, KEY, 4, b"<" + b"x" * 5000 + b">")[:700]
    decoder = Decoder(dialect, KEY)
    assert decoder.feed(half) == []
    assert decoder.feed(half) == []
    assert decoder.feed(whole) == [Frame(5, b"<whole/>")]
    assert decoder.holds == 0


@DIALECTS
@settings(deadline=None)
@given(data=st.lists(st.binary(max_size=400), max_size=8))
def test_junk_is_bounded(dialect: Dialect, data: list[bytes]) -> None:
    decoder = Decoder(dialect, KEY, most_bytes=200, most_junk=500)
    for piece in data:
        try:
            decoder.feed(dialect.head[:2] + piece)
        except FrameError:
            assert decoder.holds == 0
        assert decoder.holds <= 200 + 400 + len(dialect.head)


@DIALECTS
def test_too_large_a_frame_is_none(dialect: Dialect) -> None:
    decoder = Decoder(dialect, KEY, most_bytes=1000)
    assert decoder.feed(encode(dialect, KEY, 1, b"<" + b"x" * 2000 + b">")) == []
    assert decoder.broken >= 1
    assert decoder.holds < 1000


def feed_all(decoder: Decoder, data: bytes) -> None:
    for at in range(0, len(data), 65_536):
        decoder.feed(data[at : at + 65_536])


@DIALECTS
def test_costly_junk_ends_soon(dialect: Dialect) -> None:
    """Heads close to each other, and such whose LEN leads to a tail, so that each asks for a long CRC."""
    length = (4 + 32 * 4000).to_bytes(4, "little")
    # A frame of 18 bytes and a cipher of 32 n ends 18 bytes behind some other head.
    costly = dialect.head + length + b"x" * 6 + dialect.tail + b"x" * 14
    assert len(costly) == 32
    for hostile in (costly * 40_000, (dialect.head + length) * 100_000, dialect.head * 200_000):
        decoder = Decoder(dialect, KEY)
        began_s = time.perf_counter()
        with pytest.raises(FrameError):
            feed_all(decoder, hostile)
        assert time.perf_counter() - began_s < 5.0


def test_what_follows_the_last_bracket_is_filling() -> None:
    for tail in (b"", b"\0\0", b"000", b"\r\n\x05\x05"):
        frame = encode(A, KEY, 1, b"<root/>" + tail)
        assert Decoder(A, KEY).feed(frame)[0].document == b"<root/>"


def test_another_key_gives_nothing_readable() -> None:
    got = Decoder(A, b"fedcba9876543210").feed(encode(A, KEY, 1, b"<root/>"))
    assert len(got) == 1
    assert got[0].document != b"<root/>"


def test_a_site_without_such_a_sink_does_not_load_the_ciphers() -> None:
    code = "import sys, controller.consumption.upload.national.sink; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
