"""The report's data of a small site, as kept in golden/; `python -m tests.controller.accept.golden` makes it
anew."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from controller.accept.records import Measured, Note, Run
from controller.accept.report import report
from tests.controller.accept.stand import MORNING, Stand

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("zh_CN", "en")
SITE = """
site: {name: shop, label: 车间, language: zh_CN, calendar: none,
  place: {time_zone: Asia/Shanghai, latitude: 30.5, longitude: 103.9}}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11, timeout: 300 ms}}
devices:
  do-1: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
  di-1: {profile: input-8, line: T1, unit: 2, label: 输入}
  safety: {profile: input-8-safety, line: T1, unit: 3, label: 火警}
  panel: {profile: canteen-hood, line: T1, unit: 4, label: 排烟柜, if_unheard: {after: 120 s, goes_to: auto}}
equipment:
  pump: {kind: pump, label: 水泵, safe: off, run_cmd: do-1.ch1, run_fb: di-1.di1, auto: di-1.di2,
    min_off: 2 min}
  lamp: {kind: lamp-group, label: 门灯, switch: do-1.ch7}
  bell: {kind: socket, label: 电铃, switch: do-1.ch5}
rules:
  fire: {kind: fire, label: 消防, contacts: [safety.di1], yields: [lamp]}
  dry: {kind: interlock, when: di-1.di3 is active, then: [{target: pump.run_cmd, value: off}], reset: auto,
    on_bad_input: trip}
"""


def story(folder: Path) -> Stand:
    """A pump that starts and a bell whose relay lies; a lamp that nobody may write to; a dead input box in a
    second run, then back; an instrument, and a note."""
    with Stand(folder, SITE) as stand:
        began = Run(MORNING, None, "李工", "0.1.0", "3.11", "0" * 64, False, True, 0, ("pump", "lamp"))
        stand.keeper.begin(began)
        stand.run(stand.wish("pump.run_cmd"))
        stand.simulation.force("safety.di1", True)
        stand.run(stand.wish("lamp.switch"))
        stand.simulation.force("safety.di1", None)
        stand.within(stand.simulation.fault("lying-write", device="do-1"))
        stand.run(stand.wish("bell.switch"))
        stand.run(stand.wish(lose=["di-1"]))
        now_ms = stand.clock.now().wall_ms
        stand.keeper.noted(stand.plan.points[stand.id("lamp.switch")], Note("灯具未装", "王工", now_ms))
        stand.keeper.measured(stand.plan.points[stand.id("di-1.di4")], Measured(True, 0.0, "王工", now_ms))
        stand.run()
        stand.keeper.end(stand.clock.now().wall_ms)
    return stand


def reports() -> dict[str, dict[str, Any]]:
    """By language."""
    with tempfile.TemporaryDirectory() as folder:
        stand = story(Path(folder))
        made_ms = stand.clock.now().wall_ms
        found = {one: report(stand.plan, stand.keeper.progress, one, made_ms) for one in LANGUAGES}
    for data in found.values():
        data["plan"] = "0" * 64  # of the compiler's version, among other things
    return found


def written(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for language, data in reports().items():
        (GOLDEN / f"{language}.json").write_text(written(data), encoding="utf-8")
