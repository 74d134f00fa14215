"""What may go wrong with the protocol itself."""

from __future__ import annotations

from collections.abc import Sequence

from config.language import Text
from controller.consumption.upload.port import SinkError


class NationalError(SinkError):
    """Root of the rest."""


class DialectError(NationalError):
    """A dialect file cannot be used; everything that is wrong with it."""

    def __init__(self, problems: Sequence[Text]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class FrameError(NationalError):
    """The other side sends what is no frame, and more of it than is put up with."""


class DocumentError(NationalError):
    """A frame's content is no document of this protocol."""
