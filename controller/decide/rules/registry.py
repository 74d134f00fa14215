"""Every kind of rule there is: its function, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from config.plan.conditions import points_of
from config.plan.rules import Hazard, Interlock, Lighting, Presence, RuleSpec
from controller.decide.rules import hazard, interlock, lighting, presence
from controller.decide.rules.look import Look


class Kind(NamedTuple):
    """One kind. All functions take its record first."""

    decide: Callable[[Any, Look], None]
    points: Callable[[Any], frozenset[int]]
    """What it looks at: a change of any of these makes it decide anew."""
    may_be_reset: Callable[[Any, Look], bool] | None = None
    """For trips: whether a person may reset it as things are."""
    inputs: Callable[[Any, int], frozenset[int]] | None = None
    """What of it matters to one point that it commands; None: all."""


KINDS: dict[type[RuleSpec], Kind] = {
    Interlock: Kind(
        interlock.decide,
        lambda spec: points_of(spec.when) | (frozenset() if spec.until is None else points_of(spec.until)),
        interlock.may_be_reset,
    ),
    Hazard: Kind(
        hazard.decide,
        lambda spec: frozenset(spec.contacts).union(
            *((item.command, item.feedback) for item in spec.withdrawals)
        ),
        hazard.may_be_reset,
    ),
    Presence: Kind(presence.decide, lambda spec: frozenset(spec.contacts)),
    Lighting: Kind(lighting.decide, lighting.points, inputs=lighting.inputs),
}
