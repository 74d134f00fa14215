"""How long changes by hand are left alone: no longer than a person's command may last."""

from __future__ import annotations

from config.language import text
from config.plan.equipment import KINDS
from config.written.gather import Written
from config.written.problems import Findings


def check_hands(written: Written, findings: Findings) -> None:
    """Tell what would be left alone for too long, and equipment of which nothing is commanded."""
    longest_s = None if written.site is None else written.site.written.override.at_most
    declared = [(item.entry, item.written.hand) for item in written.devices.values()]
    declared += [(item.entry, item.written.hand or 0.0) for item in written.equipment.values()]
    for entry, left_s in declared:
        if longest_s is not None and left_s > longest_s:
            findings.problem(
                entry.place(["hand"]),
                text("an override may last {hours} h here at most", hours=f"{longest_s / 3600:g}"),
                text("at most so long"),
            )
    for named in written.equipment.values():
        roles = KINDS[named.written.kind]
        commanded = any(role.command and getattr(named.written, name) for name, role in roles.items())
        if named.written.hand is not None and not commanded:
            why = text("nothing is commanded")
            findings.problem(
                named.entry.place(["hand"]),
                text('"{key}" does not belong here: {why}', key="hand", why=why),
            )
