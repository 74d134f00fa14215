"""Why something cannot be entered into the log, in the meter's unit and in local time."""

from __future__ import annotations

from collections.abc import Mapping

from config.language import Text, text
from controller.consumption.audit import Fitting
from controller.consumption.plausible import CannotCorrect, Implausible, TooMuch
from controller.logbook import Untimely
from controller.operations.names import iso
from schedules.local import LocalTime


def words(error: CannotCorrect, fitting: Fitting, local: LocalTime, given: Mapping[str, object]) -> Text:
    """The refusal as people read it; `given`: what they said, word for word."""
    if isinstance(error, Implausible):
        return _implausible(error, fitting, local, given)
    if isinstance(error, TooMuch):
        return text(
            "that is more than its meter can count in that time: {most} {unit} at the most",
            most=_figure(error.most, fitting),
            unit=fitting.unit,
        )
    if isinstance(error, Untimely):
        return error.text._replace(parts=(*error.text.parts, ("when", iso(local, error.known_ms))))
    return error.text


def _implausible(error: Implausible, fitting: Fitting, local: LocalTime, given: Mapping[str, object]) -> Text:
    known = error.known.quanta
    parts = {
        "known": _figure(known, fitting),
        "unit": fitting.unit,
        "when": iso(local, error.known.ms),
        "at": iso(local, error.at_ms),
        "given": str(given.get("first" if error.new else "last")),
    }
    if error.new and error.room is None:
        return text(
            "the new meter was read at {known} {unit} at {when}: at {at} it cannot have shown more, {given}",
            **parts,
        )
    if error.new:
        assert error.room is not None
        return text(
            "the new meter was read at {known} {unit} at {when}: at {at} it can have shown {least} to "
            "{known} {unit}, not {given}",
            least=_figure(max(0, known - error.room), fitting),
            **parts,
        )
    if error.room is None:
        return text(
            "its counter stood at {known} {unit} at {when}: at {at} it cannot have shown less, {given}",
            **parts,
        )
    most, modulus = known + error.room, fitting.modulus
    if modulus is not None and most >= modulus:
        return text(
            "its counter stood at {known} {unit} at {when}: by {at} it can have come as far as {most} {unit} "
            "through its rollover, not to {given}",
            most=_figure(most % modulus, fitting),
            **parts,
        )
    return text(
        "its counter stood at {known} {unit} at {when}: by {at} it can have shown {known} to {most} {unit}, "
        "not {given}",
        most=_figure(most, fitting),
        **parts,
    )


def _figure(quanta: int, fitting: Fitting) -> str:
    return f"{fitting.exact(quanta):f}"
