"""Numbers and names of BACnet's enumerations that the driver speaks of, taken from bacpypes3."""

from __future__ import annotations

from enum import IntEnum
from functools import cache, lru_cache
from typing import Any

from bacpypes3.apdu import AbortReason, RejectReason
from bacpypes3.basetypes import ErrorCode, Reliability
from bacpypes3.primitivedata import ObjectType


class Property(IntEnum):
    """Property identifiers (clause 21)."""

    MAX_APDU_LENGTH_ACCEPTED = 62
    OBJECT_IDENTIFIER = 75
    PRESENT_VALUE = 85
    PRIORITY_ARRAY = 87
    RELIABILITY = 103
    STATUS_FLAGS = 111


class Service(IntEnum):
    """Confirmed services."""

    COV_NOTIFICATION = 1
    SUBSCRIBE_COV = 5
    READ_PROPERTY = 12
    READ_PROPERTY_MULTIPLE = 14
    WRITE_PROPERTY = 15


class Unconfirmed(IntEnum):
    """Unconfirmed services."""

    I_AM = 0
    COV_NOTIFICATION = 2
    WHO_IS = 8


DEVICE = 8
"""Object type of the device object."""
_STANDARD_TYPES = 63
"""How many object types the standard has named so far."""
ANY_INSTANCE = 4194303
"""Wildcard: a device answers a read of device,4194303 as of its own device object."""


@cache
def object_type(name: str) -> int:
    """The number of an object type, however it is hyphenated. Raises ValueError for an unknown one."""
    number = _object_types().get(name.replace("-", ""))
    if number is None:
        raise ValueError(f"no object type {name!r}")
    return number


@cache
def _object_types() -> dict[str, int]:
    return {str(ObjectType(number)).replace("-", ""): number for number in range(_STANDARD_TYPES)}


@cache
def type_name(name: str) -> str:
    """An object type as the standard spells it. Raises ValueError for an unknown one."""
    return str(ObjectType(object_type(name)))


def error_name(code: int) -> str:
    """An error code's name ("unknown-object"), or its number as text where it has none."""
    return _name(ErrorCode, code)


def abort_name(reason: int) -> str:
    return _name(AbortReason, reason)


def reject_name(reason: int) -> str:
    return _name(RejectReason, reason)


def reliability_name(number: int) -> str:
    return _name(Reliability, number)


@lru_cache(maxsize=1024)
def _name(enumeration: Any, number: int) -> str:
    """Remembered for so many: numbers come from the wire, and there are more of them than of names."""
    try:
        return str(enumeration(number))
    except ValueError:  # below 0, or beyond what bacpypes3 knows
        return str(number)
