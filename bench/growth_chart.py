"""A chart of costs against sizes, both as logarithms: what is linear runs beside the dashed line. SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 1000, 520, 60, 470, 50, 50
_COLOURS = ("#b2182b", "#2166ac", "#1b7837", "#762a83", "#c9771f", "#666666", "#0f8b8d")
_APART = 44
"""Between two keys, pixels."""


class Curve(NamedTuple):
    """Costs by how many times the size they are of, 1 among them."""

    what: str
    unit: str
    costs: Mapping[int, float]


def draw(curves: Sequence[Curve]) -> str:
    """All of them, each against its own cost at 1 time."""
    most = max(max(curve.costs) for curve in curves)
    relative = [[cost / curve.costs[1] for cost in curve.costs.values()] for curve in curves]
    low = min(0.5, *(min(costs) for costs in relative))
    high = max(1.5 * most, *(max(costs) for costs in relative))

    def x(times: float) -> float:
        return _LEFT + (_WIDE - _LEFT - _RIGHT) * math.log2(times) / math.log2(most)

    def y(cost: float) -> float:
        return _HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * math.log2(cost / low) / math.log2(high / low)

    parts = ['<rect width="100%" height="100%" fill="#ffffff"/>']
    parts.append(_words(_LEFT, 26, "Cost against size, both relative to 1 ×", bold=True))
    for power in range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1):
        parts.append(_line(_LEFT, y(2.0**power), _WIDE - _RIGHT, y(2.0**power), "#dddddd"))
        parts.append(_words(_LEFT - 8, y(2.0**power) + 4, f"{2.0**power:g}", anchor="end"))
    for times in curves[0].costs:
        parts.append(_line(x(times), _TOP, x(times), _HIGH - _BOTTOM, "#eeeeee"))
        parts.append(_words(x(times), _HIGH - _BOTTOM + 20, f"{times} ×", anchor="middle"))
    parts.append(_line(x(1), y(1), x(most), y(most), "#222222", "6 5"))
    parts.append(_words(x(most) - 8, y(most) - 10, "linear", anchor="end"))
    for number, (curve, costs) in enumerate(zip(curves, relative, strict=True)):
        colour = _COLOURS[number % len(_COLOURS)]
        corners = [(x(times), y(cost)) for times, cost in zip(curve.costs, costs, strict=True)]
        line = " ".join(f"{across:.1f},{down:.1f}" for across, down in corners)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in corners]
        top = _TOP + 10 + number * _APART
        left = _WIDE - _RIGHT + 40
        parts.append(f'<rect x="{left}" y="{top}" width="14" height="14" fill="{colour}"/>')
        parts.append(_words(left + 22, top + 12, curve.what))
        span = f"{curve.costs[1]:,.3g} to {curve.costs[most]:,.3g} {curve.unit}"
        parts.append(_words(left + 22, top + 28, span, colour="#666666"))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" '
        f'height="{_HIGH}" font-family="Noto Sans, DejaVu Sans, sans-serif" fill="#222222">'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashed}/>'


def _words(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#222222", bold: bool = False
) -> str:
    look = ' font-size="16" font-weight="bold"' if bold else ' font-size="13"'
    return (
        f'<text x="{x:.1f}" y="{y:.1f}"{look} text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
    )
