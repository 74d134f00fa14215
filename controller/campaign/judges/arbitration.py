"""The lowest slot that asks for a value wins, caps and floors of lower slots bound it, and all of it is said:
who, why, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

from config.language import Text, render, text
from config.plan.reading import Value
from controller.campaign.seen import Breach, Seen
from controller.decide.requests import Op, Request

NAME = "winners"
MINIMUM_TIMES = 6
EVERY = 60
"""Cycles between two looks at all that stands."""
LANGUAGES = ("en", "zh_CN")


class Winners:
    """Works out anew what should have won."""

    def __init__(self) -> None:
        self._cycle = 0

    def look(self, seen: Seen) -> Iterator[Breach]:
        if seen.last:
            return
        self._cycle += 1
        points = [decision.point for decision in seen.step.decisions]
        if self._cycle % EVERY == 0:
            points = list(seen.decisions)
        for point in points:
            wrong = _unlike(seen, point)
            if wrong is not None:
                yield Breach(NAME, seen.plan.points[point].key, wrong)
        for decision in seen.step.decisions[:1]:
            said = seen.engine.explain(decision.point, seen.now)
            if said.result != seen.decisions[decision.point]:
                yield Breach(NAME, decision.key, text("why says another thing than was decided"))


def _unlike(seen: Seen, point: int) -> Text | None:
    """What of a decision is not as it should be."""
    result = seen.decisions[point]
    winner, value = _verdict(result.slots)
    if result.winner != winner:
        return text(
            "{found} has won, it should be {wanted}",
            found=_said(result.winner),
            wanted=_said(winner),
        )
    if result.held is not None:
        if result.held.slot != MINIMUM_TIMES:
            return text("something holds it at slot {slot}", slot=result.held.slot)
        value = result.held.value if result.value is not None else None
    if result.value != value:
        return text("{found} came of it, it should be {wanted}", found=str(result.value), wanted=str(value))
    told = [request for request in (winner, result.held) if request is not None]
    if winner is not None and not winner.source:
        return text("nobody knows who asks for it")
    if any(not render(request.reason, language) for request in told for language in LANGUAGES):
        return text("nobody knows why it is so")
    return None


def _verdict(slots: tuple[tuple[Request, ...], ...]) -> tuple[Request | None, Value | None]:
    winner: Request | None = None
    for standing in slots:
        values = sorted((one for one in standing if one.op is Op.VALUE), key=lambda one: one.order)
        if values and values[0].value is not None:
            winner = values[0]
            break
    if winner is None or winner.value is None:
        return None, None
    value: Value = winner.value
    for slot in range(winner.slot - 1, 0, -1):  # the lower the slot, the later, and the last word
        for request in sorted(slots[slot - 1], key=lambda one: one.order, reverse=True):
            limit = request.value
            if request.op is Op.VALUE or limit is None or isinstance(limit, str) or isinstance(value, str):
                continue
            if (request.op is Op.CAP and value > limit) or (request.op is Op.FLOOR and value < limit):
                value = limit
    return winner, value


def _said(request: Request | None) -> str:
    return "-" if request is None else f"{request.value} @{request.slot} {request.source}"
