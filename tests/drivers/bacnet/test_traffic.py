"""What is told of a BACnet line: errors only while they stand."""

from __future__ import annotations

from drivers.bacnet.station import Traffic

SEVEN, EIGHT, NINE = (("10.0.0.7", 47808), ("10.0.0.8", 47808), ("10.0.0.9", 47808))


def test_an_error_stands_until_that_address_answers() -> None:
    traffic = Traffic()
    assert traffic.last_error == ""
    traffic.failed(SEVEN, "time-out at 10.0.0.7")
    traffic.failed(EIGHT, "time-out at 10.0.0.8")
    traffic.answered(NINE)
    assert traffic.last_error == "time-out at 10.0.0.8"
    traffic.answered(EIGHT)
    assert traffic.last_error == "time-out at 10.0.0.7"
    traffic.answered(SEVEN)
    assert traffic.last_error == ""
