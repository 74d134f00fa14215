"""The session as rows: this document, in this state, gives these answers and events."""

from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.dialects import load_dialect
from controller.consumption.upload.national.documents import Identity
from controller.consumption.upload.national.errors import DocumentError
from controller.consumption.upload.national.session import (
    MOST_NOTICES,
    Acknowledged,
    Beaten,
    Failed,
    Passed,
    Queried,
    Session,
    State,
    Step,
    Told,
)

A = load_dialect("a")
WHO = Identity("510116A001", "01")
ZONE = ZoneInfo("Asia/Shanghai")
HALF_PAST_MIDNIGHT = 1_772_641_800_000


def said(group: str, operation: str, inner: str = "", building: str = WHO.building) -> bytes:
    return (
        f"<root><common><building_id>{building}</building_id><gateway_id>01</gateway_id>"
        f'<type>{operation}</type></common><{group} operation="{operation}">{inner}</{group}></root>'
    ).encode()


PASS = said("id_validate", "result", "<result>pass</result>")
CHALLENGE = said("id_validate", "sequence", "<sequence>12345678</sequence>")


def new() -> Session:
    return Session(A, WHO, "secret", ZONE)


def opened() -> Session:
    session = new()
    session.request()
    session.receive(CHALLENGE)
    assert session.receive(PASS) == Step(events=(Passed(),))
    return session


def notices(step: Step) -> list[str]:
    return [str(event.notice) for event in step.events if isinstance(event, Told)]


def test_the_handshake() -> None:
    session = new()
    assert b'<type>request</type></common><id_validate operation="request"/>' in session.request()
    (proof,) = session.receive(CHALLENGE).answers
    assert b'<id_validate operation="md5"><md5>1c9169ec8ee891709c6db474cdf6792f</md5>' in proof
    assert session.receive(PASS).events == (Passed(),)
    assert session.state is State.OPEN


@pytest.mark.parametrize("result", ["fail", "", "PASS?", "no" * 500])
def test_anything_but_pass_is_no(result: str) -> None:
    session = new()
    session.request()
    session.receive(CHALLENGE)
    (event,) = session.receive(said("id_validate", "result", f"<result>{result}</result>")).events
    assert isinstance(event, Failed)
    assert len(event.why) <= 40
    assert session.state is State.FAILED


@pytest.mark.parametrize("sequence", ["", "1" * 65])
def test_an_odd_challenge_is_not_answered(sequence: str) -> None:
    session = new()
    session.request()
    with pytest.raises(DocumentError):
        session.receive(said("id_validate", "sequence", f"<sequence>{sequence}</sequence>"))


def test_the_key_is_proved_once_a_connection() -> None:
    session = opened()
    step = session.receive(CHALLENGE)
    assert step.answers == ()
    assert notices(step) == ["sequence out of turn was ignored"]


@pytest.mark.parametrize(
    ("document", "event"),
    [
        (said("heart_beat", "time", "<time>20260305003000</time>"), Beaten(HALF_PAST_MIDNIGHT)),
        (said("heart_beat", "time", "<time>soon</time>"), Beaten(None)),
        (said("heart_beat", "time"), Beaten(None)),
        (said("data", "continuous_ack", "<sequence>42</sequence>"), Acknowledged("continuous_ack", "42")),
        (said("data", "report_ack"), Acknowledged("report_ack", "")),
        (
            said(
                "data",
                "query",
                "<begin_time>20260305003000</begin_time><end_time>20260305004500</end_time>",
            ),
            Queried(HALF_PAST_MIDNIGHT, HALF_PAST_MIDNIGHT + 900_000),
        ),
        (said("data", "query"), Queried(0, 0)),
    ],
)
def test_what_a_centre_may_say(document: bytes, event: object) -> None:
    assert opened().receive(document) == Step(events=(event,))  # type: ignore[arg-type]
    # Before we are let in, none of it is heard.
    asked = new()
    asked.request()
    step = asked.receive(document)
    assert step.answers == ()
    assert len(notices(step)) == 1
    assert "before we were let in" in notices(step)[0]


@pytest.mark.parametrize(
    ("group", "operation", "part"),
    [
        ("sql", "modify", "a database command"),
        ("config", "modify", "a database command"),
        ("control", "reboot", "a restart"),
        ("config", "key_update", "a change of keys"),
        ("ip_port", "set", "a change of the centre's address"),
        ("upgrade", "begin", "a change of the program"),
        ("config", "colour", "unknown here"),
        ("instruction", "\u202eevil", "unknown here"),
    ],
)
def test_what_is_refused(group: str, operation: str, part: str) -> None:
    session = opened()
    document = said(group, operation, "<sql>DROP TABLE secrets</sql>")
    step = session.receive(document)
    assert step.answers == ()
    (notice,) = notices(step)
    assert part in notice
    assert "DROP" not in notice
    assert "\u202e" not in notice
    assert session.receive(document) == Step(), "told once a connection"
    assert session.state is State.OPEN


def test_notices_have_an_end() -> None:
    session = opened()
    told = [notices(session.receive(said("config", f"odd{number}"))) for number in range(100)]
    assert sum(map(len, told)) == MOST_NOTICES


@pytest.mark.parametrize(("period", "told"), [("15", 0), ("5", 1), ("soon", 1), ("", 1)])
def test_a_period_is_acknowledged_and_another_one_is_told(period: str, told: int) -> None:
    step = opened().receive(said("config", "period", f"<period>{period}</period>"))
    assert b'<config operation="period_ack"/>' in step.answers[0]
    assert len(notices(step)) == told


def test_our_key_is_never_told_though_the_centre_says_it() -> None:
    session = opened()
    told = [
        *notices(session.receive(said("config", "period", "<period>secret</period>"))),
        *notices(session.receive(said("config", "a-secret-b"))),
        *notices(session.receive(said("sql", "modify secret"))),
    ]
    assert len(told) == 3
    assert all("***" in each and "secret" not in each for each in told)


def test_what_is_meant_for_another_collector_is_ignored() -> None:
    session = opened()
    step = session.receive(said("config", "period", "<period>15</period>", "510116A002"))
    assert step.answers == ()
    assert len(notices(step)) == 1
    assert session.receive(said("heart_beat", "time", building="")).events == (Beaten(None),)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8), st.text(max_size=30)), max_size=5))
def test_any_words_are_borne(documents: list[tuple[str, str, str]]) -> None:
    session = opened()
    for document in documents:
        with suppress(DocumentError):
            session.receive(said(*document))
    assert session.state is State.OPEN
