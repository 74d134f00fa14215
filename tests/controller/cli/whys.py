"""What `why` prints of chosen situations, kept as text.

`python -m tests.controller.cli.whys` writes the texts anew, for review by eye.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.plan.reading import Quality, Value
from controller.cli import speech, why_then
from controller.cli.why_table import show
from controller.decide.records import Lock, Override, PersonCommand, Unlock
from controller.operations.why import Why
from controller.socket.server import Call
from drivers.api import DeviceState, Fate, SlotState
from tests.controller.cli.why_site import plan
from tests.controller.shell import Shell, shell
from tests.schedules.build import at

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = {"en": "en", "zh_CN": "zh"}
PERSON = "王工 (li)"


class Scene:
    """A daemon with its files, whose devices say what they are told."""

    def __init__(self, made: Shell, data: Path) -> None:
        self.shell = made
        self.data = data
        self.says: dict[str, Value | None] = {
            point.key: False if point.kind == "bool" else 1 if point.kind == "enum" else 0.0
            for point in made.plan.points
        }
        self.says |= {"inputs.di7": True, "hall.zone1_level": 10.0, "hall.zone1_lux": 200.0}
        self.says |= {"signs.di7": True, "grey.reuse_level": 50.0, "grey.eq_level": 20.0}
        self.mute: set[str] = set()
        """Devices that are not heard."""
        for device in made.plan.devices:
            made.put(DeviceState(device.id, True, "test"))
        self.run(2)

    def run(self, seconds: int) -> Scene:
        for _ in range(seconds):
            for key, value in self.says.items():
                if key.partition(".")[0] not in self.mute:
                    self.shell.read(key, value, Quality.BAD if value is None else Quality.GOOD)  # type: ignore[arg-type]
            self.shell.cycle()
            for line in self.shell.lines.values():
                if line.fate is Fate.READ_BACK:
                    written = ((self.shell.plan.points[write.point].key, write) for write in line.written)
                    self.says |= {key: write.value for key, write in written if write.value is not None}
                line.written.clear()
        return self

    def wait_until(self, minute: str) -> Scene:
        """Nothing but time passes."""
        self.shell.clock.advance((at(minute) - self.shell.clock.now().wall_ms) / 1000 - 1)
        return self.run(4)

    def set(self, **says: Value | None) -> Scene:
        self.says.update({key.replace("_", ".", 1): value for key, value in says.items()})
        return self

    def do(self, command: PersonCommand) -> Scene:
        async def obey() -> None:
            await self.shell.daemon.accept(command)

        asyncio.run(obey())
        return self.run(2)

    def override(self, key: str, value: Value, hours: float, reason: str) -> Scene:
        now = self.shell.clock.now().wall_ms
        return self.do(Override(key, value, PERSON, reason, now, now + round(hours * 3_600_000)))


Prepare = Callable[[Scene], object]
Ask = Callable[[Scene, str], dict[str, Any]]


def _now(point: str, prepare: Prepare) -> tuple[Prepare, Ask]:
    def ask(scene: Scene, language: str) -> dict[str, Any]:
        return asyncio.run(Why(scene.shell.daemon).answer(Call("why", {"point": point}, PERSON, language)))

    return prepare, ask


def _then(point: str, minute: str, prepare: Prepare) -> tuple[Prepare, Ask]:
    def ask(scene: Scene, language: str) -> dict[str, Any]:
        scene.shell.ledger()
        plan, local = scene.shell.plan, scene.shell.daemon.context.local
        at_ms = why_then.moment_of(minute, local, scene.shell.clock.now().wall_ms)
        then = why_then.Then(plan, why_then.meant(plan, point), local, language)
        if at_ms > scene.shell.clock.now().wall_ms:
            return then.foreseen(at_ms, why_then.overrides(scene.data, then.point, at_ms))
        return then.past(at_ms, why_then.told(scene.data, plan, then.point, at_ms))

    return prepare, ask


def _raised_by_hand(scene: Scene) -> None:
    """Somebody is there and stays, and what is set by hand ends with the period of the programme."""
    scene.set(hall_zone1_presence=True).wait_until("2026-03-05 11:30")
    now_ms, noon_ms = scene.shell.clock.now().wall_ms, at("2026-03-05 12:00")
    scene.do(Override("hall.zone1_level", 60.0, PERSON, "来访", now_ms, noon_ms))


def _trip(scene: Scene) -> None:
    scene.set(inputs_di6=True, inputs_di1=True).run(200).set(inputs_di5=True).run(3)
    scene.set(inputs_di1=False, inputs_di5=False).run(5)


def _locked(scene: Scene) -> None:
    scene.wait_until("2026-03-05 09:12")
    scene.do(Lock("hall-lights", PERSON, "换灯管", scene.shell.clock.now().wall_ms))


def _lost(scene: Scene) -> None:
    scene.set(inputs_di3=True).run(2)
    number = next(device.id for device in scene.shell.plan.devices if device.name == "inputs")
    scene.mute.add("inputs")
    scene.shell.put(DeviceState(number, False, "time-out"))
    scene.run(30)


def _cut_off(scene: Scene) -> None:
    scene.wait_until("2026-03-05 09:12")
    number = next(device.id for device in scene.shell.plan.devices if device.name == "hall")
    scene.mute.add("hall")
    scene.shell.put(DeviceState(number, False, "time-out"))
    scene.run(400)


def _resting(scene: Scene) -> None:
    scene.set(inputs_di6=True).run(20)


def _came_back(scene: Scene) -> None:
    """The power of the boxes was gone for a while; their relays have dropped."""
    scene.set(inputs_di3=True).run(3).set(inputs_di2=True).run(3)
    gone = [device for device in scene.shell.plan.devices if device.name in ("relays", "inputs", "mains")]
    for device in gone:
        scene.mute.add(device.name)
        scene.shell.put(DeviceState(device.id, False, "time-out"))
    scene.run(30).set(relays_ch2=False, inputs_di2=False)
    scene.mute.clear()
    for device in gone:
        scene.shell.put(DeviceState(device.id, True, "answers"))
    scene.run(200)


def _shed(scene: Scene) -> None:
    scene.set(mains_p_total=60.0).wait_until("2026-03-05 09:12").set(mains_p_total=97.0).run(130)


def _failing(scene: Scene) -> None:
    for line in scene.shell.lines.values():
        line.fate = Fate.REJECTED
    scene.override("relays.ch3", True, 2, "夜间检修").run(40)


def _others(scene: Scene) -> None:
    scene.wait_until("2026-03-05 09:12")
    point = scene.shell.plan.point_named("hall.zone1_level")
    assert point is not None
    scene.set(hall_zone1_level=55.0)
    scene.shell.put(SlotState(point.id, ((6, 55.0), (15, 80.0))))
    scene.run(2)


def _by_hand(scene: Scene) -> None:
    """Somebody at the relay box itself."""
    scene.wait_until("2026-03-05 09:12").set(more_ch1=False).run(3)


def _spared(scene: Scene) -> None:
    scene.set(mains_p_total=60.0).wait_until("2026-03-05 09:12")


def _calm(scene: Scene) -> None:
    """What was shed is not needed any more, for two minutes so far."""
    _shed(scene)
    scene.set(mains_p_total=40.0).run(290)


def _filling(scene: Scene) -> None:
    scene.set(grey_reuse_level=25.0).run(184).set(signs_di1=True).run(3).set(grey_reuse_level=43.0).run(1)


def _level_lost(scene: Scene) -> None:
    _filling(scene)
    scene.set(grey_reuse_level=None).run(5)


def _full(scene: Scene) -> None:
    """The sump has run over, and is back below the limit for 25 s."""
    scene.set(grey_eq_level=97.0).run(15).set(grey_eq_level=88.0).run(26)


def _lifting(scene: Scene) -> None:
    """The first pump has its turn, for 12 min so far."""
    scene.set(grey_eq_level=65.0).run(2).set(signs_di2=True).run(720)


def _lift_by_hand(scene: Scene) -> None:
    _lifting(scene)
    scene.override("works.ch2", True, 2, "试泵")


def _lift_failed(scene: Scene) -> None:
    _lifting(scene)
    scene.set(signs_di4=True).run(3).set(signs_di2=False, signs_di3=True, signs_di4=False).run(10)


def day_gone_by(scene: Scene) -> None:
    """A person sets the light, another locks it, and both are over."""
    scene.wait_until("2026-03-05 08:00").override("hall.zone1_level", 35.0, 1.5, "来访")
    scene.wait_until("2026-03-05 09:00").do(Lock("hall", "Li", "换驱动", scene.shell.clock.now().wall_ms))
    scene.wait_until("2026-03-05 10:00").do(Unlock("hall", "Li")).wait_until("2026-03-05 13:00")


SHOWN: dict[str, tuple[Prepare, Ask]] = {
    "programme": _now("hall-lights", lambda scene: scene.wait_until("2026-03-05 09:12")),
    "override": _now("lamp", lambda scene: scene.override("relays.ch3", True, 2, "夜间检修")),
    "override-over-programme": _now(
        "hall-lights",
        lambda scene: scene.wait_until("2026-03-05 11:30").override("hall.zone1_level", 35.0, 2, "来访"),
    ),
    "raised-next": _now("hall-lights", _raised_by_hand),
    "raised": _now(
        "hall-lights",
        lambda scene: scene.set(hall_zone1_presence=True).run(60).set(hall_zone1_presence=False).run(60),
    ),
    "trip": _now("pump-1.run_cmd", _trip),
    "rest": _now("pump-1.run_cmd", _resting),
    "lock": _now("大厅灯", _locked),
    "selector": _now("pump-1.run_cmd", lambda scene: scene.set(inputs_di7=False, inputs_di6=True).run(200)),
    "fire": _now("fan.run_cmd", lambda scene: scene.set(safety_di1=True, inputs_di3=True).run(5)),
    "lost": _now("fan.run_cmd", _lost),
    "device-lost": _now("hall-lights", _cut_off),
    "failing": _now("lamp", _failing),
    "others": _now("hall-lights", _others),
    "by-hand": _now("porch", _by_hand),
    "past-by-hand": _then("porch", "2026-03-05 09:12:06", _by_hand),
    "read-only": _now("hall.zone1_lux", lambda scene: scene.run(1)),
    "restart": _now("fan.run_cmd", _came_back),
    "shed": _now("stairs", _shed),
    "spared": _now("stairs", _spared),
    "calm": _now("stairs", _calm),
    "level-on": _now("fill.run_cmd", _filling),
    "level-off": _now("fill.run_cmd", lambda scene: scene.set(signs_di8=True).run(60)),
    "level-bad": _now("fill.run_cmd", _level_lost),
    "reset-by-itself": _now("fill.run_cmd", _full),
    "reset-by-hand": _now("pump-1.run_cmd", lambda scene: scene.set(inputs_di5=True).run(5)),
    "duty-turn": _now("lift-1.run_cmd", _lifting),
    "duty-next": _now("lift-2.run_cmd", _lifting),
    "duty-by-hand": _now("lift-1.run_cmd", _lift_by_hand),
    "duty-alone": _now("lift-2.run_cmd", _lift_failed),
    "duty-tripped": _now("lift-1.run_cmd", _lift_failed),
    "past-shed": _then("stairs", "2026-03-05 09:14", _shed),
    "past": _then("hall-lights", "2026-03-05 09:15", day_gone_by),
    "past-no-reason": _then(
        "lamp", "2026-03-05 07:00:06", lambda scene: scene.override("relays.ch3", True, 4, "").run(5)
    ),
    "past-before-no-reason": _then(
        "lamp", "2026-03-05 07:00:01", lambda scene: scene.override("relays.ch3", True, 4, "").run(5)
    ),
    "past-early": _then("hall-lights", "2026-03-01 12:00", day_gone_by),
    "past-rest": _then("pump-1.run_cmd", "2026-03-05 07:00:20", _resting),
    "past-raised": _then(
        "hall-lights",
        "2026-03-05 07:00:30",
        lambda scene: scene.set(hall_zone1_presence=True).run(60),
    ),
    "past-before-raised": _then(
        "hall-lights",
        "2026-03-05 07:00:02",
        lambda scene: scene.set(hall_zone1_presence=True).run(60),
    ),
    "heat-stored": _now(
        "boiler", lambda scene: scene.set(tea_temperature=90.0).wait_until("2026-03-05 09:16")
    ),
    "flush": _now("boiler", lambda scene: scene.run(30)),
    "hours-ahead": _now("wall", lambda scene: scene.wait_until("2026-03-05 09:16")),
    "turns": _now("wall", lambda scene: scene.run(30)),
    "past-flush": _then(
        "boiler", "2026-03-05 07:01", lambda scene: scene.run(200).wait_until("2026-03-05 09:16")
    ),
    "foreseen": _then("hall-lights", "2026-03-06 09:12", day_gone_by),
    "foreseen-year": _then("hall-lights", "2026-12-31 15:00", day_gone_by),
    "foreseen-holiday": _then("hall-lights", "2026-10-01 10:00", day_gone_by),
    "foreseen-by-hand": _then(
        "hall-lights",
        "2026-03-05 11:45",
        lambda scene: scene.wait_until("2026-03-05 11:30").override("hall.zone1_level", 35.0, 2, "来访"),
    ),
}


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with shell(data, plan()) as made:
            yield Scene(made, data)


def printed(name: str) -> dict[str, str]:
    """What is printed, by language."""
    prepare, ask = SHOWN[name]
    said = {}
    with contextlib.redirect_stderr(io.StringIO()), scene() as made:
        prepare(made)
        for language in LANGUAGES:
            with contextlib.redirect_stdout(io.StringIO()) as out:
                show(speech.clean(ask(made, language)), language)
            said[language] = out.getvalue()
    return said


def file_of(name: str, language: str) -> Path:
    return GOLDEN / f"why-{name}.{LANGUAGES[language]}.txt"


def main() -> None:
    for name in SHOWN:
        for language, said in printed(name).items():
            file_of(name, language).write_text(said, encoding="utf-8")


if __name__ == "__main__":
    main()
