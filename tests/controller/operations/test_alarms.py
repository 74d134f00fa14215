"""What people ask of alarms and do about them, as the socket has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.language import text
from controller.decide.records import Notice, PersonCommand
from controller.notify.telling import event
from controller.operations.alarms import AlarmList
from controller.operations.status import Status
from tests.controller.house import house
from tests.controller.operations.asking import call, refusal
from tests.controller.shell import Shell, shell


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with shell(tmp_path, house()) as found:
        command = found.daemon.accept

        async def done(wanted: PersonCommand) -> None:
            await command(wanted)
            found.cycle()

        monkeypatch.setattr(found.daemon, "command", done)
        found.house_answers()
        found.cycle()
        notice(found, "disk")
        yield found


def notice(made: Shell, kind: str, *, on: bool = True) -> None:
    made.board.take([Notice(kind, "", text("{name}", name=kind), on)], made.clock.now().wall_ms)
    made.cycle()


async def test_the_most_urgent_comes_first(made: Shell) -> None:
    alarms = AlarmList(made.daemon)
    notice(made, "files")
    notice(made, "gas")
    found = await alarms.listed(call("alarms"))
    assert [(row["kind"], row["priority"], row["state"]) for row in found["alarms"]] == [
        ("gas", "critical", "active-unacked"),
        ("disk", "high", "active-unacked"),
        ("files", "low", "active-unacked"),
    ]
    assert found["counts"] == {"critical": 1, "high": 1, "medium": 0, "low": 1, "unacked": 3, "shelved": 0}
    status = await Status(made.daemon).answer(call("status"))
    assert status["alarms"] == found["counts"]
    assert [row["kind"] for row in status["alarm_list"]] == ["disk", "files", "gas"]


async def test_acknowledging_is_in_the_ledger_by_name(made: Shell) -> None:
    alarms = AlarmList(made.daemon)
    done = await alarms.acknowledge(call("alarm-ack", alarms=[1], comment="看过了"))
    assert (done["ids"], done["alarms"][0]["state"]) == ([1], "active-acked")
    assert (done["alarms"][0]["acked_by"], done["alarms"][0]["comment"]) == ("王工 (li)", "看过了")
    (row,) = [row for row in made.ledger() if row.entry.who]
    assert (row.entry.who, row.entry.why, row.entry.detail) == (
        "王工 (li)",
        "看过了",
        "acknowledge alarm 1: disk",
    )
    assert (await refusal(alarms.acknowledge(call("alarm-ack", alarms=[1]))))[0] == "refused"
    assert (await refusal(alarms.acknowledge(call("alarm-ack", all=True))))[0] == "refused"
    notice(made, "store")
    notice(made, "store", on=False)
    done = await alarms.acknowledge(call("alarm-ack", all=True))
    assert done["ids"] == [2]
    assert [row["kind"] for row in (await alarms.listed(call("alarms")))["alarms"]] == ["disk"]


async def test_shelving_has_an_end_and_a_reason(made: Shell) -> None:
    alarms = AlarmList(made.daemon)
    done = await alarms.shelve(call("alarm-shelve", alarms=[1], for_s=7200, reason="换盘"))
    assert done["until"] == "2026-03-05T09:00:02+08:00"
    assert (await alarms.listed(call("alarms")))["alarms"] == []
    (row,) = (await alarms.listed(call("alarms", all=True)))["alarms"]
    assert (row["state"], row["shelved_by"], row["shelved_why"]) == ("shelved", "王工 (li)", "换盘")
    await alarms.unshelve(call("alarm-unshelve", alarms=[1]))
    assert [row["state"] for row in (await alarms.listed(call("alarms")))["alarms"]] == ["active-unacked"]
    details = [row.entry.detail.partition(" alarm")[0] for row in made.ledger() if row.entry.who]
    assert [words.partition(" ")[0] for words in details] == ["shelve", "unshelve"]


@pytest.mark.parametrize(
    ("op", "args", "code", "where"),
    [
        ("acknowledge", {"alarms": ["1"]}, "bad-request", "alarms"),
        ("acknowledge", {"alarms": [True]}, "bad-request", "alarms"),
        ("acknowledge", {"alarms": []}, "bad-request", "alarms"),
        ("acknowledge", {"alarms": [99]}, "refused", ""),
        ("acknowledge", {"alarms": [1], "comment": "a\nb"}, "refused", "comment"),
        ("shelve", {"alarms": [1], "for_s": 0, "reason": "x"}, "bad-request", "for_s"),
        ("shelve", {"alarms": [1], "for_s": 60}, "refused", ""),
        ("shelve", {"alarms": [1], "for_s": 90_000, "reason": "x"}, "refused", ""),
        ("unshelve", {"alarms": [1]}, "refused", ""),
    ],
)
async def test_what_is_refused(made: Shell, op: str, args: dict[str, object], code: str, where: str) -> None:
    answer = getattr(AlarmList(made.daemon), op)(call(op, **args))
    found = await refusal(answer)
    assert (found[0], found[2]) == (code, where)


async def test_the_history_has_what_is_over(made: Shell) -> None:
    alarms = AlarmList(made.daemon)
    notice(made, "files")
    notice(made, "files", on=False)
    made.ledger()  # waits for the commits
    found = await alarms.listed(call("alarms", history=True))
    assert [(row["kind"], row["state"]) for row in found["alarms"]] == [
        ("files", "normal"),
        ("disk", "active-unacked"),
    ]
    made.clock.advance(3600)
    recent = await alarms.listed(call("alarms", history=True, since_s=60))
    assert [row["kind"] for row in recent["alarms"]] == ["disk"], "it still stands"


def test_subscribers_hear_each_transition_in_both_languages(made: Shell) -> None:
    heard: list[dict[str, object]] = []
    made.daemon.published = lambda telling: heard.append(event(telling, made.daemon.context.local))
    words = text("observe mode: nothing is sent to any device; it ends by: louguan observe off")
    made.board.take([Notice("observe", "", words, on=True)], 0)
    made.cycle()
    (one,) = heard
    assert (one["transition"], one["kind"], one["state"]) == ("raised", "observe", "active-unacked")
    assert one["message_en"] == str(words)
    assert "观察模式" in str(one["message_zh"])
