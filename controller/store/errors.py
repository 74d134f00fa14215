"""What may go wrong with a store. Nothing else escapes this package, SQLite's own errors included."""

from __future__ import annotations

from config.language import Text, render


class StoreError(Exception):
    """Root of the tree. `text` is the sentence for people; `str()` is its English form."""

    def __init__(self, text: Text) -> None:
        super().__init__(render(text, "en"))
        self.text = text


class StoreUnavailable(StoreError):
    """The store could not be opened, or did not commit in the time allowed (full disk, I/O error)."""


class StoreBacklogFull(StoreError):
    """Too much waits already because the disk fails; this job was not taken."""


class StoreDamaged(StoreError):
    """The file is not, or no longer, a sound database."""


class StoreTooNew(StoreError):
    """A newer louguan wrote the file; this one would misread it."""


class StoreClosed(StoreError):
    """The writer has been closed."""


class StoreJobFailed(StoreError):
    """The statement itself was refused (constraint, wrong type): repeating it would not help."""


class AlreadyRunning(StoreError):
    """Another daemon holds the data directory; `pid` is its process id, 0 when unknown."""

    def __init__(self, text: Text, pid: int) -> None:
        super().__init__(text)
        self.pid = pid
