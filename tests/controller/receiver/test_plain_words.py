"""What keeps the receiver from starting, or has nothing to tell: a sentence in both languages that names the
file or the value."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.receiver.serve import _to_standard_error
from controller.receiver.store import Store
from tests.certificates import Authority
from tests.controller.cli.test_main import louguan
from tests.controller.receiver.samples import received

ENGLISH = re.compile(r"[A-Za-z]{3,}(?: [a-z]+){2,}")
"""Three words in a row: no name of a file, an option or a format has that."""


class Place:
    """Files that a person may name, and a port that somebody has."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.server = Authority(folder, "one").issue("server")
        self.other = Authority(folder, "two").issue("other")
        self.ca = folder / "one" / "ca.pem"

    def file(self, content: str = "") -> str:
        path = self.folder / "written"
        path.write_text(content, encoding="utf-8")
        path.chmod(0o600)
        return str(path)

    def tls(self, cert: str | Path, key: str | Path) -> list[str]:
        return ["--no-token", "--port", "0", "--cert", str(cert), "--key", str(key)]

    def national(self, keys: str = "", *words: str, port: int = 0) -> list[str]:
        good = {"cipher_key": "0" * 16, "buildings": {"b": {"site": "s", "key": "a-key-of-the-tests"}}}
        file = self.file(keys or json.dumps(good))
        return ["--no-token", "--port", "0", "--national", str(port), "--keys", file, *words]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield Place(tmp_path, taken.getsockname()[1])


WRONG: list[tuple[str, Callable[[Place], list[str]], str]] = [
    ("port", lambda it: ["--no-token", "--port", str(it.port)], "端口 {port} 接收：地址已被占用"),
    ("national-port", lambda it: it.national(port=it.port), "端口 {port} 接收：地址已被占用"),
    ("host", lambda it: ["--no-token", "--bind", "192.0.2.1", *it.tls(it.server.cert, it.server.key)[1:]],
     "只接收出示令牌"),
    ("cert", lambda it: it.tls(it.file("s token"), it.server.key), "written 里没有证书"),
    ("key", lambda it: it.tls(it.server.cert, it.folder / "nix.key"), "nix.key：没有这个文件"),
    ("no-key", lambda it: it.tls(it.server.cert, it.file("x")), "written 里没有不带口令的私钥"),
    ("other-key", lambda it: it.tls(it.server.cert, it.other.key), "other.key 里的私钥"),
    ("client-ca", lambda it: [*it.tls(it.server.cert, it.server.key), "--client-ca", it.file("x")],
     "written 里没有证书"),
    ("tokens", lambda it: ["--port", "0", "--tokens", str(it.folder)], "是一个目录"),
    ("no-keys", lambda it: ["--no-token", "--port", "0", "--national", "0", "--keys", str(it.folder / "nix")],
     "nix：没有这个文件"),
    ("empty-keys", lambda it: it.national(" "), "written 的内容不是 JSON：此处应有一个值（第 1 行"),
    ("bad-keys", lambda it: it.national("[]"), "written：只应有 cipher_key 和 buildings"),
    ("cipher-key", lambda it: it.national('{"cipher_key": "x", "buildings": {"b": {"site": "s", "key": "k"}}}'),  # noqa: E501
     "16 个字符"),
    ("dialect", lambda it: it.national("", "--dialect", "z"), "没有名为“z”的方言；现有：a, b, c"),
    ("dialect-file", lambda it: it.national("", "--dialect", "/nix/x.json"), "/nix/x.json：没有这个文件"),
    ("zone", lambda it: it.national("", "--zone", "Mars/X"), "没有名为“Mars/X”的时区"),
    ("no-zone", lambda it: it.national("", "--zone", "0/" * 300 + "0"), "没有名为“0/0"),
    ("zone-folder", lambda it: it.national("", "--zone", "Asia"), "没有名为“Asia”的时区"),
    ("gaps", lambda it: ["--gaps"], "receiver.db"),
    ("heads", lambda it: ["--heads"], "receiver.db"),
    ("gaps-zone", lambda it: ["--gaps", "--zone", "../x"], "没有名为“../x”的时区"),
    ("site", lambda it: ["--no-token", "--site", "a"], "--site 要与 --gaps 或 --heads 同用"),
    ("both", lambda it: ["--gaps", "--heads"], "只能用一个"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "zh"), [item[1:] for item in WRONG], ids=[item[0] for item in WRONG])
def test_what_is_wrong_is_named_in_both_languages(
    capsys: pytest.CaptureFixture[str], place: Place, words: Callable[[Place], list[str]], zh: str
) -> None:
    given = ["receive", "--data", str(place.folder / "data"), *words(place)]
    code, _, said = louguan(capsys, *given, "--lang", "zh")
    assert code in (1, 2)
    assert zh.format(port=place.port) in said
    assert not ENGLISH.search(said), said
    assert "a-key-of-the-tests" not in said
    code, _, english = louguan(capsys, *given, "--lang", "en")
    assert code in (1, 2)
    assert english.isascii()
    assert "Errno" not in english
    assert "_ssl" not in english
    code, out, _ = louguan(capsys, *given, "--json")
    assert set(json.loads(out)["error"]) == {"code", "message", "hint", "where"}


def test_nothing_from_a_site_is_an_answer_for_programs_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Store(tmp_path).close()
    for what in ("--gaps", "--heads"):
        code, out, err = louguan(capsys, "receive", "--data", str(tmp_path), what, "--json")
        assert (code, json.loads(out)["error"]["code"], err) == (1, "nothing", "")
        code, out, err = louguan(
            capsys, "receive", "--data", str(tmp_path), what, "--site", "x", "--lang", "en"
        )
        assert (code, out) == (1, "")
        assert err.startswith(f"louguan: nothing was received in {tmp_path} from x")


def test_gaps_are_told_in_the_time_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = Store(tmp_path)
    store.put("a", [received(0), received(3)])
    store.close()
    words = ("receive", "--data", str(tmp_path), "--gaps", "--lang", "en")
    code, universal, note = louguan(capsys, *words)
    assert code == 1
    assert "Z" in universal.splitlines()[1]
    assert "UTC" in note
    code, out, note = louguan(capsys, *words, "--zone", "Asia/Shanghai")
    assert (code, note) == (1, "")
    assert out.count("+08:00") == 4
    assert "Z" not in out


def test_its_log_speaks_the_language_it_was_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    from controller.receiver.tokens import Tokens

    monkeypatch.setattr(logging.root, "handlers", [])
    file = tmp_path / "tokens"
    file.write_text("a a-token-of-the-tests-0001\n")
    file.chmod(0o600)
    tokens = Tokens(file)
    _to_standard_error("zh_CN")
    file.unlink()
    assert tokens.site("Bearer a-token-of-the-tests-0001") == "a"
    assert "原有令牌继续有效：" in capsys.readouterr().err
