"""Where progress is kept: one file in the data directory, whole and on the disk after each `save`."""

from __future__ import annotations

from pathlib import Path

from config.language import text
from config.language.details import detail, reason
from config.plan.regular import read_regular
from controller.accept.kept import NotProgress, dump, load
from controller.accept.records import Progress
from controller.options import NotStarted
from controller.privacy import narrowed
from controller.whole import write_whole

FILE = "acceptance.json"


class NotKept(Exception):
    """Progress cannot be written down: nothing more may be tried."""

    def __init__(self, file: Path, error: OSError) -> None:
        super().__init__(str(error))
        self.file = file
        self.error = error


class ProgressFile:
    """Used by one process alone: who holds the data directory's lock."""

    def __init__(self, data: Path) -> None:
        self.path = data / FILE

    def load(self, site: str) -> Progress:
        """What was kept of `site`; nothing yet, where there is no file. Raises NotStarted."""
        try:
            stored = read_regular(self.path).decode("utf-8")
        except FileNotFoundError:
            return Progress(site)
        except (OSError, UnicodeError) as error:
            raise self._unusable(error) from error
        try:
            progress = load(stored)
        except NotProgress as error:
            raise self._unusable(error) from error
        if progress.site != site:
            words = text(
                "{file} is of the site {other}, not of {site}",
                file=str(self.path),
                other=progress.site,
                site=site,
            )
            raise NotStarted(words, hint=text("give each site a data directory of its own: --data DIR"))
        return progress

    def save(self, progress: Progress) -> None:
        """Raises NotKept."""
        try:
            with narrowed():
                write_whole(self.path, dump(progress))
        except OSError as error:
            raise NotKept(self.path, error) from error

    def _unusable(self, error: Exception) -> NotStarted:
        why = reason(error) if isinstance(error, OSError) else detail(str(error))
        words = text("{file} cannot be used: {reason}", file=str(self.path), reason=why)
        hint = text("it holds what was tried so far, and which outputs are to be put back; look at it first")
        return NotStarted(words, hint=hint)
