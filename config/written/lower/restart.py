"""The order of restarts to the record of the Plan."""

from __future__ import annotations

from collections.abc import Mapping

from config.language import text
from config.plan.equipment import RUN
from config.plan.points import Point
from config.plan.restart import Restart
from config.written.gather import Written
from config.written.lower.equipment import Bound
from config.written.lower.targets import Targets
from config.written.model.site import RestartWritten, SiteWritten
from config.written.named import Named
from config.written.problems import Findings, Wrong
from config.written.quantities import inside


def lower_restart(
    written: Written, targets: Targets, bound: Bound, points: Mapping[int, Point], findings: Findings
) -> Restart | None:
    """What is declared first, then every other motor and every large lamp group in the order of the Plan.
    None where nothing is written; everything wrong is told."""
    if written.site is None or written.site.written.restart is None:
        return None
    entry, said = written.site.entry, written.site.written.restart
    declared: dict[int, None] = {}
    for index, item in enumerate(said.order):
        path: list[object] = ["restart", "order", index]
        for target in targets.pick(entry, path, item, text("the order of restarts"), motors=True):
            if target.point.kind not in ("bool", "number"):
                findings.problem(
                    entry.place(path),
                    text("{name} is neither a switch nor a level: no start shows in it", name=target.shown),
                    hint=text("machines that a panel starts are staggered by the panel"),
                )
            elif target.point.id in declared:
                findings.problem(entry.place(path), text("{name} is named twice", name=target.shown))
            declared[target.point.id] = None
    above_kw = _above(written.site, said, findings)
    for equipment in bound.equipment.values():
        roles = dict(equipment.roles)
        if RUN in roles:
            declared.setdefault(roles[RUN], None)
        elif above_kw is not None and equipment.kind == "lamp-group" and equipment.primary is not None:
            large = (equipment.rated_kw or 0.0) >= above_kw
            declared |= {equipment.primary: None} if large and equipment.primary not in declared else {}
    staggered = [point for point in declared if point in points and points[point].command is not None]
    if not staggered:
        findings.note(entry.place(["restart"]), text("nothing of this site is staggered: it has no motor"))
    return Restart(said.after, said.stagger, tuple(staggered), said.devices, said.within)


def _above(site: Named[SiteWritten], said: RestartWritten, findings: Findings) -> float | None:
    """From how many kW on lamp groups are staggered; None: none is."""
    if said.lamps_above is None:
        return None
    try:
        return float(inside(said.lamps_above, "kW"))
    except Wrong as error:
        findings.wrong(site.entry.place(["restart", "lamps_above"]), error)
        return None
