"""Numbers with their unit as people read: 400 d rather than 34560000 s, 0.4 MPa rather than 400000 Pa."""

from __future__ import annotations

_LARGER = {
    "s": (("d", 86_400.0, 2.0), ("h", 3600.0, 2.0), ("min", 60.0, 2.0)),
    "Pa": (("MPa", 1e6, 0.1), ("kPa", 1e3, 1.0)),
}
"""Inside unit → larger ones: name, size, and from how many of them on it is used."""


def amount(value: float, unit: str, digits: int = 2) -> str:
    """ "80 %", "15 min", "0.4 MPa"; at most `digits` decimals of what is shown."""
    for larger, size, least in _LARGER.get(unit, ()):
        if abs(value) >= least * size:
            value, unit, digits = value / size, larger, max(digits, 2)
            break
    number = f"{value:.{digits}f}"
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{number if number != '-0' else '0'} {unit}".strip()
