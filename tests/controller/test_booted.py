"""Which boot it is, and what of it outlives the daemon in control.db."""

from __future__ import annotations

from pathlib import Path

from controller.booted import boot_id
from controller.decide.records import Remembered
from controller.store.control import Changes, ControlStore
from tests.controller.decide.rules.test_restart import House

NOON = 1_772_683_200_000


def start(data: Path, changes: Changes) -> Remembered:
    """A start of the daemon, one commit, and a kill. Returns what the start found."""
    store = ControlStore.open(data, NOON)
    found = store.begin(NOON, trusted=True, version="0.1", plan="ab" * 32).remembered
    store.commit(changes).result(10)
    store.close()
    return found


def test_this_machine_says_which_boot_it_is() -> None:
    assert boot_id() == boot_id() != ""


def test_starts_that_wait_go_on_waiting_over_a_kill(tmp_path: Path) -> None:
    made = House().boot().run(33)
    before = made.rig.engine.remembered()
    start(tmp_path, Changes(NOON, outputs=before.outputs, rules=before.rules))
    after = start(tmp_path, Changes(NOON))
    assert set(map(repr, after.rules)) == set(map(repr, before.rules))
    (restart,) = (item.memory for item in after.rules if item.rule == "site restart")
    assert restart["machine"] == "second boot"
    assert [key for key in restart if key.startswith("went-")] == ["went-relays.ch4"]
    assert {key for key in restart if key.startswith("wait-")} >= {"wait-relays.ch1", "wait-relays.ch2"}
