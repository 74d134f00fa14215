"""A row of the log as JSON: what sinks that speak JSON send. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from controller.consumption.records import Flag
from controller.consumption.upload.port import Row, Stream

_WORDS = tuple((flag.value, (flag.name or "").lower()) for flag in Flag)
_KNOWN = sum(flag.value for flag in Flag)
_PEAK_UNITS = MappingProxyType({"kWh": "kW", "GJ": "kW", "m³": "m³/h"})


def row_json(site: str, row: Row, stream: Stream) -> dict[str, object]:
    """The row with English keys. Counts are exact decimals, as text; null is unknown."""
    return {
        "key": row_key(site, row),
        "site": site,
        "meter": row.meter,
        "quantity": row.quantity,
        "unit": row.unit,
        "stream": stream.value,
        "start": iso(row.start_ms),
        "start_ms": row.start_ms,
        "end": iso(row.end_ms),
        "end_ms": row.end_ms,
        "revision": row.revision,
        "from": None if row.from_ms is None else iso(row.from_ms),
        "from_ms": row.from_ms,
        "count_start": exact_text(row.exact(row.count_start)),
        "count_end": exact_text(row.exact(row.count_end)),
        "consumption": exact_text(row.exact(row.consumption)),
        "peak": exact_text(peak(row)),
        "covered_s": row.covered_s,
        "flags": flag_words(row.flags),
        "quantum": row.quantum,
        "peak_unit": _PEAK_UNITS.get(row.unit),
    }


def row_key(site: str, row: Row) -> str:
    """The row's name for ever, among all sites: site/meter/start/revision. None of the parts holds a "/"."""
    return f"{site}/{row.meter}/{row.start_ms}/{row.revision}"


def flag_words(flags: int) -> list[str]:
    """Flags as words: partial, recovered …; bits of a newer version keep their number."""
    words = [word for bit, word in _WORDS if flags & bit]
    rest = flags & ~_KNOWN
    return words if not rest else [*words, f"other-{rest}"]


def peak(row: Row) -> Decimal | None:
    """Highest power or flow, in its unit."""
    return None if row.peak is None else Decimal(row.peak).scaleb(-3)


def exact_text(number: Decimal | None) -> str | None:
    """Every digit, never an exponent."""
    return None if number is None else format(number, "f")


def iso(time_ms: int) -> str:
    """UTC, ISO 8601 with offset."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
