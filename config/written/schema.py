"""JSON Schemas for editors, from the same models that the compiler validates with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union

from pydantic import BaseModel, Field, TypeAdapter

from config.written.load import SECTIONS
from config.written.model.base import NAME
from config.written.model.devices import DeviceWritten
from config.written.model.equipment import EQUIPMENT_KINDS
from config.written.model.lines import LINES
from config.written.model.meters import METER_NAME, MeterWritten
from config.written.model.places import BookableWritten
from config.written.model.profile import PointWritten, ProfileWritten
from config.written.model.programmes import ProgrammeWritten
from config.written.model.sinks import SINKS
from config.written.model.site import CalendarWritten, SiteWritten
from config.written.model.tariff import OwnWritten, TableWritten, UseWritten
from config.written.model.trends import TrendWritten
from config.written.rules.registry import MODELS as RULES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text(name: str) -> str:
    """The schema as indented JSON with a line end."""
    return json.dumps(schema(name), ensure_ascii=False, indent=1) + "\n"


def schema(name: str) -> dict[str, Any]:
    """For a site's files, for schedules/*.yaml (programmes), for calendar.yaml, for a device profile or a
    tariff that comes with louguan."""
    made = _Schema()
    bodies: dict[str, Callable[[], dict[str, Any]]] = {
        "site": made.site,
        "programmes": lambda: made.named(ProgrammeWritten),
        "calendar": lambda: made.model(CalendarWritten),
        "profile": made.profile,
        "tariff": lambda: made.model(TableWritten),
    }
    made.body = bodies[name]()
    return {"$schema": _DIALECT, "title": f"louguan {name}", **made.body, "$defs": made.definitions}


class _Schema:
    """Collects definitions while one schema is made."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self.body: dict[str, Any] = {}

    def site(self) -> dict[str, Any]:
        sections = {
            "site": self.model(SiteWritten),
            "lines": self.named(_union("transport", LINES)),
            "devices": self.named(DeviceWritten),
            "equipment": self.named(_union("kind", EQUIPMENT_KINDS)),
            "places": self.named(BookableWritten),
            "programmes": self.named(ProgrammeWritten),
            "calendar": self.model(CalendarWritten),
            "meters": self.named(MeterWritten, METER_NAME),
            "trends": self.named(TrendWritten),
            "tariff": self.tariff(),
            "rules": self.named(_union("kind", RULES)),
            "sinks": self.named(_union("kind", SINKS)),
        }
        assert set(sections) <= set(SECTIONS)
        return {"type": "object", "properties": sections, "additionalProperties": False}

    def profile(self) -> dict[str, Any]:
        self.model(ProfileWritten)
        head = self.definitions.pop("ProfileWritten")
        head["properties"]["points"] = {**self.named(PointWritten), "minProperties": 1}
        head["required"] = [*head["required"], "points"]
        return {key: value for key, value in head.items() if key != "title"}

    def tariff(self) -> dict[str, Any]:
        """A table that comes with louguan, by name, or one's own; `use` tells which to judge it as."""
        return {
            "if": {"required": ["use"]},
            "then": self.model(UseWritten),
            "else": self.model(OwnWritten),
        }

    def named(self, shape: type[BaseModel] | TypeAdapter[Any], pattern: str = NAME.pattern) -> dict[str, Any]:
        """A table of names."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{pattern}$"},
            "additionalProperties": self.model(shape),
        }

    def model(self, shape: type[BaseModel] | TypeAdapter[Any]) -> dict[str, Any]:
        """A reference to (or the body of) the model, its definitions collected."""
        if isinstance(shape, TypeAdapter):
            made = shape.json_schema(by_alias=True, mode="validation")
            self.definitions.update(made.pop("$defs", {}))
            return _untitled(made)
        made = shape.model_json_schema(by_alias=True, mode="validation")
        self.definitions.update({key: _without_titles(value) for key, value in made.pop("$defs", {}).items()})
        self.definitions[shape.__name__] = _without_titles(made)
        return {"$ref": f"#/$defs/{shape.__name__}"}


def _union(tag: str, models: Mapping[str, type[BaseModel]]) -> TypeAdapter[Any]:
    """The models as one, told apart by the key `tag`."""
    members = tuple(models[word] for word in models)
    union: Any = Annotated[Union[members], Field(discriminator=tag)]  # noqa: UP007
    return TypeAdapter(union)


def _untitled(node: dict[str, Any]) -> dict[str, Any]:
    untitled: dict[str, Any] = _without_titles(node)
    return untitled


def _without_titles(node: Any) -> Any:
    """Pydantic titles every property with its own name; editors show that twice."""
    if isinstance(node, dict):
        return {
            key: _without_titles(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    return node
