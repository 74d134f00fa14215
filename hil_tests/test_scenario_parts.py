"""The form of scenarios: mistakes have their place, sentences a meaning, failures what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.plan.devices import Source
from config.plan.site import Plan
from hil_tests.scenario.form import Line, Scenario, Unfit
from hil_tests.scenario.moment import Moment
from hil_tests.scenario.playing import Missed, bound, play, site_of
from hil_tests.scenario.reading import read
from hil_tests.scenario.sentences import Misread, Sentence, understood
from hil_tests.stand import HOUSE, plan_of

HEAD = "one:\n  title: 一\n  site: house\n  from: 2026-03-05 10:00:00\n"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(HOUSE)


def written(folder: Path, text: str) -> list[Scenario]:
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return read(path, "s.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one: 3\n", "s.yaml:1:1: one is no scenario"),
        ("one:\n  titel: x\n", 's.yaml:2:3: "titel" is not known here; did you mean "title"?'),
        ("one:\n  title: x\n", "s.yaml:1:1: one has no site, from, steps"),
        (HEAD + "  steps: []\n", "s.yaml:5:3: expected a list of steps"),
        (HEAD.replace("10:00:00", "10") + "  steps: [{wait: 3 s}]\n", '4:9: "2026-03-05 10" is no time'),
        (HEAD + "  steps: [{wait: 3}]\n", "5:18: 3 has no unit"),
        (HEAD + "  steps: [{until: 25:00}]\n", '5:19: "25:00" is no time of day'),
        (HEAD + "  steps: [{within: 9 s}]\n", 'expected both "within" and "expect"'),
        (HEAD + "  steps: [{within: 2 s, expect: yard is on}]\n", "nothing can be told sooner than 4 s"),
        (HEAD + "  speed: 9\n  steps: [{within: 20 s, expect: a is b}]\n", "sooner than 36 s"),
        (HEAD + "  speed: 9\n  steps: [{wait: 20 s, meanwhile: a is b}]\n", "less than a minute"),
        (HEAD + "  steps: [{fualt: {freeze: relay}}]\n", 'did you mean "fault"?'),
        (HEAD + "  steps: [{fault: {freeze: relay}, show: {a: 1}}]\n", "one thing is done in a step"),
        (HEAD + "  steps: [{within: 9 s, expect: [3]}]\n", "5:34: expected a sentence"),
        (HEAD + "  quick: yes\n  steps: [{wait: 3 s}]\n", "5:10: quick is no bool"),
        ("one: [\n", "s.yaml:"),
    ],
)
def test_a_mistake_in_a_file_has_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Unfit) as told:
        written(tmp_path, text)
    assert said in str(told.value)


def test_the_site_is_a_path_from_the_file_or_one_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "scenarios").mkdir(parents=True)
    (own / "site.yaml").touch()
    file = own / "scenarios" / "s.yaml"

    def at(site: str) -> Path:
        file.write_text(HEAD.replace("house", site) + "  steps: [{wait: 3 s}]\n", encoding="utf-8")
        return site_of(read(file, str(file))[0]).resolve()

    assert at("..") == at(str(own)) == own
    assert at("house") == HOUSE
    (own / "scenarios" / "house").mkdir()
    assert at("house") == HOUSE, "a folder without a site is none"
    with pytest.raises(Unfit, match="no site huose among"):
        at("huose")


def test_what_a_site_does_not_have_is_told_at_once_and_all_of_it(tmp_path: Path, plan: Plan) -> None:
    steps = """  steps:
    - within: 9 s
      expect: [yrad is on, yard is 30 %, hall-lights is 30 kW, yard is]
    - fault: {freeze: rely}
    - show: {relay.ch9: on}
    - set: {point: yard}
    - set: {point: yard, value: on, untl: "18:00"}
    - fault: {frezee: relay}
    - set: {point: yard, value: on, for: soon}
    - reset: {rule: fire, reason: 试}
    - apply: perhaps
    - upstream: perhaps
"""
    (scenario,) = written(tmp_path, HEAD + steps)
    with pytest.raises(Unfit) as told:
        bound(scenario, plan)
    lines = str(told.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "s.yaml:7:16", "s.yaml:7:28", "s.yaml:7:42", "s.yaml:7:64", "s.yaml:8:7", "s.yaml:9:7", "s.yaml:10:7",
        "s.yaml:11:7", "s.yaml:12:7", "s.yaml:13:7", "s.yaml:14:7", "s.yaml:15:7",
        "s.yaml:16:7",
    ]  # fmt: skip
    assert 'did you mean "yard"' in lines[0]
    assert "takes on or off" in lines[1]
    assert "is in %, not kW" in lines[2]
    assert "says nothing; expected one of" in lines[3]
    assert 'did you mean "relay"?' in lines[4]
    assert "it does not say value" in lines[6]
    assert 'did you mean "until"?' in lines[7]
    assert 'did you mean "freeze"?' in lines[8]


NOW = Moment(
    at_ms=0.0,
    truth={"relay.ch1": True, "hall.zone1_level": 60.02, "node.fan_mode": 1},
    read={
        "relay.ch1": {"value": True, "quality": "good"},
        "hall.zone1_level": {"value": 60.0, "quality": "stale"},
    },
    alarms=(
        {"kind": "device-lost", "subject": "node", "active": True, "state": "active-unacked"},
        {"kind": "trip", "subject": "pump", "active": False, "state": "returned-unacked"},
    ),
    offline=frozenset({"node"}),
    writes={"relay": 7},
    sent={"relay.ch1": 3},
    why={"relay.ch1": "person 值班员 · set by hand"},
    said="WARNING instance 1001 clash\n",
    logged={("meter", 0, 1): (1,), ("meter", 300, 1): (2,)},
    upstream={("meter", 0, 1): (1,), ("meter", 300, 1): (3,)},
)
BEFORE = Moment(at_ms=0.0, writes={"relay": 5}, sent={"relay.ch1": 3})


@pytest.mark.parametrize(
    ("words", "so"),
    [
        ("yard is on", True),
        ("院灯 is on", True),
        ("yard is off", False),
        ("hall-lights is 60 %", True),
        ("hall-lights is 59 %", False),
        ("hall-lights above 59 %", True),
        ("hall-lights above 61 %", False),
        ("hall-lights below 61 %", True),
        ("yard reads on", True),
        ("hall-lights reads 60 %", False),
        ("hall-lights reads nothing", True),
        ("yard reads nothing", False),
        ("alarm device-lost on node", True),
        ("alarm device-lost", True),
        ("alarm device-lost on relay", False),
        ("alarm trip on pump", False),
        ("no alarm trip on pump", True),
        ("no alarm device-lost", False),
        ("node is lost", True),
        ("node answers", False),
        ("relay answers", True),
        ("at most 2 writes reach relay", True),
        ("at most 1 write reach relay", False),
        ("nothing is sent to relay", True),
        ("nothing is sent to yard", True),
        ('why yard says "值班员"', True),
        ('why yard says "by a rule"', False),
        ('the log says "clash"', True),
        ('the log says "moved"', False),
        ("upstream has all", False),
        ("upstream lacks some", True),
        ("upstream has 2 intervals of meter", True),
        ("upstream has 3 intervals of meter", False),
    ],
)
def test_a_sentence_is_so_or_not(plan: Plan, words: str, so: bool) -> None:
    sentence = said(plan, words)
    assert sentence.judge(NOW, BEFORE)[0] is so


def test_nothing_that_is_unknown_is_so(plan: Plan) -> None:
    empty = Moment(at_ms=0.0, truth={"hall.zone1_level": None})
    for words in ("hall-lights is 0 %", "hall-lights below 100 %", "yard is off"):
        assert not said(plan, words).judge(empty, BEFORE)[0]
    assert not said(plan, "upstream has all").judge(empty, BEFORE)[0]
    with pytest.raises(Misread, match='did you mean "meter"'):
        said(plan, "upstream has 2 intervals of meters")
    with pytest.raises(Misread, match="is no number that could be above another"):
        said(plan, "yard above on")


def said(plan: Plan, words: str) -> Sentence:
    return understood(Line(Source("s.yaml", 1, 1), words), plan)


@pytest.mark.hil
@pytest.mark.timeout(120)
async def test_a_time_that_a_slow_start_has_missed_is_not_waited_for_until_tomorrow(tmp_path: Path) -> None:
    """At this speed the daemon is there minutes late: what is only waited for is over, what was to be watched
    cannot be told."""
    late = HEAD.replace("10:00:00", "09:59:59") + "  speed: 600\n  steps:\n    - until: '10:00'\n"
    (scenario,) = written(tmp_path, late)
    folder = tmp_path / "stand"
    folder.mkdir()
    (played,) = await play(scenario, folder)
    assert played.took_s < 60.0
    (watched,) = written(tmp_path, late + "      meanwhile: yard is on\n")
    folder = tmp_path / "again"
    folder.mkdir()
    with pytest.raises(Missed, match="already: too late to look"):
        await play(watched, folder)
    assert len(list(folder.iterdir())) == 3, "it was tried again, twice"


@pytest.mark.hil
@pytest.mark.timeout(120)
async def test_a_failure_tells_what_was_seen_and_why(tmp_path: Path) -> None:
    steps = """  steps:
    - within: 30 s
      expect: [yard is on, hall-lights reads 60 %]
    - set: {point: hall-lights, value: 25 %, for: 1 h, reason: 试灯}
    - within: 5 s
      expect: [yard is on, hall-lights is 30 %]
"""
    (scenario,) = written(tmp_path, HEAD + steps)
    folder = tmp_path / "stand"
    folder.mkdir()
    with pytest.raises(Missed) as told:
        await play(scenario, folder)
    lines = str(told.value).splitlines()
    assert lines[0].startswith("one (一), at 10:00:")
    assert lines[1:3] == ["s.yaml:10:28: hall-lights is 30 %", "    seen: hall.zone1_level is 25 %"]
    text = "\n".join(lines)
    for part in (
        "hall.zone1_level at the device: ",
        "alarms: none; lost: none",
        "louguan why hall.zone1_level:",
        "试灯",
        "read-back hall.zone1_level 25 slot 8",
    ):
        assert part in text, text
    assert "yard is on\n" not in text
