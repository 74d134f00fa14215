"""The tariffs that come with louguan."""

from __future__ import annotations

from pathlib import Path

from config.written import source
from config.written.model.tariff import TableWritten
from config.written.nodes import Entry, Scalar
from config.written.problems import Findings
from config.written.validate import shaped

SHIPPED = Path(__file__).parent.parent / "tariffs"


def tariff_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def read_tariff(name: str, findings: Findings) -> tuple[Entry, TableWritten] | None:
    """The table of that name with its places, or None with everything told."""
    path = SHIPPED / f"{name}.yaml"
    file = f"louguan/tariffs/{path.name}"
    table = source.read(file, path.read_bytes(), findings)
    if table is None:
        return None
    entry = Entry(file, name, Scalar(1, 1, name, name), table)
    named = shaped(TableWritten, entry, findings)
    return None if named is None or not named.sound else (entry, named.written)
