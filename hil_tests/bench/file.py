"""A bench file: which site says where the devices are, what may be done there, and what it is capable of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.plan.devices import Source
from config.written import source
from config.written.nodes import Entry, Items, Scalar, Table
from config.written.problems import Findings, nearest

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    "relay": ("point",),
    "load": ("switch", "power", "draws"),
    "dimmer": ("point", "low", "high"),
    "meter": ("energy", "power", "most"),
    "tank": ("level", "moved_by", "moves", "low", "high", "longest"),
}
"""What tests may ask for, and what a bench has to say of each."""
DANGERS: Mapping[str, str] = {
    "switching": "outputs are switched",
    "killing": "the daemon is killed while it holds an output",
    "moving": "a pump or valve moves a level",
}
"""What is only done where the bench file allows it."""
OF_ITSELF: Mapping[str, str] = {"tank": "moving"}
"""Capabilities that nobody can use without such a danger, whether the test says so or not."""
_KEYS = ("bench", "site", "overlay", "allow", "grants")


class BadBench(ValueError):
    """A bench file that cannot be used: every mistake, with its line and column."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))


@dataclass(frozen=True, slots=True)
class BenchFile:
    """As written; points are not looked up yet."""

    name: str
    site: Path
    overlay: Path | None
    """Where the devices are, if not where the site says: the simulators' bench."""
    allow: frozenset[str]
    grants: Mapping[str, Mapping[str, str]]
    places: Mapping[str, Source]
    """Where each grant stands."""

    def refusal(self, needs: tuple[str, ...], dangers: tuple[str, ...]) -> str | None:
        """Why a test that needs these capabilities and does these dangerous things is not run here."""
        for need in needs:
            if need not in self.grants:
                return f"bench {self.name} grants no {need}"
        for danger in (*dangers, *(OF_ITSELF[need] for need in needs if need in OF_ITSELF)):
            if danger not in self.allow:
                return f"bench {self.name} does not allow {danger}: {DANGERS[danger]}"
        return None


def read(path: Path) -> BenchFile:
    """Raises BadBench."""
    findings = Findings()
    table = source.read(str(path), path.read_bytes(), findings)
    if table is None or findings.failed:
        raise BadBench([problem.sentence("en") for problem in findings.problems()])
    return _Reader(Entry(str(path), "", Scalar(1, 1, "", ""), table), path.parent).bench()


class _Reader:
    """Reads one file; lives for one call."""

    def __init__(self, root: Entry, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._mistakes: list[str] = []

    def bench(self) -> BenchFile:
        for entry in self._root.children():
            self._known(entry, _KEYS)
        for key in ("bench", "site", "grants"):
            if self._root.child(key) is None:
                self._mistakes.append(f"{self._root.file}: this bench has no {key}")
        found = BenchFile(
            name=self._word("bench"),
            site=(self._folder / self._word("site")).resolve(),
            overlay=(self._folder / self._word("overlay")) if self._root.child("overlay") else None,
            allow=frozenset(self._allowed()),
            grants={entry.name: self._grant(entry) for entry in self._granted()},
            places={entry.name: entry.at for entry in self._granted()},
        )
        if self._root.child("site") is not None and not found.site.is_dir():
            self._mistakes.append(f"{self._place('site')}: there is no folder {found.site}")
        if self._mistakes:
            raise BadBench(self._mistakes)
        return found

    def _known(self, entry: Entry, known: tuple[str, ...]) -> None:
        if entry.name not in known:
            near = nearest(entry.name, known)
            meant = f'did you mean "{near}"?' if near else f"expected one of {', '.join(known)}"
            self._mistakes.append(f'{entry.at}: "{entry.name}" is not known here; {meant}')

    def _place(self, key: str) -> Source:
        return self._root.place([key])

    def _word(self, key: str) -> str:
        entry = self._root.child(key)
        if entry is None:
            return ""
        if not isinstance(entry.node, Scalar) or entry.node.value in (None, ""):
            self._mistakes.append(f"{self._place(key)}: {key} is no word")
            return ""
        return entry.node.text

    def _allowed(self) -> Iterator[str]:
        entry = self._root.child("allow")
        for item in entry.node.items if entry is not None and isinstance(entry.node, Items) else ():
            word = item.text if isinstance(item, Scalar) else ""
            at = Source(self._root.file, item.line, item.column)
            self._known(Entry(at.file, word, Scalar(at.line, at.column, word, word), item), tuple(DANGERS))
            yield word
        if entry is not None and not isinstance(entry.node, Items):
            self._mistakes.append(f"{self._place('allow')}: expected a list such as [switching]")

    def _granted(self) -> list[Entry]:
        entry = self._root.child("grants")
        return [] if entry is None else entry.children()

    def _grant(self, entry: Entry) -> dict[str, str]:
        self._known(entry, tuple(CAPABILITIES))
        wanted = CAPABILITIES.get(entry.name, ())
        if not isinstance(entry.node, Table):
            self._mistakes.append(f"{entry.at}: {entry.name} is to say {', '.join(wanted)}")
            return {}
        for child in entry.children() if wanted else ():
            self._known(child, wanted)
        missing = [key for key in wanted if key not in entry.node.entries]
        if missing:
            self._mistakes.append(f"{entry.at}: {entry.name} does not say {', '.join(missing)}")
        return {
            key: value.text for key, (_, value) in entry.node.entries.items() if isinstance(value, Scalar)
        }
