"""What may go wrong with the protocol itself."""

from __future__ import annotations

from controller.consumption.upload.port import SinkError


class NationalError(SinkError):
    """Root of the rest."""


class FrameError(NationalError):
    """The other side sends what is no frame, and more of it than is put up with."""


class DocumentError(NationalError):
    """A frame's content is no document of this protocol."""
