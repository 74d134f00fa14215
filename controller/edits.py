"""Edits of the site's files while their accepted plan runs: noticed and judged, never taken by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from config.language import Text, text
from config.plan.site import Plan
from controller.accepted import READ_BY_THE_COMPILER, differs
from controller.background import in_thread
from controller.board import Board
from controller.compile import Compiled, compile_site
from controller.decide.records import Notice

Signature = tuple[tuple[str, int, int, int, int], ...]


def edited_notice(site: Path, apply: str, *, on: bool) -> Notice:
    """What people are told while the site's files are not those of the plan that runs. `apply`: how that one
    has edits taken."""
    by_themselves = text(
        "the site's files were edited after the plan in force was accepted; what is right is taken by itself "
        "(apply: watched) once it stands still; what was rolled back only by: louguan apply {site}",
        site=str(site),
    )
    by_hand = text(
        "the site's files were edited after the plan in force was accepted, which runs on; to take the "
        "edits: louguan apply {site}",
        site=str(site),
    )
    return Notice("files", "", by_themselves if apply == "watched" else by_hand, on)


class Edits:
    """Looks at the site's files: names, times and sizes each time, contents only when those have changed."""

    def __init__(
        self,
        site: Path,
        plan: Callable[[], Plan],
        language: str,
        board: Board,
        now_ms: Callable[[], int],
        tell: Callable[[bool], None],
    ) -> None:
        """`plan`: the one in force. `tell` hears whether the files differ from those of it, when that was
        looked at anew."""
        self._site = site
        self._plan = plan
        self._language = language
        self._board = board
        self._now_ms = now_ms
        self._tell = tell
        self._seen: tuple[Signature, str] | None = None
        """The files, and the plan that they were held against."""

    async def look(self) -> None:
        """Tell what has changed since the last look. The files are read and compiled in a thread."""
        plan = self._plan()
        seen = (await in_thread(partial(signature, self._site)), plan.hash)
        if seen == self._seen:
            return
        edited = await self.compare()
        found: Compiled | None = None
        if edited:
            found = await in_thread(partial(compile_site, self._site, self._language))
        wrong = found is not None and found.plan is None
        words = text("") if found is None else _complaint(found)
        self._board.take([Notice("files-wrong", "", words, wrong)], self._now_ms())
        self._seen = seen

    async def compare(self) -> bool:
        """Tell whether the files are other than those of the plan in force, and return it."""
        while True:
            plan = self._plan()
            edited = await in_thread(partial(differs, plan, self._site))
            if self._plan().hash == plan.hash:
                break  # no other one has come into force meanwhile
        self._tell(edited)
        self._board.take([edited_notice(self._site, plan.site.apply, on=edited)], self._now_ms())
        return edited


def _complaint(found: Compiled) -> Text:
    return text(
        "the edited files would be refused, mistakes: {count}; the first: {first}",
        count=len(found.problems),
        first=next(iter(found.report.splitlines()), ""),
    )


def signature(site: Path) -> Signature:
    """What tells cheaply that a file of the site was changed, added or taken away."""
    return tuple(_stats(site))


def _stats(site: Path) -> Iterator[tuple[str, int, int, int, int]]:
    for pattern in READ_BY_THE_COMPILER:
        for path in sorted(site.glob(pattern)):
            try:
                found = path.stat()
            except OSError:
                yield str(path), 0, 0, 0, 0
            else:
                yield str(path), found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
