"""Units of measure: one per quantity inside, others converted on reading the site files.

Sources: SI brochure; the volt-ampere family from IEC 80000-6; 1 °F and BACnet units are not accepted on
purpose.
"""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """How a written unit becomes the inside one: inside = written × factor."""

    inside: str
    factor: float
    quantity: str


UNITS: dict[str, Unit] = {
    "%": Unit("%", 1.0, "share"),
    "kW": Unit("kW", 1.0, "power"),
    "W": Unit("kW", 1e-3, "power"),
    "MW": Unit("kW", 1e3, "power"),
    "kvar": Unit("kvar", 1.0, "reactive power"),
    "kVA": Unit("kVA", 1.0, "apparent power"),
    "kWh": Unit("kWh", 1.0, "energy"),
    "Wh": Unit("kWh", 1e-3, "energy"),
    "MWh": Unit("kWh", 1e3, "energy"),
    "GJ": Unit("GJ", 1.0, "heat"),
    "MJ": Unit("GJ", 1e-3, "heat"),
    "m³": Unit("m³", 1.0, "volume"),
    "m3": Unit("m³", 1.0, "volume"),
    "L": Unit("m³", 1e-3, "volume"),
    "m³/h": Unit("m³/h", 1.0, "flow"),
    "m3/h": Unit("m³/h", 1.0, "flow"),
    "L/min": Unit("m³/h", 0.06, "flow"),
    "°C": Unit("°C", 1.0, "temperature"),
    "℃": Unit("°C", 1.0, "temperature"),
    "K": Unit("K", 1.0, "temperature difference"),
    "lx": Unit("lx", 1.0, "illuminance"),
    "V": Unit("V", 1.0, "voltage"),
    "A": Unit("A", 1.0, "current"),
    "mA": Unit("A", 1e-3, "current"),
    "Hz": Unit("Hz", 1.0, "frequency"),
    "rpm": Unit("rpm", 1.0, "speed"),
    "Pa": Unit("Pa", 1.0, "pressure"),
    "kPa": Unit("Pa", 1e3, "pressure"),
    "MPa": Unit("Pa", 1e6, "pressure"),
    "mg/m³": Unit("mg/m³", 1.0, "mass concentration"),
    "mg/L": Unit("mg/L", 1.0, "mass concentration in water"),
    "NTU": Unit("NTU", 1.0, "turbidity"),
    "pH": Unit("pH", 1.0, "acidity"),
    "ppm": Unit("ppm", 1.0, "volume fraction"),
    "%LEL": Unit("%LEL", 1.0, "explosive limit share"),
    "m": Unit("m", 1.0, "length"),
    "yuan/kWh": Unit("yuan/kWh", 1.0, "price"),
    "元/kWh": Unit("yuan/kWh", 1.0, "price"),
    "元/度": Unit("yuan/kWh", 1.0, "price"),
    "MB": Unit("MB", 1.0, "amount of data"),
    "kB": Unit("MB", 1e-3, "amount of data"),
    "GB": Unit("MB", 1e3, "amount of data"),
    "ms": Unit("s", 1e-3, "time"),
    "s": Unit("s", 1.0, "time"),
    "min": Unit("s", 60.0, "time"),
    "h": Unit("s", 3600.0, "time"),
    "d": Unit("s", 86400.0, "time"),
}
"""Written unit → inside unit. Times inside are seconds."""
