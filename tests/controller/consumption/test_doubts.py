"""People hear once of readings that cannot be, and again when all is well."""

from __future__ import annotations

from tests.controller.consumption.bench import Bench


def told(bench: Bench) -> list[tuple[str, str, bool]]:
    return [(notice.kind, notice.subject, notice.on) for notice in bench.log.take_notices()]


def test_a_wrong_reading_is_told_once_and_ends_after_a_whole_interval_without() -> None:
    bench = Bench()
    bench.after(0, main_energy=500.0)
    bench.after(10, main_energy=500.0)
    bench.after(10, main_energy=0.0)
    (notice,) = bench.log.take_notices()
    assert str(notice.text) == (
        "main said 0.00 kWh after 500.00 kWh, which it cannot have counted: the reading was set aside"
    )
    bench.after(10, main_energy=500.01)
    bench.after(10, main_energy=9000.0)
    bench.after(10, main_energy=500.02)
    assert told(bench) == []
    bench.after(840, main_energy=500.3)
    bench.after(20, main_energy=500.4)
    assert told(bench) == [], "the first interval had it"
    bench.after(900, main_energy=500.5)
    assert told(bench) == [("reading-set-aside", "main", False)]


def test_a_reset_is_told_with_what_to_do() -> None:
    bench = Bench()
    bench.after(0, main_energy=500.0)
    bench.after(10, main_energy=500.0)
    for _ in range(8):
        bench.after(10, main_energy=3.0)
    notices = bench.log.take_notices()
    assert [notice.kind for notice in notices] == ["reading-set-aside", "counter-reset"]
    assert "jumped from 500.00 kWh to 3.00 kWh" in str(notices[1].text)
    assert "louguan log replace-meter main" in str(notices[1].text)
