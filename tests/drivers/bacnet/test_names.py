"""Our tables of names held against bacpypes3's enumerations."""

from __future__ import annotations

from typing import Any

import pytest
from bacpypes3.apdu import AbortReason, RejectReason
from bacpypes3.basetypes import ErrorCode, Reliability
from bacpypes3.primitivedata import ObjectType

from drivers.bacnet import enumerations, names

TABLES = (
    (enumerations.OBJECT_TYPES, ObjectType),
    (enumerations.ERROR_CODES, ErrorCode),
    (enumerations.RELIABILITIES, Reliability),
    (enumerations.REJECT_REASONS, RejectReason),
    (enumerations.ABORT_REASONS, AbortReason),
)
THEIR_OWN = {"server-timeout", "no-response", "tle-error"}
"""Two reasons that only bacpypes3 has, and a slip of the pen."""


@pytest.mark.parametrize(("ours", "theirs"), TABLES, ids=lambda it: getattr(it, "__name__", ""))
def test_numbers_are_called_what_bacpypes3_calls_them(ours: dict[int, str], theirs: Any) -> None:
    for number in range(300):
        name = str(theirs(number))
        if not name.isdigit() and name not in THEIR_OWN:
            # bacpypes3 makes its hyphens from capitals ("not-abacnet-sc-hub").
            assert ours[number].replace("-", "") == name.replace("-", "")
        elif name not in THEIR_OWN:
            assert number not in ours


def test_a_number_without_a_name_is_called_by_itself() -> None:
    assert names.error_name(31) == "unknown-object"
    assert names.abort_name(4) == "segmentation-not-supported"
    assert names.reject_name(9) == "unrecognized-service"
    assert [names.error_name(-5), names.error_name(65_000), names.reliability_name(11)] == [
        "-5",
        "65000",
        "11",
    ]


def test_object_types_however_they_are_hyphenated() -> None:
    assert names.object_type("multistate-value") == names.object_type("multi-state-value") == 19
    assert names.type_name("multistate-value") == "multi-state-value"
    with pytest.raises(ValueError, match="no object type"):
        names.object_type("analogue-input")
