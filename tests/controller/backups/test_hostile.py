"""Backups that are cut, changed or made to do harm: refused in a sentence, with nothing put in place."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.backups import making, manifest
from controller.backups.manifest import BackupWrong
from controller.backups.restoring import restore
from controller.store.control import ControlStore
from controller.store.logdb import LogStore
from tests.controller.rig import THURSDAY

Entry = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small backup that is good."""
    folder = tmp_path_factory.mktemp("sound")
    ControlStore.open(folder / "data", THURSDAY).close()
    LogStore.open(folder / "data", THURSDAY).close()
    making.make(folder / "data", folder / "good.tar.gz", version="0", now_ms=THURSDAY)
    return folder / "good.tar.gz"


def entries(archive: Path) -> list[Entry]:
    with tarfile.open(archive) as tar:
        found = []
        for entry in tar:
            content = tar.extractfile(entry)
            assert content is not None
            found.append((entry, content.read()))
    return found


def packed(path: Path, found: list[Entry]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for entry, content in found:
            tar.addfile(entry, io.BytesIO(content))
    return path


def refused(archive: Path, data: Path) -> str:
    """Why it is; nothing is left of it."""
    data.mkdir()
    around = set(data.parent.iterdir())
    with pytest.raises(BackupWrong) as why:
        restore(archive, data, now_ms=THURSDAY)
    assert list(data.iterdir()) == []
    assert set(data.parent.iterdir()) == around
    return str(why.value.text)


def info(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.type, made.linkname = size, kind, link
    return made


def test_a_good_one_is_not_refused(tmp_path: Path, sound: Path) -> None:
    (tmp_path / "data").mkdir()
    assert restore(sound, tmp_path / "data", now_ms=THURSDAY).placed


@pytest.mark.parametrize(
    ("strange", "why"),
    [
        (info("../control.db"), "not in its manifest"),
        (info("/etc/louguan"), "not in its manifest"),
        (info("plans/../../x"), "not in its manifest"),
        (info("log.db", kind=tarfile.SYMTYPE, link="/etc/passwd"), "no plain file"),
        (info("log.db", kind=tarfile.LNKTYPE, link="control.db"), "no plain file"),
        (info("log.db", kind=tarfile.CHRTYPE), "no plain file"),
        (info("log.db", kind=tarfile.FIFOTYPE), "no plain file"),
        (info("plans", kind=tarfile.DIRTYPE), "no plain file"),
        (info("log.db", kind=tarfile.GNUTYPE_SPARSE), "no plain file"),
        (info("more"), "not in its manifest"),
    ],
)
@pytest.mark.parametrize("at", [1, -1])
def test_what_is_no_plain_file_of_the_manifest(
    tmp_path: Path, sound: Path, strange: tarfile.TarInfo, why: str, at: int
) -> None:
    found = entries(sound)
    found.insert(at, (strange, b""))
    assert why in refused(packed(tmp_path / "bad.tar.gz", found), tmp_path / "data")


def _named(name: str) -> Callable[[dict[str, Any]], None]:
    def change(said: dict[str, Any]) -> None:
        said["parts"][-1]["name"] = name

    return change


def _said(**words: Any) -> Callable[[dict[str, Any]], None]:
    return lambda said: said.update(words)


def _grown(said: dict[str, Any]) -> None:
    said["parts"][-1]["bytes"] = 2**50


def _twice(said: dict[str, Any]) -> None:
    said["parts"].append(said["parts"][-1])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_named("../../etc/passwd"), "manifest is damaged"),
        (_named("/etc/passwd"), "manifest is damaged"),
        (_named("plans/../x"), "manifest is damaged"),
        (_named("louguan.lock"), "manifest is damaged"),
        (_twice, "manifest is damaged"),
        (_said(parts=[]), "manifest is damaged"),
        (_said(parts=7), "manifest is damaged"),
        (_said(head={"seq": -1, "hash": ""}), "manifest is damaged"),
        (_said(format="else"), "no backup of louguan"),
        (_said(format_version=3), "newer louguan"),
        (_grown, "are free"),
    ],
)
def test_a_manifest_that_says_what_cannot_be(
    tmp_path: Path, sound: Path, change: Callable[[dict[str, Any]], None], why: str
) -> None:
    found = entries(sound)
    said = json.loads(found[0][1])
    change(said)
    content = json.dumps(said).encode()
    found[0] = (info(manifest.FILE, len(content)), content)
    assert why in refused(packed(tmp_path / "bad.tar.gz", found), tmp_path / "data")


def test_changed_bytes_wherever_they_are(tmp_path: Path, sound: Path) -> None:
    whole = gzip.decompress(sound.read_bytes())
    good, passed = manifest.load(entries(sound)[0][1]).parts, 0
    for number, at in enumerate(range(600, len(whole), len(whole) // 60)):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x55
        bad = tmp_path / f"{number}.tar.gz"
        bad.write_bytes(gzip.compress(bytes(spoilt), 1))
        data = tmp_path / f"data-{number}"
        data.mkdir()
        try:
            done = restore(bad, data, now_ms=THURSDAY)
        except BackupWrong:
            assert list(data.iterdir()) == []
        else:  # filling between two files, or a word of the manifest that nothing hangs on
            assert done.manifest.parts == good
            passed += 1
    assert passed < 20


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_one_that_was_cut_short(tmp_path: Path, sound: Path, share: float) -> None:
    content = sound.read_bytes()
    bad = tmp_path / "cut.tar.gz"
    bad.write_bytes(content[: int(len(content) * share)])
    assert refused(bad, tmp_path / "data")


def test_a_missing_file(tmp_path: Path, sound: Path) -> None:
    assert "missing in it" in refused(packed(tmp_path / "bad.tar.gz", entries(sound)[:-1]), tmp_path / "data")


@pytest.mark.parametrize("where", ["before", "header", "after", "manifest"])
def test_a_bomb_takes_neither_memory_nor_disk(tmp_path: Path, sound: Path, where: str) -> None:
    """100 MB of nothing in 100 kB: as a file before the manifest, as a name, as the manifest, at the end."""
    size = 100_000_000
    bad = tmp_path / "bomb.tar.gz"
    whole = gzip.decompress(sound.read_bytes())
    heads = {
        "before": info("zeros", size).tobuf(),
        "header": info("././@LongLink", size, tarfile.GNUTYPE_LONGNAME).tobuf(),
        "manifest": info(manifest.FILE, size).tobuf(),
        "after": whole.rstrip(b"\0") + bytes(-len(whole.rstrip(b"\0")) % 512) + info("log.db", size).tobuf(),
    }
    with gzip.open(bad, "wb", compresslevel=9) as file:
        file.write(heads[where])
        for _ in range(size // 1_000_000):
            file.write(bytes(1_000_000))
    tracemalloc.start()
    try:
        assert refused(bad, tmp_path / "data")
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_what_is_no_archive_at_all(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"hello", os.urandom(5000), gzip.compress(b"hello" * 500))):
        bad = tmp_path / f"{number}.tar.gz"
        bad.write_bytes(content)
        assert refused(bad, tmp_path / f"data-{number}")


def test_a_directory_with_a_link_or_a_pipe_in_it(tmp_path: Path, sound: Path) -> None:
    data = tmp_path / "from"
    ControlStore.open(data, THURSDAY).close()
    LogStore.open(data, THURSDAY).close()
    for number, spoil in enumerate(("link", "pipe", "more", "less", "gone")):
        folder = tmp_path / spoil
        making.make(data, folder, version="0", now_ms=THURSDAY)
        log = folder / "log.db"
        content = log.read_bytes()
        if spoil in ("link", "pipe", "gone"):
            log.unlink()
        if spoil == "link":
            log.symlink_to(data / "log.db")
        elif spoil == "pipe":
            os.mkfifo(log)
        elif spoil == "more":
            log.write_bytes(content + b"x")
        elif spoil == "less":
            log.write_bytes(content[:-1])
        assert refused(folder, tmp_path / f"data-{number}")
