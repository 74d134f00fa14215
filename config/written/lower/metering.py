"""All of the section `meters` to its record of the Plan."""

from __future__ import annotations

from config.language import text
from config.plan.metering import Metering
from config.written.lower.integrals import lower_integrals
from config.written.lower.meters import Meters, keys_of
from config.written.lower.naming import PointNames
from config.written.lower.sums import lower_sums, virtual
from config.written.lower.tree import lower_tree
from config.written.model.meters import OF_INTEGRALS, OF_SUMS
from config.written.nodes import ANY
from config.written.problems import Findings, one_of


def lower_metering(meters: Meters, names: PointNames, interval_s: int, findings: Findings) -> Metering:
    """What is integrated, summed and hangs below what; tells everything wrong with it."""
    integrated = lower_integrals(meters, names, interval_s, findings)
    sums = lower_sums(meters, findings)
    labels = _labels(meters, findings)
    return Metering(
        integrated=integrated,
        virtual=tuple(virtual(made) for made in sums.values()),
        submeters=lower_tree(meters, sums, findings),
        labels=labels,
    )


def _labels(meters: Meters, findings: Findings) -> tuple[tuple[str, str], ...]:
    """The names of meters that devices are, where an entry gives them one."""
    labels = []
    for named in meters.written.meters.values():
        keys = keys_of(named)
        if not keys.isdisjoint((*OF_SUMS, *OF_INTEGRALS)):
            continue
        if named.entry.lacks(ANY):
            continue  # it may be one of those
        label = named.written.label
        if keys.isdisjoint(("label", "submeter_of")):
            findings.problem(
                named.entry.at,
                text('nothing is said of "{name}"', name=named.name),
                one_of(("sum", "integrate", "submeter_of", "label")),
            )
            continue
        if meters.find(named.name, named.entry.at, own=True) is None:
            continue
        if label is not None:
            labels.append((named.name, label))
    return tuple(labels)
