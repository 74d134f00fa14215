"""What a bench found out: figures with their bounds, each beside a floor or peer that took turns with it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.measure import table

ROUNDS = 5
"""Of each contender; a median of fewer says little."""


class Figure(NamedTuple):
    """One line of the table: median, least and most of the rounds, in `unit` ("×" for a ratio), and the bound
    it is held to, if any: at most, or at least when `least_wanted`."""

    what: str
    value: float
    least: float
    most: float
    unit: str
    bound: float | None = None
    least_wanted: bool = False
    against: str = ""

    @property
    def met(self) -> bool:
        """Within its bound; true without one."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.least_wanted else self.value <= self.bound


def in_turns(contenders: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Each contender's figure of each round. They take turns, in the other order every other round, so that
    whatever else the machine does falls on all alike."""
    took: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(contenders)
        for name in names if number % 2 == 0 else reversed(names):
            took[name].append(contenders[name]())
    return took


def ratio(
    what: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    against: str,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Figure:
    """Of two contenders round by round: ours over theirs; theirs over ours where `at_least` says how many
    times less we are to take."""
    pairs = zip(ours, theirs, strict=True)
    return _figure(
        what,
        [them / us if at_least is not None else us / them for us, them in pairs],
        "×",
        at_most,
        at_least,
        against,
    )


def value(
    what: str,
    rounds: Sequence[float],
    unit: str,
    at_most: float | None = None,
    at_least: float | None = None,
    against: str = "",
) -> Figure:
    """A figure that stands for itself."""
    return _figure(what, rounds, unit, at_most, at_least, against)


def _figure(
    what: str,
    rounds: Sequence[float],
    unit: str,
    at_most: float | None,
    at_least: float | None,
    against: str,
) -> Figure:
    return Figure(
        what,
        median(rounds),
        min(rounds),
        max(rounds),
        unit,
        at_most if at_least is None else at_least,
        at_least is not None,
        against,
    )


class Asked(NamedTuple):
    """How a bench was called."""

    quick: bool
    figures: Path | None
    own: argparse.Namespace
    """The options that the bench itself has."""

    @property
    def rounds(self) -> int:
        """One, when nothing is judged."""
        return 1 if self.quick else ROUNDS


def asked(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> Asked:
    """The options that all benches of `make bench` share, and those the parser has."""
    parser.add_argument("--quick", action="store_true", help="run everything once, briefly; judge nothing")
    parser.add_argument("--figures", type=Path, metavar="FILE", help="write the figures there too, as JSON")
    given = parser.parse_args(arguments)
    return Asked(given.quick, given.figures, given)


def tell(figures: Sequence[Figure], how: Asked) -> int:
    """Print the table, and write it where it was asked for; the exit code: 1 when a bound is not kept."""
    print(shown(figures))
    if how.figures is not None:
        how.figures.write_text(json.dumps([figure._asdict() for figure in figures]), encoding="utf-8")
    return 0 if how.quick or all(figure.met for figure in figures) else 1


def read(file: Path) -> list[Figure]:
    """What `tell` wrote."""
    return [Figure(**figure) for figure in json.loads(file.read_text(encoding="utf-8"))]


def rows(figures: Sequence[Figure]) -> list[list[str]]:
    """The cells of the table."""
    return [
        [
            figure.what,
            _number(figure.value, figure.unit),
            f"{_number(figure.least)} to {_number(figure.most)}",
            "" if figure.bound is None else f"{'≥' if figure.least_wanted else '≤'} {_number(figure.bound)}",
            "" if figure.bound is None else "yes" if figure.met else "NO",
            figure.against,
        ]
        for figure in figures
    ]


HEADS = ("what", "median", "least to most", "wanted", "met", "against")


def shown(figures: Sequence[Figure]) -> str:
    """The table, for a terminal."""
    return table(HEADS, rows(figures))


def _number(amount: float, unit: str = "") -> str:
    digits = 0 if abs(amount) >= 100 else 1 if abs(amount) >= 10 else 2 if abs(amount) >= 0.1 else 4
    return f"{amount:,.{digits}f}{' ' + unit if unit else ''}"
