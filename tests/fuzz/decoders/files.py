"""Files that are read back: backups, Plans, sealed ledgers, what lies on a stick, tokens, keys, overlays."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from config.plan import codec
from config.plan.site import Plan
from config.written.compile import compile_site
from config.written.problems import Findings
from controller.backups import making, manifest
from controller.backups.manifest import BackupWrong, Manifest, Part
from controller.backups.unpacking import unpack
from controller.cli.log_verify import _head_in
from controller.consumption.tables import csv_head, csv_lines, parquet, parquet_keys, record
from controller.consumption.upload.drops import Csv, Drops
from controller.options import NotStarted
from controller.overlays import read_overlay
from controller.receiver.national import KeysWrong, read_keys
from controller.receiver.tokens import TokensWrong, _read
from controller.store import archive
from controller.store.archive import ArchiveDamaged
from controller.store.ledger import Head, link
from drivers.simulators.keeping import NotKept
from drivers.simulators.keeping import load as load_kept
from tests.controller.house import house
from tests.fuzz.decoder import CANARY, Decoder, Wrong, folder, unsaid
from tests.fuzz.trees import JSON_WORDS, changed

_HOUSE = Path(__file__).resolve().parents[3]
_WORDS = (*JSON_WORDS, b'"_":"X",', b'"format":', b'"hash":')


# Backups


def _manifest(files: dict[str, bytes]) -> Manifest:
    parts = tuple(Part(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items())
    counts = {"meters": 1, "intervals": 2, "ledger_rows": 3}
    return Manifest(
        1_772_640_000_000, 1_772_640_000_000, "1", "shuangliu", False, Head(3, bytes(32)), counts, parts, ()
    )


_CONTENTS = {"control.db": b"not a database", "log.db": b"nor this", f"plans/{'a' * 64}.json": b"{}"}


def _tar(files: dict[str, bytes], said: Manifest, form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as tar:
        content = manifest.dump(said)
        making._add(tar, manifest.FILE, len(content), said.made_ms, io.BytesIO(content))
        for name, data in files.items():
            making._add(tar, name, len(data), said.made_ms, io.BytesIO(data))
    return made.getvalue().rstrip(b"\0") + bytes(1024)


def backups() -> Decoder:
    """A case: a byte that says whether it is packed as it is, then a tar, or the archive's own bytes."""
    place = folder("backup")
    here = Path(place.name)
    source, staging = here / "case", here / "in" / "staging"
    staging.mkdir(parents=True)

    def take(data: bytes) -> None:
        source.write_bytes(data[1:] if data[:1] == b"\1" else gzip.compress(data[1:], 1, mtime=0))
        try:
            found = unpack(source, staging)
            for part in found.parts:
                if hashlib.sha256((staging / part.name).read_bytes()).hexdigest() != part.sha256:
                    raise Wrong("a file is not what its manifest says")
        finally:
            around = {path.name for path in here.iterdir()} | {path.name for path in (here / "in").iterdir()}
            shutil.rmtree(staging)
            staging.mkdir()
            if around != {"case", "in", "staging"}:
                raise Wrong(f"something was put beside: {around}")

    said = _manifest(_CONTENTS)
    forms = [
        _tar(_CONTENTS, said, form) for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT)
    ]
    seeds = [b"\0" + each for each in forms] + [b"\1" + gzip.compress(forms[0], mtime=0)]
    seeds.append(b"\0" + _tar({}, _manifest({})))
    words = (
        b"../../x", b"/etc/passwd", b"path=../x\n", b"18 path=../../../x\n", b"12 size=9999999\n",
        b"\x80\0\0\0\xff\xff\xff\xff", b"GNU.sparse.map=0,1\n", b"x", b"L", b"K", b"g", b"S", b"1", b"2",
        b"5", b"7", b"77777777777", b"-0000000001", *_WORDS,
    )  # fmt: skip
    return Decoder(
        take, tuple(seeds), (BackupWrong, OSError), words, _mend_tar, longest=12_000, close=place.cleanup
    )


def _mend_tar(data: bytes, random: Random) -> bytes:
    """The headers' sums are right."""
    if data[:1] != b"\0" or random.random() < 0.2:
        return data
    made = bytearray(data[1:])
    for at in range(0, len(made) - 511, 512):
        block = made[at : at + 512]
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            made[at + 148 : at + 156] = f"{sum(block):06o}\0 ".encode()
    return data[:1] + bytes(made)


def manifests() -> Decoder:
    """A case: what a backup says of itself."""

    def take(data: bytes) -> None:
        found = manifest.load(data)
        if any(".." in part.name or part.name.startswith("/") or part.bytes < 0 for part in found.parts):
            raise Wrong("a name that leads out")

    words = (*_WORDS, b'"../x"', b'"plans/', b'"bytes":', b"4611686018427387904")
    seeds = (
        manifest.dump(_manifest(_CONTENTS)),
        manifest.dump(_manifest({"control.db": b"", "log.db": b"1"})),
    )
    return Decoder(take, seeds, (BackupWrong,), words, tree=changed())


# Plans


def plans() -> Decoder:
    """A case: a Plan's JSON, as it is kept and sent."""
    seeds = []
    for name in ("dates", "hands", "tariff-own"):
        made = compile_site(_HOUSE / "tests" / "golden" / f"good-{name}", Findings())
        assert made is not None
        seeds.append(codec.dump(made).encode())

    def take(data: bytes) -> None:
        if not isinstance(codec.load(data.decode()), Plan):
            raise Wrong("no Plan")

    words = (*_WORDS, b'"_":"Register"', b'"_":"BacnetObject"', b'"_":null', b'"_":[]', b"[[]]")
    return Decoder(take, tuple(seeds), (ValueError,), words, _mend_plan, tree=changed(), longest=40_000)


def _mend_plan(data: bytes, random: Random) -> bytes:
    """The hash is right: as who writes it on purpose would do."""
    if random.random() < 0.2:
        return data
    try:
        said = json.loads(data)
        said["hash"] = codec._digest(said)
        return json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):
        return data


def overlays() -> Decoder:
    """A case: what simulators wrote of their addresses, put over a Plan."""
    place = folder("overlay")
    file, plan = Path(place.name) / "case.json", house()

    def take(data: bytes) -> None:
        file.write_bytes(data)
        found = read_overlay(file)
        found.over(plan)
        found.still_over(plan)

    lines = {line.name: {"host": "127.0.0.1", "port": 502, "path": "/dev/pts/1"} for line in plan.lines}
    devices = {device.name: {"address": "127.0.0.1:47808"} for device in plan.devices}
    said = {
        "lines": lines,
        "devices": devices,
        "clock": {"start_ms": 1_772_640_000_000, "mono_ns": 5, "speed": 60.0},
    }
    seeds = (json.dumps(said).encode(), json.dumps({"lines": lines}).encode(), b"{}")
    words = (*_WORDS, b'"clock":', b'"lines":', b'"devices":', b'"host":')
    return Decoder(take, seeds, (NotStarted,), words, tree=changed(), close=place.cleanup)


# Ledgers


def ledgers() -> Decoder:
    """A case: a byte that says whether it is packed already, then a sealed file of the ledger."""
    place = folder("ledger")
    file = Path(place.name) / "ledger-1-3.jsonl.gz"

    def take(data: bytes) -> None:
        file.write_bytes(data[1:] if data[:1] == b"\1" else gzip.compress(data[1:], 1, mtime=0))
        archive.verify(file)

    head = Head(0, bytes(32))
    lines = [json.dumps({"format": archive.FORMAT, "version": 1, "after": 0, "after_hash": bytes(32).hex()})]
    for seq in range(1, 4):
        content = (seq, 1_772_640_000_000, "write", "lamp.level", "80", 8, 15, "programme", "hall", "", "")
        head = Head(seq, link(head.hash, content))
        lines.append(json.dumps((*content, head.hash.hex()), ensure_ascii=False))
    lines.append(json.dumps({"last": head.seq, "hash": head.hash.hex()}))
    whole = ("\n".join(lines) + "\n").encode()
    seeds = (b"\0" + whole, b"\1" + gzip.compress(whole, mtime=0), b"\0" + b"\n".join(whole.split(b"\n")[:2]))
    return Decoder(
        take,
        seeds,
        (ArchiveDamaged,),
        (*_WORDS, b"\n"),
        _mend_ledger,
        tree=changed(1, by_line=True),
        close=place.cleanup,
    )


def _mend_ledger(data: bytes, random: Random) -> bytes:
    """The chain holds: as who writes it on purpose would do."""
    if data[:1] != b"\0" or random.random() < 0.3:
        return data
    lines, hash_of = [], bytes(32)
    for line in data[1:].split(b"\n"):
        try:
            said = json.loads(line)
            if isinstance(said, list) and said:
                hash_of = link(hash_of, tuple(said[:-1]))
                line = json.dumps((*said[:-1], hash_of.hex()), ensure_ascii=False).encode()
            elif isinstance(said, dict) and "last" in said:
                line = json.dumps({**said, "hash": hash_of.hex()}).encode()
        except (ValueError, TypeError, RecursionError):
            pass
        lines.append(line)
    return data[:1] + b"\n".join(lines)


def heads() -> Decoder:
    """A case: a line of a list of the ledger's heads that was kept elsewhere."""

    def take(data: bytes) -> None:
        _head_in(data.decode("utf-8", "replace"))

    seeds = (
        b"5:" + b"ab" * 32,
        json.dumps({"seq": 5, "hash": "ab" * 32}).encode(),
        b"2026-03-05,5," + b"ab" * 32 + b",17",
    )
    return Decoder(take, seeds, (), (*_WORDS, "٣".encode(), b'"seq":', b'"hash":'), tree=changed())


# A stick


def sticks() -> Decoder:
    """A case: the CSV file, or the list of heads, that lies where a file sink goes on."""
    place = folder("stick")
    here = Path(place.name)
    rows = _records()
    drops_made = 0

    def take(data: bytes) -> None:
        nonlocal drops_made
        drops_made += 1
        kept, heads = here / "shuangliu_2026-03-05_000000001.csv", here / "shuangliu_ledger-heads.csv"
        kept.write_bytes(data)
        heads.write_bytes(data[:200])
        drops = Drops(here, "shuangliu", Csv())
        drops.add("2026-03-05", 2, rows)
        drops.note_head(f"2026-03-05,5,{'ab' * 32},17")
        for path in here.iterdir():
            path.unlink()

    whole = (csv_head() + csv_lines(rows)).encode()
    heads_file = f"day,seq,hash,time\r\n2026-03-04,4,{'ab' * 32},16\r\n".encode()
    words = (
        b'"',
        b'""',
        b"\r",
        b"\n",
        b",",
        b"\0",
        b"\xff",
        "٣".encode(),
        b"9" * 5000,
        b"\xef\xbb\xbf",
        b"x" * 140_000,
    )
    return Decoder(
        take,
        (whole, csv_head().encode(), heads_file),
        (OSError,),
        words,
        longest=150_000,
        close=place.cleanup,
    )


def _records() -> list[Any]:
    from zoneinfo import ZoneInfo

    from tests.controller.consumption.upload.rows import row

    return [record("shuangliu", row(number), ZoneInfo("Asia/Shanghai")) for number in (1, 2)]


def parquets() -> Decoder:
    """A case: the Parquet file that lies where a file sink goes on."""

    def take(data: bytes) -> None:
        list(parquet_keys(data))

    return Decoder(
        take,
        (parquet(_records()), parquet([])),
        (ValueError,),
        (b"PAR1", b"\x15\x00", b"\xff\xff\xff\x7f"),
        longest=12_000,
    )


# Tokens, keys, a simulation's counters


def _filed(
    name: str, read: Callable[[Path], object], declared: tuple[type[Exception], ...], seeds: tuple[bytes, ...]
) -> Decoder:
    place = folder(name)
    file = Path(place.name) / "case"
    file.touch(mode=0o600)

    def take(data: bytes) -> None:
        file.write_bytes(data)
        try:
            read(file)
        except declared as error:
            unsaid(error)
            unsaid(getattr(error, "what", ""))
            raise

    return Decoder(take, seeds, declared, _WORDS, tree=changed(), close=place.cleanup)


def tokens() -> Decoder:
    """A case: the receiver's file of tokens."""
    return _filed("tokens", _read, (TokensWrong,), (f"# a\nsite-a {CANARY}\n\nsite-b {CANARY}2\n".encode(),))


def keys() -> Decoder:
    """A case: the centre's file of keys."""
    said = {
        "cipher_key": "0123456789abcdef",
        "buildings": {"510116A001": {"site": "shuangliu", "key": CANARY}},
    }
    other = {**said, "cipher_key": CANARY}
    return _filed("keys", read_keys, (KeysWrong,), (json.dumps(said).encode(), json.dumps(other).encode()))


def counters() -> Decoder:
    """A case: what a simulation kept of its counters."""
    said = {"format": 1, "site": "s", "time_ms": 1_772_640_000_000, "counters": {"m": {"energy": 1.5}}}
    return _filed("counters", lambda file: load_kept(file, "s"), (NotKept,), (json.dumps(said).encode(),))
