"""The BACnet objects behind a Plan's points: names, units, status flags, priority arrays, COV.

Built from bacpypes3's object types; what its ready-made local objects lack (COV of status changes and of
types other than analog and binary, a watch on writes) is added here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from bacpypes3 import object as standard
from bacpypes3.basetypes import EngineeringUnits, PropertyIdentifier
from bacpypes3.errors import PropertyError
from bacpypes3.local.cmd import Commandable
from bacpypes3.local.cov import COVDetection, COVIncrementCriteria
from bacpypes3.local.object import Object as LocalObject
from bacpypes3.primitivedata import ObjectType

from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from drivers.simulators.beginning import initial

_vendor_id = 999
"""bacpypes3 files new object classes under their module's vendor; 999 is its number for samples."""

_STANDARD: Final[dict[str, Any]] = {
    str(each.objectType): each
    for each in vars(standard).values()
    if isinstance(each, type) and issubclass(each, standard.Object) and hasattr(each, "objectType")
}
_MULTI_STATE: Final = {"multi-state-input", "multi-state-output", "multi-state-value"}
_BINARY: Final = {"binary-input", "binary-output", "binary-value"}
_WHOLE: Final = {"accumulator", "integer-value", "positive-integer-value"}
_TEXT: Final = {"characterstring-value"}
_UNITS: Final = {
    "%": "percent",
    "kW": "kilowatts",
    "kWh": "kilowattHours",
    "°C": "degreesCelsius",
    "lx": "luxes",
    "Pa": "pascals",
    "ppm": "partsPerMillion",
    "V": "volts",
    "A": "amperes",
    "Hz": "hertz",
    "s": "seconds",
}


class _OnChange(COVDetection):  # type: ignore[misc, unused-ignore]  # bacpypes3 carries no types
    """Notifies of any change; the flags are those of the moment of sending."""

    properties_tracked = ("presentValue", "statusFlags")
    properties_reported = ("presentValue", "statusFlags")
    monitored_property_reference = "presentValue"

    def send_cov_notifications(self, subscription: Any = None) -> None:
        self.statusFlags = self.obj.statusFlags
        super().send_cov_notifications(subscription)


class _OnIncrement(COVIncrementCriteria):  # type: ignore[misc, unused-ignore]
    """Notifies when the value has moved by its increment."""

    def send_cov_notifications(self, subscription: Any = None) -> None:
        self.statusFlags = self.obj.statusFlags
        super().send_cov_notifications(subscription)


class _Watched:
    """What every simulated object has beside the standard: a guard before, and a watch after, writes of
    its value."""

    async def write_property(
        self, attr: Any, value: Any, index: int | None = None, priority: int | None = None
    ) -> None:
        if PropertyIdentifier(attr) != PropertyIdentifier.presentValue:
            raise PropertyError("writeAccessDenied")
        guard, watch = object.__getattribute__(self, "_guard"), object.__getattribute__(self, "_watch")
        if guard(value):
            await super().write_property(attr, value, index, priority)  # type: ignore[misc]
            watch()


@cache
def _object_class(object_type: str, commandable: bool) -> Any:
    base = _STANDARD[object_type]
    analog = base.get_property_type("covIncrement") is not None and object_type not in _MULTI_STATE
    members = {
        "_cov_criteria": _OnIncrement if analog else _OnChange,
        "_vendor_id": _vendor_id,
        "_required": ("presentValue", "statusFlags"),
        "__module__": __name__,
    }
    bases = (_Watched, Commandable, LocalObject, base) if commandable else (_Watched, LocalObject, base)
    return type(f"Simulated {object_type}", bases, members)


def build(point: Point, guard: Callable[[Any], bool], watch: Callable[[], None]) -> Any:
    """The object of `point`, at its initial value, which is its relinquish default too.

    `guard` is called with the raw value before a write: it raises what the device answers, or says whether
    the write is to have an effect. `watch` is called after it.
    """
    source = point.source
    assert isinstance(source, BacnetObject)
    kind = type_name(source)
    value = raw(point, initial(point))
    properties: dict[str, Any] = {
        "objectIdentifier": (ObjectType(kind), source.instance),
        "objectName": point.name,
        "description": point.label,
        "presentValue": value,
        "eventState": "normal",
        "outOfService": False,
        "reliability": "noFaultDetected",
    }
    made = _object_class(kind, source.commandable)
    if made.get_property_type("units") is not None:
        properties["units"] = EngineeringUnits(_UNITS.get(point.unit, "noUnits"))
    if made.get_property_type("covIncrement") is not None and kind not in _MULTI_STATE:
        increment = source.cov_increment or 0.0
        properties["covIncrement"] = round(increment) if kind in _WHOLE else increment
    if kind in _MULTI_STATE:
        top = max((number for number, _ in point.states), default=int(value))
        properties["numberOfStates"] = top
        properties["stateText"] = [dict(point.states).get(number, "-") for number in range(1, top + 1)]
    if source.commandable:
        properties["relinquishDefault"] = value
    built = made(**properties)
    object.__setattr__(built, "_guard", guard)
    object.__setattr__(built, "_watch", watch)
    return built


def type_name(source: BacnetObject) -> str:
    """The object type as bacpypes3 spells it."""
    found = next((name for name in _STANDARD if _plain(name) == _plain(source.object_type)), None)
    if found is None:
        raise ValueError(f"no object type {source.object_type}")
    return found


def _plain(name: str) -> str:
    return name.replace("-", "")


def chosen(entry: Any) -> Any:
    """The value of a priority array's entry that is not null."""
    return getattr(entry, entry._choice)  # noqa: SLF001  # bacpypes3 has no other way to a choice


def check_range(point: Point, value: Any) -> None:
    """Refuse, as a real device does, a state that the object does not have. Raises PropertyError."""
    top = max((number for number, _ in point.states), default=0)
    if isinstance(value, int) and top and not 1 <= int(value) <= top:
        raise PropertyError("valueOutOfRange")


def raw(point: Point, value: Value) -> Any:
    """An engineering value as the object's present value."""
    source = point.source
    assert isinstance(source, BacnetObject)
    kind = type_name(source)
    if kind in _TEXT:
        return str(value)
    assert not isinstance(value, str)
    if point.kind == "bool":
        closed = bool(value) != point.normally_closed
        return ("inactive", "active")[closed] if kind in _BINARY else int(closed)
    if kind in _MULTI_STATE or point.kind == "enum":
        return int(value)
    return round(value / source.scale) if kind in _WHOLE else float(value / source.scale)


def engineering(point: Point, value: Any) -> Value:
    """A present value (or a priority array's entry) as an engineering value."""
    source = point.source
    assert isinstance(source, BacnetObject)
    match point.kind:
        case "text":
            return str(value)
        case "bool":
            return bool(int(value)) != point.normally_closed
        case "enum":
            return int(value)
        case _:
            return float(value) * source.scale
