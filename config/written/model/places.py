"""Places that people book."""

from __future__ import annotations

from config.written.model.base import Label, Written


class BookableWritten(Written):
    """A hall or room; who books it when is entered with `louguan event`, never here."""

    label: Label = ""
