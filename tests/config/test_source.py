"""YAML to nodes: what was written is what is meant, and every part knows its place."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.plan.devices import Source
from config.written.nodes import Entry, Scalar, Table, plain
from config.written.problems import MOST_KEPT, Enough, Findings
from config.written.source import MOST_DEPTH, read


def parsed(content: str) -> object:
    findings = Findings()
    table = read("a.yaml", content.encode(), findings)
    assert not findings.failed, [problem.sentence("en") for problem in findings.problems()]
    assert table is not None
    return plain(table)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("true", True),
        ("False", False),
        ("22:30", "22:30"),
        ("08:30", "08:30"),
        ("12:34:56", "12:34:56"),
        ("2026-10-01", "2026-10-01"),
        ("80 %", "80 %"),
        ("1_000", "1_000"),
        ("nan", "nan"),
        (".nan", ".nan"),
        (".inf", ".inf"),
        ("0x1F", 31),
        ("0o17", 15),
        ("0", 0),
        ("-5", -5),
        ("+5", 5),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.2.3", "1.2.3"),
        ("", None),
        ("~", None),
        ("null", None),
        ('"012"', "012"),
        ("'5'", "5"),
        ("9" * 60, "9" * 60),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_plain_scalars(written: str, value: object) -> None:
    assert parsed(f"key: {written}\n") == {"key": value}


def test_keys_are_text() -> None:
    assert parsed("on: 1\n0: 2\n22:30: 3\nno: 4\n") == {"on": 1, "0": 2, "22:30": 3, "no": 4}


def test_bom_and_crlf_change_nothing() -> None:
    content = "a: 1\nb:\n  - on\n  - {c: 22:30}\n"
    findings = Findings()
    table = read("a.yaml", b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode(), findings)
    assert table is not None
    assert plain(table) == parsed(content)
    assert entry(table).place(["b", 1, "c"]) == Source("a.yaml", 4, 9)


def entry(table: Table) -> Entry:
    return Entry("a.yaml", "a", Scalar(1, 1, "a", "a"), table)


def test_places() -> None:
    table = read("a.yaml", b"a:\n  b: [x, {c: 5}]\n  d:\n    e:\n", Findings())
    assert table is not None
    whole = entry(table)
    assert whole.place(["a", "b", 1, "c"]) == Source("a.yaml", 2, 14)
    assert whole.place(["a", "b", 1, "c"], key=True) == Source("a.yaml", 2, 11)
    assert whole.place(["a", "b"]) == Source("a.yaml", 2, 3)
    assert whole.place(["a", "invented", "b", 7, "z"]) == Source("a.yaml", 2, 3)
    assert whole.place(["a", "d", "e"]) == Source("a.yaml", 4, 5)
    assert whole.place([]) == Source("a.yaml", 1, 1)


@pytest.mark.parametrize("depth", [MOST_DEPTH - 2, MOST_DEPTH + 1])
def test_depth(depth: int) -> None:
    findings = Findings()
    read("a.yaml", f"a: {'[' * depth}{']' * depth}\n".encode(), findings)
    assert findings.failed == (depth > MOST_DEPTH)


@pytest.mark.parametrize(
    "content",
    ["a: b #2\n", "a: #2\n", "a:\n- b  #3\n", "{a: 中水泵 #2, b: c}\n", "a: b\t#2\n", "1#: 2 #3\n"],
)
def test_a_swallowed_number_is_refused(content: str) -> None:
    findings = Findings()
    read("a.yaml", content.encode(), findings)
    assert [problem.message.message for problem in findings.problems()] == [
        'YAML takes "{rest}" and all that follows for a comment'
    ]


@pytest.mark.parametrize(
    "content", ["a: b # 2\n", "#2\na: b\n", 'a: "b #2"\n', "a: b#2\n", "a: b # pump #2\n"]
)
def test_other_comments_are_fine(content: str) -> None:
    parsed(content)


def test_problems_are_bounded() -> None:
    findings = Findings()
    with pytest.raises(Enough):
        read("a.yaml", ("a: 1\n" * 5_000).encode(), findings)
    assert findings.count == MOST_KEPT


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc中-_9", min_size=1, max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "on", "12", "中"]), plain_values, max_size=4), st.booleans()
)
def test_reads_what_others_write(value: dict[str, object], flow: bool) -> None:
    """What PyYAML writes with all texts quoted is read back as it was."""

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]
    Dumper.add_representer(
        str, lambda self, data: self.represent_scalar("tag:yaml.org,2002:str", data, style='"')
    )
    content = yaml.dump(value, Dumper=Dumper, default_flow_style=flow, allow_unicode=True, width=10**6)
    assert parsed(content) == value


@given(st.text(st.sampled_from("ab: -[]{}#&*!|>'\"%@`,?\n\t0123.中：，\r\x00\ufeff~<=")))
def test_never_fails_otherwise(content: str) -> None:
    """Whatever is typed is read or refused with a place inside the file; nothing else is raised."""
    findings = Findings()
    table = read("a.yaml", content.encode(), findings)
    assert table is not None or findings.failed
    lines = content.count("\n") + content.count("\r") + 2
    for problem in findings.problems():
        assert problem.at.line <= lines
        assert problem.sentence("zh_CN")


@given(st.binary(max_size=60))
def test_never_fails_on_bytes(data: bytes) -> None:
    findings = Findings()
    assert read("a.yaml", data, findings) is not None or findings.failed


def test_a_large_site_file_is_read_fast() -> None:
    device = "  d{n}: {{profile: meter, line: T1, unit: {n}, label: 电表, params: {{ct: 40}}, place: 楼}}\n"
    content = "devices:\n" + "".join(device.format(n=n) for n in range(1_000))
    begin = time.process_time()
    parsed(content)
    assert time.process_time() - begin < 2.0
