"""How long changes by hand are left alone: no longer than a person's command may last."""

from __future__ import annotations

from config.language import text
from config.plan.equipment import KINDS
from config.written.gather import Written
from config.written.nodes import Entry
from config.written.problems import Findings


def check_hands(written: Written, findings: Findings) -> None:
    """Tell what would be left alone for too long, and equipment of which nothing is commanded."""
    longest_s = None
    if written.site is not None and written.site.entry.whole("override"):
        longest_s = written.site.written.override.at_most
    for device in written.devices.values():
        _check_length(device.entry, device.written.hand, longest_s, findings)
    for equipment in written.equipment.values():
        left_s = equipment.written.hand
        if left_s is None:
            continue
        _check_length(equipment.entry, left_s, longest_s, findings)
        roles = KINDS[equipment.written.kind]
        commands = [name for name, role in roles.items() if role.command]
        if not any(getattr(equipment.written, name) or equipment.entry.lacks(name) for name in commands):
            why = text("nothing is commanded")
            findings.problem(
                equipment.entry.place(["hand"]),
                text('"{key}" does not belong here: {why}', key="hand", why=why),
            )


def _check_length(entry: Entry, left_s: float, longest_s: float | None, findings: Findings) -> None:
    if longest_s is not None and left_s > longest_s:
        findings.problem(
            entry.place(["hand"]),
            text("an override may last {hours} h here at most", hours=f"{longest_s / 3600:g}"),
            text("at most so long"),
        )
