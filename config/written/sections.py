"""Which section an unknown one was meant to be, judged by what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from pydantic import BaseModel

from config.written.model.alarms import AlarmWritten
from config.written.model.devices import DeviceWritten
from config.written.model.equipment import EQUIPMENT_KINDS
from config.written.model.lines import LINES
from config.written.model.meters import MeterWritten
from config.written.model.notify import CHANNELS
from config.written.model.places import BookableWritten
from config.written.model.programmes import ProgrammeWritten
from config.written.model.sinks import SINKS
from config.written.model.site import CalendarWritten, SiteWritten
from config.written.model.tariff import OwnWritten, UseWritten
from config.written.model.trends import TrendWritten
from config.written.nodes import Entry, Scalar, Table
from config.written.rules.registry import MODELS as RULES

_KNOWN = 0.75
"""So much of a table's keys has to be that section's."""
_ENTRIES: Mapping[str, tuple[type[BaseModel], ...]] = {
    "devices": (DeviceWritten,),
    "places": (BookableWritten,),
    "programmes": (ProgrammeWritten,),
    "meters": (MeterWritten,),
    "trends": (TrendWritten,),
    "alarms": (AlarmWritten,),
}
"""Sections of named entries, and what each entry may be."""
_TAGGED: Mapping[str, tuple[str, Mapping[str, type[BaseModel]]]] = {
    "lines": ("transport", LINES),
    "equipment": ("kind", EQUIPMENT_KINDS),
    "rules": ("kind", RULES),
    "notify": ("kind", CHANNELS),
    "sinks": ("kind", SINKS),
}
"""Those of which a key tells what an entry is."""
_WHOLE: Mapping[str, tuple[type[BaseModel], ...]] = {
    "site": (SiteWritten,),
    "calendar": (CalendarWritten,),
    "tariff": (UseWritten, OwnWritten),
}
"""Sections that hold no named entries."""


def by_content(entry: Entry) -> str | None:
    """The one section of which this can be; None where it may be several, or none."""
    if not isinstance(entry.node, Table) or not entry.node.entries:
        return None
    inside = [part.node for part in entry.children()]
    fitting = {section: _share(entry.node, models) for section, models in _WHOLE.items()}
    for section, models in _ENTRIES.items():
        fitting[section] = _most(inside, partial(_share, models=models))
    for section, (tag, by_tag) in _TAGGED.items():
        fitting[section] = _most(inside, partial(_told, tag=tag, models=by_tag))
    best = max(fitting.values())
    found = [section for section, share in fitting.items() if share == best]
    return found[0] if best >= _KNOWN and len(found) == 1 else None


def _most(tables: Iterable[object], share: Callable[[Table], float]) -> float:
    """The share that most of the entries reach; none where one is no table."""
    shares = sorted(share(table) if isinstance(table, Table) else -1.0 for table in tables)
    return 0.0 if shares[0] < 0 else shares[(len(shares) - 1) // 2]


def _told(table: Table, tag: str, models: Mapping[str, type[BaseModel]]) -> float:
    """As `_share`, of the model that the key `tag` tells."""
    chosen = table.entries.get(tag)
    word = chosen[1].text if chosen is not None and isinstance(chosen[1], Scalar) else ""
    return _share(table, (models[word],)) if word in models else 0.0


def _share(table: Table, models: Iterable[type[BaseModel]]) -> float:
    """How much of the table one of these knows; nothing where a key is missing that must be there."""
    keys = set(table.entries)
    shares = [0.0]
    for model in models:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        needed = {key for key, field in fields.items() if field.is_required()}
        if keys and needed <= keys:
            shares.append(len(keys & set(fields)) / len(keys))
    return max(shares)
