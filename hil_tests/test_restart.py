"""Starts one by one, on a real relay box over Modbus TCP: from a boot that the daemon has not seen before."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from controller.store.ledger import Kind
from hil_tests.stand import Stand

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SITE = """
site:
  name: pumps
  label: 泵房
  place: {time_zone: Asia/Shanghai, latitude: 30.574, longitude: 103.923}
  restart: {after: 3 s, stagger: 2 s, order: [pump-3]}
lines: {T1: {transport: modbus-tcp, host: 10.0.0.11}}
devices:
  relays: {profile: relay-8, line: T1, unit: 1, label: 继电器, if_unheard: {holds_last: true, accepted: 试验}}
equipment:
  pump-1: {kind: pump, label: 1#泵, tags: [pumps], run_cmd: relays.ch1}
  pump-2: {kind: pump, label: 2#泵, tags: [pumps], run_cmd: relays.ch2}
  pump-3: {kind: pump, label: 3#泵, tags: [pumps], run_cmd: relays.ch3}
rules:
  run: {kind: link, when: not relays.ch8 is on, then: [{tag: pumps, value: on}], on_bad_input: release}
"""


async def test_pumps_start_one_by_one_after_a_boot_and_stay_on_over_a_kill(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.yaml").write_text(SITE, encoding="utf-8")
    async with Stand(site, tmp_path) as stand:
        await stand.start()
        for relay in ("ch1", "ch2", "ch3"):
            await stand.has(f"relays.{relay}", True)

        async def all_sent() -> bool:
            return sum(row.entry.kind == Kind.SENT for row in stand.ledger()) >= 3

        await stand.until(all_sent)
        sent = [row.entry for row in stand.ledger() if row.entry.kind == Kind.SENT]
        assert [(entry.point, entry.value) for entry in sent] == [
            ("relays.ch3", True),
            ("relays.ch1", True),
            ("relays.ch2", True),
        ]
        times = [entry.time_ms for entry in sent]
        assert all(later - earlier >= 2000 for earlier, later in pairwise(times))
        mark = stand.ledger()[-1].seq

        await stand.kill()
        await stand.start()
        await stand.online()
        assert [row.entry.kind for row in stand.ledger(after=mark) if row.entry.kind == Kind.SENT] == []
