"""apply and rollback over the socket's operations, and what people are shown of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.plan import codec
from config.plan.site import Plan
from controller.cli import apply_tables
from controller.cli.main import main
from controller.operations.applying import Apply
from controller.store.plans import Acceptance, Version
from controller.swap.offer import parts
from controller.swap.versions import told
from tests.controller.operations.asking import call, refusal
from tests.controller.swap.bench import Bench, bench, heard, site

WHY = "writes were rejected: hall.level: exception 2"


async def hand_over(apply: Apply, plan: Plan) -> None:
    for number, part in enumerate(parts(codec.dump(plan))):
        await apply.part(call("plan-part", hash=plan.hash, number=number, part=part))


async def ask(made: Bench, apply: Apply, plan: Plan, **args: Any) -> dict[str, Any]:
    await hand_over(apply, plan)
    async with made.cycling():
        return await apply.apply(call("apply", hash=plan.hash, **args))


def louguan(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0), capsys.readouterr().out


async def test_it_says_what_it_would_do_and_does_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with bench(tmp_path, site("a", "b")) as made:
        heard(made)
        apply = Apply(made.daemon, made.applying, made.taking)
        following = site("b", default=25.0)
        found = await ask(made, apply, following, check=True)
        assert found["number"] is None
        assert made.daemon.plan == site("a", "b")
        assert {sort: part["removed"] for sort, part in found["changes"].items() if part["removed"]} == {
            "devices": ("a",),
            "points": ("a.level", "a.power", "a.energy", "a.switch"),
        }
        assert [(item["point"], item["value"]) for item in found["writes"]] == [("b.level", 25.0)]
        assert [(item["point"], item["value"]) for item in found["last_writes"]] == [("a.level", 0.0)]
        assert len(await made.applying.versions()) == 1

        in_force: list[Plan] = []

        async def held_against_the_files() -> None:
            in_force.append(made.daemon.plan)

        made.applying.in_force = held_against_the_files
        done = await ask(made, apply, following, comment="less of it")
        assert done["number"] == 2
        assert in_force == [following]
        assert {**done, "number": None} == found
        apply_tables.applied(done, "en", only_checked=False)
        assert capsys.readouterr().out.splitlines() == [
            "devices, removed: a",
            "points, removed: a.level, a.power, a.energy, a.switch",
            "programmes, changed: lamps",
            "written at once: b.level (b.level) → 25",
            "written as it leaves the plan: a.level (a.level) → 0",
            "version 2 is in force",
        ]
        again = await ask(made, apply, following)
        assert (again["number"], again["changes"], again["writes"]) == (None, {}, [])

        async with made.cycling():
            back = await apply.roll_back(call("rollback", comment="too dark"))
        assert (back["number"], made.daemon.plan) == (1, site("a", "b"))
        assert in_force == [following, site("a", "b")]
        code, out = louguan(capsys, "history", "--data", str(tmp_path), "--json")
        assert code == 0
        rows = json.loads(out)["versions"]
        assert [(row["number"], row["state"], row["why"]) for row in rows] == [
            (3, "in-force", ""),
            (2, "rolled-back", "too dark"),
            (1, "replaced", ""),
        ]
        assert [row["person"] for row in rows] == ["王工 (li)", "王工 (li)", "Li"]
        code, out = louguan(capsys, "history", "--data", str(tmp_path), "--lang", "zh")
        assert code == 0
        assert "已回退" in out
        assert "less of it; too dark" in out
        assert "too dark; 回退到版本 1" in out


async def test_wrong_use_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path, site("a")) as made:
        apply = Apply(made.daemon, made.applying, made.taking)
        plan = site("a", default=20.0)
        whole = "the plan did not come whole: try again"
        assert await refusal(apply.apply(call("apply", hash=plan.hash))) == ("bad-request", whole, "part")
        wrong = call("plan-part", hash=plan.hash, number=3, part="x")
        assert (await refusal(apply.part(wrong)))[1] == whole
        await hand_over(apply, plan)
        code, message, where = await refusal(apply.apply(call("apply", hash=plan.hash, comment="a\nb")))
        assert (code, where) == ("refused", "comment")
        assert "one line" in message
        assert (await refusal(apply.roll_back(call("rollback"))))[1] == "there is no version before this one"
        assert "no version 9" in (await refusal(apply.roll_back(call("rollback", number=9))))[1]
        assert "in force already" in (await refusal(apply.roll_back(call("rollback", number=1))))[1]
        assert (await refusal(apply.roll_back(call("rollback", number="1"))))[0] == "bad-request"
        assert made.daemon.plan == site("a")


def test_what_the_daemon_wrote_down_is_said_in_the_readers_language(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = [
        Version(2, Acceptance("b" * 64, 1_772_676_000_000, "louguan", f"rollback to 1: {WHY}", "", 1)),
        Version(1, Acceptance("a" * 64, 1_772_672_400_000, "Li", "", "more [light]")),
    ]
    apply_tables.history(told(known, {"a" * 64}), ZoneInfo("Asia/Shanghai"), "zh_CN")
    out = " ".join(capsys.readouterr().out.split())
    assert "2026-03-05 10:00" in out  # the site's time, whatever this machine's is
    assert "状态 " in out
    assert "写入被拒绝" in out
    assert "rejected" not in out
    assert "more [light]" in out
