"""What is told of a BACnet line: errors only while they stand."""

from __future__ import annotations

from drivers.bacnet.station import Traffic


def test_an_error_stands_until_that_address_answers() -> None:
    traffic = Traffic()
    assert traffic.last_error == ""
    traffic.failed("10.0.0.7", "time-out at 10.0.0.7")
    traffic.failed("10.0.0.8", "time-out at 10.0.0.8")
    traffic.answered("10.0.0.9")
    assert traffic.last_error == "time-out at 10.0.0.8"
    traffic.answered("10.0.0.8")
    assert traffic.last_error == "time-out at 10.0.0.7"
    traffic.answered("10.0.0.7")
    assert traffic.last_error == ""
