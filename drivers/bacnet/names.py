"""Numbers and names of BACnet's enumerations that the driver speaks of."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Final

from drivers.bacnet.enumerations import (
    ABORT_REASONS,
    ERROR_CODES,
    OBJECT_TYPES,
    REJECT_REASONS,
    RELIABILITIES,
)


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
    WRITE_PROPERTY_MULTIPLE = 16


class Unconfirmed(IntEnum):
    """Unconfirmed services."""

    I_AM = 0
    COV_NOTIFICATION = 2
    WHO_IS = 8


DEVICE = 8
"""Object type of the device object."""
ANY_INSTANCE = 4194303
"""Wildcard: a device answers a read of device,4194303 as of its own device object."""


_BY_NAME: Final = {name.replace("-", ""): number for number, name in OBJECT_TYPES.items()}


@cache
def object_type(name: str) -> int:
    """The number of an object type, however it is hyphenated. Raises ValueError for an unknown one."""
    number = _BY_NAME.get(name.replace("-", ""))
    if number is None:
        raise ValueError(f"no object type {name!r}")
    return number


def type_name(name: str) -> str:
    """An object type as the standard spells it. Raises ValueError for an unknown one."""
    return OBJECT_TYPES[object_type(name)]


def error_name(code: int) -> str:
    """An error code's name ("unknown-object"), or its number as text where it has none."""
    return ERROR_CODES.get(code) or str(code)


def abort_name(reason: int) -> str:
    return ABORT_REASONS.get(reason) or str(reason)


def reject_name(reason: int) -> str:
    return REJECT_REASONS.get(reason) or str(reason)


def reliability_name(number: int) -> str:
    return RELIABILITIES.get(number) or str(number)
