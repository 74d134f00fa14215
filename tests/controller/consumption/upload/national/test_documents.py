"""Documents: what they look like, round trips, and hostile XML."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.dialects import load_dialect
from controller.consumption.upload.national import markup
from controller.consumption.upload.national.documents import (
    DATA,
    Function,
    Identity,
    MeterValues,
    Report,
    build,
    digest,
    parse,
    read_report,
    read_time,
    report_parts,
    write_time,
)
from controller.consumption.upload.national.errors import DocumentError
from controller.consumption.upload.national.markup import Element

A, B = load_dialect("a"), load_dialect("b")
WHO = Identity("510116A001", "01")
ZONE = ZoneInfo("Asia/Shanghai")
REPORT = Report(
    "00000000000000000042",
    "yes",
    1_772_641_800_000,  # 2026-03-04 16:30:00 UTC, half past midnight of the 5th in China
    1,
    1,
    (MeterValues("0001", (Function("1", "01A10", "192", "1234.5"), Function("8", "01A10", "0", ""))),),
)


def test_a_report_as_the_guideline_orders_it() -> None:
    made = build(A, WHO, DATA, "report", report_parts(A, REPORT, ZONE))
    assert made == (
        b'<?xml version="1.0" encoding="utf-8"?><root>'
        b"<common><building_id>510116A001</building_id><gateway_id>01</gateway_id><type>report</type></common>"
        b'<data operation="report"><sequence>00000000000000000042</sequence><parser>yes</parser>'
        b"<time>20260305003000</time><total>1</total><current>1</current>"
        b'<meter id="0001"><function id="1" coding="01A10" error="192">1234.5</function>'
        b'<function id="8" coding="01A10" error="0"/></meter></data></root>'
    )


def test_what_a_dialect_changes() -> None:
    other = replace(
        B, declaration=False, function_attributes=("coding", "id"), time_format="%Y-%m-%d %H:%M:%S"
    )
    made = build(other, WHO, DATA, "report", report_parts(other, REPORT, ZONE)).decode()
    assert made.startswith("<root><common><project_id>510116A001</project_id>")
    assert "<time>2026-03-05 00:30:00</time>" in made
    assert '<function coding="01A10" id="1">' in made


def test_the_digest_in_either_order() -> None:
    # printf '12345678secret' | md5sum, printf 'secret12345678' | md5sum
    assert digest(A, "12345678", "secret") == "1c9169ec8ee891709c6db474cdf6792f"
    assert digest(B, "12345678", "secret") == "7ee080c6739056454793b9864669d85f"


# GB 18030 reads two signs of GB 2312 as others (U+2015, U+30FB), as Windows does.
WORDS = st.text(
    st.characters(codec="gb2312", exclude_categories=("Cc", "Cs"), exclude_characters="―・"), max_size=20
).map(str.strip)
VALUES = st.decimals(-(10**9), 10**9, places=3).map(lambda number: f"{number:f}") | st.just("")
REPORTS = st.builds(
    Report,
    sequence=st.from_regex(r"[0-9]{1,20}", fullmatch=True),
    parser=st.sampled_from(["yes", "no"]),
    time_ms=st.none() | st.integers(0, 4_000_000_000).map(lambda seconds: seconds * 1000),
    total=st.integers(0, 10**6),
    current=st.integers(0, 10**6),
    meters=st.lists(
        st.builds(
            MeterValues,
            WORDS,
            st.lists(st.builds(Function, WORDS, WORDS, WORDS, VALUES), max_size=3).map(tuple),
        ),
        max_size=4,
    ).map(tuple),
)


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312"])
@settings(deadline=None)
@given(report=REPORTS)
def test_reports_come_back(encoding: str, report: Report) -> None:
    dialect = replace(A, encoding=encoding)
    zone = ZoneInfo("UTC")  # where no hour comes twice
    message = parse(dialect, build(dialect, WHO, DATA, "report", report_parts(dialect, report, zone)))
    assert (message.who, message.group, message.operation) == (WHO, "data", "report")
    assert read_report(dialect, message, zone) == report


@given(st.integers(946_684_800, 4_102_444_800))
def test_times_come_back(seconds: int) -> None:
    # China has had no daylight saving time since 1991.
    assert read_time(A, write_time(A, seconds * 1000, ZONE), ZONE) == seconds * 1000


@pytest.mark.parametrize(
    "said", ["", "2026", "20261305003000", "00000101000000", "٢0260305003000", "9" * 900]
)
def test_what_is_no_time(said: str) -> None:
    with pytest.raises(DocumentError):
        read_time(A, said, ZONE)


def test_the_operation_is_taken_from_type_where_the_content_does_not_say() -> None:
    said = (
        b"<root><common><type>time</type></common><heart_beat><time>20260305003000</time></heart_beat></root>"
    )
    message = parse(A, said)
    assert (message.group, message.operation, message.who) == ("heart_beat", "time", Identity("", ""))


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "laughs": f'<!DOCTYPE root [<!ENTITY l0 "ha">{LAUGHS}]><root><common>&l9;</common></root>',
    "outside": '<!DOCTYPE root [<!ENTITY x SYSTEM "file:///etc/passwd">]><root><common>&x;</common></root>',
    "doctype": "<!DOCTYPE root><root><common/></root>",
    "instruction": "<?run this?><root><common/></root>",
    "deep": "<root>" + "<a>" * 50_000,
    "a little too deep": "<root><common/>" + "<a>" * 12 + "</a>" * 12 + "</root>",
    "many": "<root><common/>" + "<a/>" * 30_000 + "</root>",
    "attributes": "<root " + " ".join(f'a{n}=""' for n in range(500)) + "/>",
    "unknown entity": "<root><common>&nbsp;</common></root>",
    "cut": "<root><common>",
    "two": "<root/><root/>",
    "encoding": '<?xml version="1.0" encoding="utf-7"?><root><common/></root>',
    "other": "<html><common/></html>",
    "no common": "<root/>",
    "nothing": "",
    "blank": "   ",
    "zero": "<root>\0</root>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_refused_at_once(name: str) -> None:
    began_s = time.thread_time()
    with pytest.raises(DocumentError):
        parse(A, HOSTILE[name].encode())
    assert time.thread_time() - began_s < 1.0


def test_too_large_a_document_is_refused() -> None:
    with pytest.raises(DocumentError, match="too large"):
        parse(A, b"<root><common/>" + b" " * markup.MOST_BYTES + b"</root>")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_an_error(data: bytes) -> None:
    for said in (data, b"<root><common/>" + data + b"</root>"):
        with suppress(DocumentError):
            parse(A, said)


@pytest.mark.parametrize(
    "inner",
    [
        b"<total>-1</total>",
        b"<total>1e9</total>",
        b"<current>9999999999</current>",
        b"<time>yesterday</time>",
        b"<meter id='1'><function id='1'>nan</function></meter>",
        b"<meter id='1'><function id='1'>1e400</function></meter>",
        b"<meter id='1'><function id='" + b"1" * 500 + b"'>1</function></meter>",
        b"<sequence>" + b"1" * 500 + b"</sequence>",
    ],
)
def test_odd_reports_are_refused(inner: bytes) -> None:
    message = parse(A, b"<root><common/><data operation='report'>" + inner + b"</data></root>")
    with pytest.raises(DocumentError):
        read_report(A, message, ZONE)


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(DocumentError, match="control"):
        markup.write(Element("root", text="\x01"), "utf-8", True)
    with pytest.raises(DocumentError, match="lacks"):
        markup.write(Element("root", text="é€"), "gb2312", True)
