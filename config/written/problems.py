"""What is wrong with the written files, and how it is said."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from config.language import Text, render, text
from config.plan.devices import Source
from config.written import signs
from config.written.meant import MEANT

MOST_SHOWN = 200
"""Problems printed at once; a file that is not a site at all has more, and nobody reads them."""
MOST_KEPT = 1_000
"""Problems after which no more is looked for."""
MOST_GUESSES = 60
"""Guesses at what was meant cost time; after so many problems none is made."""
_PROFILE = 'no profile named "{name}"'
_LONGEST_PART = 600
_LONGEST_BRIEF = 60


class Problem(NamedTuple):
    """One thing that keeps a site from being accepted. `hint` is advice or a guess at what was meant."""

    at: Source
    message: Text
    expected: Text | None = None
    hint: Text | None = None

    def sentence(self, language: str) -> str:
        """Place, message, what was expected and the hint, on one line."""
        said = self.message
        if self.expected is not None:
            said = text("{message}; expected {expected}", message=said, expected=self.expected)
        if self.hint is not None:
            said = text("{message} — {hint}", message=said, hint=self.hint)
        place = str(self.at) if self.at.line else self.at.file
        return f"{place}: {render(said, language)}"

    def record(self, language: str) -> dict[str, object]:
        """The same for programs; line and column are 0 where the whole file or directory is meant."""
        return {
            "file": self.at.file,
            "line": self.at.line,
            "column": self.at.column,
            "message": render(self.message, language),
            "expected": None if self.expected is None else render(self.expected, language),
            "hint": None if self.hint is None else render(self.hint, language),
        }


class Wrong(ValueError):
    """A written value cannot be what it must be; raised where it is read, placed by whoever knows where."""

    def __init__(self, message: Text, expected: Text | None = None, hint: Text | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.expected = expected
        self.hint = hint


class Enough(Exception):
    """So much is wrong that looking for more would only cost time."""


class Findings:
    """Collects every problem and note of one run. Raises Enough after MOST_KEPT problems."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._others: dict[tuple[Source, Text], tuple[Problem, set[str]]] = {}
        """What several members of a tag have in common → the first of them, and the others by name."""
        self._places: set[Source] = set()
        self._notes: dict[tuple[Source, Text], None] = {}
        self._expansions: dict[tuple[Source, Text], None] = {}
        self.labels: dict[str, str] = {}
        """What people call a thing → its name."""
        self.names: set[str] = set()

    def problem(
        self, at: Source, message: Text, expected: Text | None = None, hint: Text | None = None
    ) -> None:
        hint = signs.advice(message) or hint
        self._add(Problem(at, _spoken(message), expected and _spoken(expected), hint and _spoken(hint)))

    def _add(self, problem: Problem) -> None:
        self._problems[problem] = None
        self._places.add(problem.at)
        if len(self._problems) >= MOST_KEPT:
            raise Enough

    def member(
        self, at: Source, name: str, message: Text, expected: Text | None = None, hint: Text | None = None
    ) -> None:
        """A problem of one of several that stand there by one word, such as a tag; it is called `name` in the
        message. What is wrong with many of them in the same way is told once."""
        parts = tuple((key, part) for key, part in message.parts if part != name)
        same = at, Text(message.message, parts)
        if same in self._others:
            first, others = self._others[same]
            if first.message.parts != message.parts:
                others.add(name)
            return
        problem = Problem(at, _spoken(message), expected and _spoken(expected), hint and _spoken(hint))
        self._others[same] = problem, set()
        self._add(problem)

    def wrong(self, at: Source, error: Wrong) -> None:
        """Take over an error raised by a reader of values."""
        self.problem(at, error.message, error.expected, error.hint)

    def note(self, at: Source, message: Text) -> None:
        """Something worth saying that is no error: a conversion, a hidden entry."""
        self._notes[at, _spoken(message)] = None

    def expansion(self, at: Source, message: Text) -> None:
        """What a tag stands for: worth saying to whoever asks."""
        self._expansions[at, _spoken(message)] = None

    def told(self, at: Source) -> bool:
        """Whether a problem was told of this very place."""
        return at in self._places

    @property
    def failed(self) -> bool:
        return bool(self._problems)

    @property
    def count(self) -> int:
        return len(self._problems)

    def problems(self) -> list[Problem]:
        """All of them, each file's by line and column; a label in the place of a name is said to be one.

        The file with the first one found comes first: what stands in others may only follow from that.
        """
        files: dict[str, int] = {}
        for problem in self._problems:
            files.setdefault(problem.at.file, len(files))
        alike = {problem: len(others) for problem, others in self._others.values() if others}
        return sorted(
            (self._whole(problem, alike.get(problem, 0)) for problem in self._problems),
            key=lambda problem: (files[problem.at.file], problem.at.line, problem.at.column),
        )

    def _is_label(self, word: str) -> bool:
        return len(word) > 1 and word in self.labels and word not in self.names

    def _whole(self, problem: Problem, more: int) -> Problem:
        words = [part for _, part in problem.message.parts if isinstance(part, str)]
        if problem.message.message == _PROFILE:
            words = []  # a device model has no label here
        labelled = next((word for word in words if self._is_label(word.partition(".")[0])), None)
        if labelled is not None and (problem.hint is None or not problem.hint.parts):
            label, dot, part = labelled.partition(".")
            name = f"{self.labels[label]}{dot}{part}"
            hint = text('that is a label: write its name, "{name}"', name=name)
            problem = problem._replace(expected=None, hint=hint)
        if more:
            said = text("{problem} (the same goes for {count} more)", problem=problem.message, count=more)
            problem = problem._replace(message=said)
        return problem

    @property
    def expansions(self) -> int:
        """In how many places a tag stands for something."""
        return len(self._expansions)

    def notes(self, *, expansions: bool = True) -> list[tuple[Source, Text]]:
        """All of them by file, line and column."""
        notes = [*self._notes, *(self._expansions if expansions else ())]
        return sorted(notes, key=lambda note: (note[0].file, note[0].line, note[0].column))

    def guess(self, word: str, known: Iterable[str]) -> Text | None:
        """'did you mean …?' for a word nobody knows, or None."""
        if self.count >= MOST_GUESSES:
            return None
        return guess(word, known)


def _spoken(message: Text) -> Text:
    """The text with its parts as YAML writes them, and short."""
    return Text(message.message, tuple((name, _spoken_part(part)) for name, part in message.parts))


def _spoken_part(part: object) -> object:
    if isinstance(part, Text):
        return _spoken(part)
    if isinstance(part, bool):
        return "true" if part else "false"
    if isinstance(part, dict):
        return "{…}"
    if isinstance(part, list):
        return "[…]"
    if part is None:
        return "null"
    said = str(part)
    return said if len(said) <= _LONGEST_PART else f"{said[:_LONGEST_PART]}…"


def brief(value: object) -> str:
    """A list or table much as it was written, and short."""
    if isinstance(value, dict):
        said = "{" + ", ".join(f"{key}: {brief(item)}" for key, item in list(value.items())[:4]) + "}"
    elif isinstance(value, list):
        said = "[" + ", ".join(map(brief, value[:4])) + "]"
    else:
        said = str(_spoken_part(value))
    return said if len(said) <= _LONGEST_BRIEF else f"{said[:_LONGEST_BRIEF]}…"


def guess(word: str, known: Iterable[str]) -> Text | None:
    """'did you mean …?' with the known word nearest to `word`, or None when none is near."""
    near = nearest(word, known)
    return None if near is None else text('did you mean "{name}"?', name=near)


def nearest(word: str, known: Iterable[str], likeness: float = 0.7) -> str | None:
    """The known word that `word` was probably meant to be."""
    words = {item.casefold(): item for item in known}
    for ours in MEANT.get(word.casefold(), ()):
        if words.get(ours.casefold()) == ours:
            return ours
    near = difflib.get_close_matches(word[:80].casefold(), words, n=1, cutoff=likeness)
    return words[near[0]] if near else None


def one_of(words: Iterable[str]) -> Text:
    """What is expected where only these may stand."""
    known = list(words)
    return text("{word}", word=known[0]) if len(known) == 1 else text("one of {words}", words=listing(known))


def listing(words: Iterable[str]) -> str:
    """Words for a sentence: a, b, c."""
    return ", ".join(words)
