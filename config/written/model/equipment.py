"""Equipment, told apart by `kind`: each kind has its own roles, so each has its own model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model

from config.language import text
from config.plan.equipment import KINDS
from config.written.model.base import Duration, Flag, Hand, Label, Name, Quantity, Scalar, Written
from config.written.problems import Wrong

_POINT = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)\.([A-Za-z0-9][A-Za-z0-9_-]*)")


def _point(value: object) -> str:
    if isinstance(value, str) and _POINT.fullmatch(value):
        return value
    raise Wrong(text('"{value}" is no point', value=value), text("device.point, such as relay-1.ch3"))


Bound = Annotated[
    str, BeforeValidator(_point), WithJsonSchema({"type": "string", "pattern": f"^{_POINT.pattern}$"})
]


class EquipmentWritten(Written):
    """What every kind of equipment can say of itself, besides its roles."""

    kind: str
    label: Label
    place: Label = ""
    tags: list[Name] = Field(default_factory=list)
    rated: Quantity | None = None
    min_on: Duration = 0.0
    min_off: Duration = 0.0
    max_off: Duration | None = None
    start_fail: Duration = 10.0
    stop_fail: Duration = 15.0
    starts_per_hour: Annotated[float, Field(gt=0)] | None = None
    safe: Scalar = None
    observe: Flag = False
    hand: Hand | None = None
    facts: dict[str, Quantity] = Field(default_factory=dict)


def _model(kind: str) -> type[EquipmentWritten]:
    fields: dict[str, Any] = dict.fromkeys(KINDS[kind], (Bound | None, None))
    fields["kind"] = (Literal[kind], ...)
    return create_model(f"Equipment_{kind}", __base__=EquipmentWritten, __doc__=f"A {kind}.", **fields)


class _Kinds(Mapping[str, type[EquipmentWritten]]):
    """Kind → model, each made when it is first asked for: a site has few of the kinds."""

    def __init__(self) -> None:
        self._made: dict[str, type[EquipmentWritten]] = {}

    def __getitem__(self, kind: str) -> type[EquipmentWritten]:
        if kind not in self._made:
            self._made[kind] = _model(kind)
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)


EQUIPMENT_KINDS = _Kinds()
