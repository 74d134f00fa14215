"""What the simulated plant should know of a site: plant.yaml, the devices' hints, the profiles' numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.language import text
from config.written.gather import gather
from config.written.load import load
from config.written.nodes import Entry, Table, plain
from config.written.problems import Enough, Findings


def plant_facts(directory: Path, findings: Findings) -> dict[str, Any] | None:
    """plant.yaml as plain data, its `devices` filled up from profile and device; None with problems told.

    A device's "model" is the profile's `plant`; `plant_facts`, the device's `plant` and plant.yaml's own
    entry follow, the later beating the earlier.
    """
    try:
        files = load(directory, findings)
        written = gather(files, findings)
    except Enough:
        return None
    facts: dict[str, Any] = {} if files.plant is None else plain(files.plant.node)
    own = _devices(files.plant, findings)
    if findings.failed:
        return None
    devices: dict[str, dict[str, Any]] = {}
    for name, named in written.devices.items():
        profile = written.profiles[named.written.profile]
        assert profile is not None
        model = {} if profile.head.plant is None else {"model": profile.head.plant}
        devices[name] = {**model, **profile.head.plant_facts, **named.written.plant, **own.pop(name, {})}
    # A name the site does not have is left for the simulator to refuse.
    return {**facts, "devices": {**devices, **own}}


def _devices(plant: Entry | None, findings: Findings) -> dict[str, dict[str, Any]]:
    section = None if plant is None else plant.child("devices")
    facts = {}
    for entry in section.children() if section else []:
        if isinstance(entry.node, Table):
            facts[entry.name] = plain(entry.node)
        else:
            findings.problem(
                entry.at,
                text('"{name}" must be a table', name=entry.name),
                text('lines such as "key: value"'),
            )
    return facts
