"""The page of what a site's programme saves, and its picture, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import escape

from bench.savings_words import NEEDS, QUANTITIES, VARIANT_NAMES, WORDS
from controller.rehearsal.result import Frame

if TYPE_CHECKING:
    from bench.savings import Figures

Span: TypeAlias = "tuple[Frame, Mapping[str, Figures]]"
_LEAST_SHARE = 0.005
"""A system whose figures differ by less is not listed: nothing of it is commanded."""
_COLOURS = {"default": "#b2182b", "time-clock": "#ef8a62", "programme": "#2166ac"}
_WIDE, _LEFT, _BAR = 900, 190, 11


def page(spans: Sequence[Span], language: str) -> str:
    """Markdown."""
    frame, figures = spans[0]
    own = figures["programme"]
    named = {
        "site": own.label or own.site if language == "zh" else own.site,
        "name": own.site,
        "cycle": f"{frame.cycle_s:g}",
        "seed": frame.seed,
        "version": version("louguan"),
        "plan": own.plan[:12],
        "days": frame.days,
        "first": frame.first.isoformat(),
    }
    template = Path(__file__).with_name(f"savings.{language}.md").read_text(encoding="utf-8")
    tables = "\n\n".join(part for span in spans for part in _span(span, language))
    return template.format(summary=_summary(spans, language), spans=tables, **named)


def _summary(spans: Sequence[Span], language: str) -> str:
    words = WORDS[language]
    lines = []
    for frame, figures in spans:
        own = figures["programme"]
        for variant in ("default", "time-clock"):
            other = figures[variant]
            lines.append(
                words["summary"].format(
                    month=frame.first.strftime("%Y-%m"),
                    other=VARIANT_NAMES[language][variant],
                    kwh=f"{other.kwh - own.kwh:,.0f}",
                    share=_percent(other.kwh, own.kwh),
                    yuan="—" if own.yuan is None or other.yuan is None else f"{other.yuan - own.yuan:,.0f}",
                    of=_of_commanded(figures, variant),
                )
            )
    return "\n".join(lines)


def _of_commanded(figures: Mapping[str, Figures], variant: str) -> str:
    """The same as a share of what the commanded systems use."""
    names = _differing(figures)
    before = sum(figures[variant].systems[name].kwh for name in names)
    return _percent(before, sum(figures["programme"].systems[name].kwh for name in names))


def _span(span: Span, language: str) -> Iterator[str]:
    words, variants = WORDS[language], VARIANT_NAMES[language]
    frame, figures = span
    yield f"## {frame.first.strftime('%Y-%m')}"
    head = [words["system"], *(f"{variants[name]}, kWh" for name in variants), words["less"], words["yuan"]]
    yield _table(head, [*_systems(figures, language), *_totals(figures, language)])
    yield _table([words["volume"], *variants.values()], list(_volumes(figures, language)))
    yield _table([words["unmet"], *variants.values()], list(_needs(figures, language)))


def _differing(figures: Mapping[str, Figures]) -> list[str]:
    """Systems of which the programme commands something, by what it saves."""
    own, alone = figures["programme"].systems, figures["default"].systems
    found = []
    for name in own:
        amounts = [one.systems[name].kwh for one in figures.values()]
        if max(amounts) and (max(amounts) - min(amounts)) / max(amounts) > _LEAST_SHARE:
            found.append(name)
    return sorted(found, key=lambda name: own[name].kwh - alone[name].kwh)


def _systems(figures: Mapping[str, Figures], language: str) -> Iterator[list[str]]:
    alone = figures["default"]
    for name in _differing(figures):
        own = figures["programme"].systems[name]
        before = alone.systems[name]
        saved = None if own.yuan is None or before.yuan is None else before.yuan - own.yuan
        yield [
            own.label if language == "zh" else name,
            *(f"{figures[variant].systems[name].kwh:,.0f}" for variant in VARIANT_NAMES[language]),
            _percent(before.kwh, own.kwh),
            "—" if saved is None else f"{saved:,.0f}",
        ]


def _totals(figures: Mapping[str, Figures], language: str) -> Iterator[list[str]]:
    words, own, alone = WORDS[language], figures["programme"], figures["default"]
    saved = None if own.yuan is None or alone.yuan is None else alone.yuan - own.yuan
    yield [
        f"**{words['whole']}**",
        *(f"{figures[variant].kwh:,.0f}" for variant in VARIANT_NAMES[language]),
        _percent(alone.kwh, own.kwh),
        "—" if saved is None else f"{saved:,.0f}",
    ]
    if own.yuan is not None:
        costs = [figures[variant].yuan for variant in VARIANT_NAMES[language]]
        cells = ["—" if cost is None else f"{cost:,.0f}" for cost in costs]
        yield [words["cost"], *cells, "", ""]


def _volumes(figures: Mapping[str, Figures], language: str) -> Iterator[list[str]]:
    for name, (quantity, label, _) in figures["programme"].volumes.items():
        amounts = [figures[variant].volumes[name][2] for variant in VARIANT_NAMES[language]]
        if any(amounts):
            shown = label if language == "zh" else name
            kind = QUANTITIES[language].get(quantity, quantity)
            yield [f"{shown} ({kind})", *(f"{amount:,.1f}" for amount in amounts)]


def _needs(figures: Mapping[str, Figures], language: str) -> Iterator[list[str]]:
    words, variants = WORDS[language], VARIANT_NAMES[language]
    for kind in figures["programme"].unmet:
        cells = [f"{figures[variant].unmet.get(kind, 0):,}" for variant in variants]
        yield [NEEDS[language].get(kind, kind), *cells]
    yield [words["starts"], *(f"{figures[variant].starts:,}" for variant in variants)]
    yield [words["writes"], *(f"{figures[variant].writes:,}" for variant in variants)]


def _percent(before: float, after: float) -> str:
    return "—" if not before else f"{100 * (after - before) / before:+.1f} %".replace("-", "−")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


# The picture


def picture(spans: Sequence[Span], language: str) -> str:
    """Bars of the systems that are commanded, kWh a day; SVG."""
    words, variants = WORDS[language], VARIANT_NAMES[language]
    most = max(
        (
            figures[variant].systems[name].kwh / frame.days
            for frame, figures in spans
            for name in _differing(figures)
            for variant in variants
        ),
        default=1.0,
    )
    parts = [_label(16, 26, words["title"], "start", 16)]
    x = 16.0
    for variant, name in variants.items():
        parts.append(f'<rect x="{x:.0f}" y="40" width="12" height="12" fill="{_COLOURS[variant]}"/>')
        parts.append(_label(x + 18, 51, name, "start"))
        x += 46 + sum(13 if ord(sign) > 0x2E80 else 7.5 for sign in name)
    y = 84.0
    for frame, figures in spans:
        parts.append(_label(16, y, frame.first.strftime("%Y-%m"), "start", 14))
        y += 12
        for name in _differing(figures):
            shown = figures["programme"].systems[name].label if language == "zh" else name
            parts.append(_label(_LEFT - 10, y + 2 * _BAR, shown, "end"))
            for variant in variants:
                each = figures[variant].systems[name].kwh / frame.days
                wide = (_WIDE - _LEFT - 80) * each / most
                parts.append(
                    f'<rect x="{_LEFT}" y="{y:.0f}" width="{wide:.1f}" height="{_BAR - 1}" '
                    f'fill="{_COLOURS[variant]}"/>'
                )
                parts.append(_label(_LEFT + wide + 6, y + _BAR - 1.5, f"{each:,.0f}", "start", 10))
                y += _BAR
            y += 10
        y += 24
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {y:.0f}" width="{_WIDE}" '
        f'height="{y:.0f}" font-family="Noto Sans CJK SC, Microsoft YaHei, sans-serif" fill="#222222">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"


def _label(x: float, y: float, words: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(words)}</text>'
