"""Faults as they are typed to simulate: for devices that exist, answered, and all of them documented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.language import render, text
from controller.cli.faults import Faults, NotAFault, Wish, refusal
from drivers.simulators.__main__ import _obey
from drivers.simulators.bacnet.faults import NAMES
from drivers.simulators.faults import BACNET, KINDS, OF_VALUES
from drivers.simulators.simulation import Simulation
from tests.controller.house import house
from tests.drivers.simulators import plans
from tests.test_language import translations

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ("freeze lamp", Wish("freeze", "lamp", False, True, {})),
        ("Freeze lamp off", Wish("freeze", "lamp", False, False, {})),
        ("slow lamp seconds=5", Wish("slow", "lamp", False, True, {"seconds": 5.0})),
        (
            "failed-machine panel machine=pump",
            Wish("failed-machine", "panel", False, True, {"machine": "pump"}),
        ),
        ("unplug T1", Wish("unplug", "T1", True, True, {})),
        ("no-cov hall", Wish("no-cov", "hall", False, True, {})),
    ],
)
def test_what_is_typed(typed: str, wish: Wish) -> None:
    assert Faults(house()).read(typed) == wish


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("freeze", "type a fault and a device, like: freeze lamp"),
        ("off", "type a fault and a device, like: freeze lamp"),
        ("freeze lmap", 'no device or line named lmap; did you mean "lamp"?'),
        ("frezee lamp", 'frezee is no fault here; help lists them; did you mean "freeze"?'),
        ("crc hall", "crc is no fault here; help lists them"),
        ("no-cov lamp", "no-cov is no fault here; help lists them"),
        ("reliability hall point=nosuch", "hall has no point nosuch; it has "),
        ("slow lamp 5", "5 is not understood; write seconds=5"),
    ],
)
def test_what_is_no_fault_is_answered_with_what_to_type(typed: str, says: str) -> None:
    with pytest.raises(NotAFault) as error:
        Faults(house()).read(typed)
    assert str(error.value).startswith(says)


def test_a_fault_that_took_effect_is_told() -> None:
    faults = Faults(house())
    began = render(faults.told(faults.read("freeze lamp")), "zh_CN")
    assert began == "lamp：freeze：听不到也不应答"
    assert str(faults.told(faults.read("freeze lamp off"))) == "lamp: freeze is over"
    assert render(refusal("panel has no machine x; it has a, b"), "zh_CN") == "panel 没有电机 x；它有 a, b"
    assert render(refusal("panel has no machines"), "zh_CN") == "panel 没有电机"


@pytest.mark.parametrize(
    ("typed", "zh"),
    [
        ("counter-jump meter by=abc", "counter-jump：by 写的是 abc，不是数"),
        ("slow meter seconds=x", "slow：seconds 写的是 x，不是数"),
        ("slow T1 seconds=nan", "slow：seconds 写的是 nan，不是数"),
        ("slow meter minutes=5", "slow 可带 seconds，不是 minutes"),
        ("freeze meter seconds=5", "freeze 不带参数，不能写 seconds"),
        ("failed-machine meter machine=x", "meter 没有电机"),
        ("counter-jump relay by=1", "relay 没有计数"),
    ],
)
async def test_what_the_simulators_do_not_take_is_said_in_words(typed: str, zh: str) -> None:
    plan = plans.small(plans.TCP)
    wish = Faults(plan).read(typed).command()
    async with Simulation(plan, {}, plans.Clock(), tick_s=3600) as simulation:
        answer = await _obey(simulation, json.dumps(wish))
        assert not answer["ok"]
        assert render(refusal(answer["error"]), "zh_CN") == zh
        assert not simulation.devices["meter"].faults


def test_help_lists_every_fault_of_the_site_in_both_languages() -> None:
    for language in ("zh_CN", "en"):
        page = "\n".join(render(words, language) for words in Faults(house()).help())
        assert all(f"  {name}" in page for name in {*KINDS, *BACNET})


def test_every_fault_is_described_in_chinese_and_in_both_guides() -> None:
    assert set(NAMES) <= set(BACNET)
    assert set(OF_VALUES) <= set(KINDS)
    known = translations()
    assert not [
        said for said in (*BACNET.values(), *(kind.says for kind in KINDS.values())) if said not in known
    ]
    for page in ("guide.zh.md", "guide.en.md"):
        written = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert not [name for name in sorted({*KINDS, *BACNET}) if f"`{name}`" not in written], page
    assert render(text(KINDS["freeze"].says), "en") == "hears nothing and answers nothing"
