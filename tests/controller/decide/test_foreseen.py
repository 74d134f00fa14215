"""What `preview` foresees is what the daemon decides: the same programmes at any instant, by both ways."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from config.plan.clock import Now
from controller.decide.arbiter import arbitrate
from controller.decide.programmes import ProgrammeRequests
from schedules.preview import Window, timelines
from tests.schedules.drawn import Drawn, places_with_programmes

HOUR_MS = 3_600_000


@settings(max_examples=40)
@given(
    drawn=places_with_programmes(4),
    shares=st.lists(st.floats(0, 1, exclude_max=True), min_size=6, max_size=6),
)
def test_the_daemon_decides_what_was_foreseen(drawn: Drawn, shares: list[float]) -> None:
    place = drawn.context()
    window = Window.of(place, date.fromisoformat(drawn.place[3]), 3)
    (found,) = timelines(drawn.programmes, place, window)
    daemon = ProgrammeRequests(drawn.programmes, place)
    length = window.end_ms - window.start_ms
    instants = {window.start_ms + int(share * length) for share in shares}
    instants |= {edge for span in found.spans for edge in (span.start_ms, span.end_ms - 1)}
    for wall_ms in sorted(instants):
        daemon.update(Now(wall_ms, 0, True))
        decided = arbitrate(daemon.requests(0))
        span = next(span for span in found.spans if span.start_ms <= wall_ms < span.end_ms)
        winner = None if span.winner is None else str(span.winner.source)
        assert span.value == decided.value
        assert winner == (None if decided.winner is None else decided.winner.source)
        standing = [request.source for slot in decided.slots for request in slot]
        heard = [] if span.winner is None else [span.winner]
        foreseen = sorted([*heard, *span.hidden], key=lambda item: item.programme.slot)
        assert sorted(standing) == sorted(str(item.source) for item in foreseen)
    horizon_ms = window.end_ms + 24 * HOUR_MS
    for share in shares[:2]:
        wall_ms = window.start_ms + int(share * length)
        span = next(span for span in found.spans if span.start_ms <= wall_ms < span.end_ms)
        change_ms = daemon.next_change(0, wall_ms, horizon_ms)
        assert change_ms == min(span.change_ms or horizon_ms, horizon_ms)
