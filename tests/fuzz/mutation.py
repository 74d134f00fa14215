"""Cases from seeds: the same for the same decoder, seed and number. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from tests.fuzz.decoder import Decoder

_BOUNDS = (0, 1, 2, 3, 5, 6, 7, 8, 15, 16, 31, 32, 63, 64, 100, 126, 127, 128, 129, 253, 254, 255)
_NUMBERS = (
    b"0",
    b"-1",
    b"1e999",
    b"-0",
    b"9" * 20,
    b"9" * 400,
    b"1.5",
    b"NaN",
    b"0x10",
    b"18446744073709551616",
)
_RUNS = (2, 3, 7, 16, 64, 200, 1000)

_TOKEN = re.compile(rb"[A-Za-z0-9_.+-]+|[\x80-\xff]+")

Step: TypeAlias = Callable[[bytearray, Random, Decoder], None]


def case(decoder: Decoder, seed: int, number: int) -> bytes:
    """The case of that number. Each seed of the decoder is itself a case, before any is changed."""
    if number < len(decoder.seeds):
        return decoder.seeds[number]
    random = Random(seed << 40 | number)
    if random.random() < 0.02:
        return random.randbytes(random.choice((0, 1, 2, 4, 8, 20, 60, 300)))
    data = bytearray(random.choice(decoder.seeds))
    if decoder.tree is not None and random.random() < 0.5:
        return decoder.mend(decoder.tree(bytes(data), random)[: decoder.longest], random)
    for _ in range(1 if random.random() < 0.5 else random.randint(2, 6)):
        random.choice(_STEPS)(data, random, decoder)
    return decoder.mend(bytes(data[: decoder.longest]), random)


def _place(data: Sequence[int], random: Random) -> int:
    return int(random.random() * len(data)) if data else 0


def _bit(data: bytearray, random: Random, _decoder: Decoder) -> None:
    if data:
        data[_place(data, random)] ^= 1 << random.randrange(8)


def _byte(data: bytearray, random: Random, _decoder: Decoder) -> None:
    if data:
        data[_place(data, random)] = random.randrange(256)


def _bound(data: bytearray, random: Random, _decoder: Decoder) -> None:
    if data:
        data[_place(data, random)] = random.choice(_BOUNDS)


def _length(data: bytearray, random: Random, _decoder: Decoder) -> None:
    """Two or four bytes that may be a length."""
    size = random.choice((2, 4))
    at = _place(data, random)
    value = random.choice((0, 1, len(data), len(data) + 1, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF))
    data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, random.choice(("big", "little")))


def _drop(data: bytearray, random: Random, _decoder: Decoder) -> None:
    at = _place(data, random)
    del data[at : at + random.randint(1, 1 + max(1, len(data) // 8))]


def _cut(data: bytearray, random: Random, _decoder: Decoder) -> None:
    del data[_place(data, random) :]


def _insert(data: bytearray, random: Random, _decoder: Decoder) -> None:
    at = _place(data, random)
    data[at:at] = random.randbytes(random.choice((1, 1, 2, 4, 9)))


def _word(data: bytearray, random: Random, decoder: Decoder) -> None:
    at = _place(data, random)
    word = random.choice(decoder.words) if decoder.words else random.choice(_NUMBERS)
    data[at : at + random.choice((0, 0, 1, len(word)))] = word


def _number(data: bytearray, random: Random, _decoder: Decoder) -> None:
    """Another number where digits stand."""
    start = at = _place(data, random)
    while at < len(data) and not 48 <= data[at] <= 57:
        at += 1
    end = at
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    data[at if at < len(data) else start : end] = random.choice(_NUMBERS)


def _repeat(data: bytearray, random: Random, decoder: Decoder) -> None:
    at = _place(data, random)
    piece = data[at : at + random.choice((1, 1, 2, 5, 20, 100))]
    times = random.choice(_RUNS)
    data[at:at] = piece * min(times, max(1, decoder.longest // (len(piece) or 1)))


def _move(data: bytearray, random: Random, _decoder: Decoder) -> None:
    at = _place(data, random)
    piece = data[at : at + random.randint(1, 1 + len(data) // 4)]
    del data[at : at + len(piece)]
    to = _place(data, random)
    data[to:to] = piece


def _field(data: bytearray, random: Random, decoder: Decoder) -> None:
    """Another word where one stands, so that what is around it keeps its form."""
    found = _TOKEN.search(data, _place(data, random)) or _TOKEN.search(data)
    if found is None:
        return
    if random.random() < 0.4:
        other = random.choice(decoder.seeds)
        words = _TOKEN.search(other, _place(other, random))
        said = words[0][:200] if words else b""
    else:
        said = random.choice((*_NUMBERS, *decoder.words))
    data[found.start() : found.end()] = said


def _splice(data: bytearray, random: Random, decoder: Decoder) -> None:
    """The rest of another seed."""
    other = random.choice(decoder.seeds)
    data[_place(data, random) :] = other[_place(other, random) :]


_STEPS: tuple[Step, ...] = (
    _bit, _byte, _byte, _bound, _length, _drop, _cut, _insert, _word, _word, _number, _repeat, _move,
    _splice, _field, _field, _field, _field,
)  # fmt: skip
