"""What of a sink does not depend on what it meets: where a simulation may send, and how rows are known."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from config.plan.devices import Source
from config.plan.sinks import Common, FileSink, MqttSink
from controller.consumption.upload.port import Batch, Stream
from controller.consumption.upload.rowjson import row_json
from controller.sinks import Surroundings, make_sink, stays_here
from tests.controller.consumption.upload.rows import row
from tests.controller.test_delivery import START
from tests.controller.test_uploads import plan


def test_what_is_simulated_stays_on_this_machine(tmp_path: Path) -> None:
    common = Common("city", "City", Source("site.yaml", 9, 3))

    def mqtt(host: str) -> MqttSink:
        return MqttSink(common, host, 1883, False, "5", "json", "louguan-city", "energy")

    here = ["https://127.0.0.1:8443/v1", "http://localhost:1/", "https://[::1]/"]
    away = ["energy.example.gov.cn", "127.0.0.1.example.cn", "10.0.0.1", "localhost.cn", "[fd00::1]"]
    assert all(stays_here(plan("city", url), ()) for url in here)
    assert not any(stays_here(plan("city", f"https://{host}/"), ()) for host in away)
    assert stays_here(mqtt("127.0.0.9"), ())
    assert not any(stays_here(mqtt(host), ()) for host in ("broker.example.cn", "192.168.1.5", "0.0.0.0", ""))

    def files(directory: Path) -> FileSink:
        return FileSink(common, str(directory), "csv", "day")

    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "link").symlink_to(tmp_path)
    assert stays_here(files(ours / "stick"), (tmp_path / "other", ours))
    for directory in (
        Path("/media/usb/louguan"),
        tmp_path / "ours-too",
        ours / ".." / "x",
        ours / "link" / "x",
    ):
        assert not stays_here(files(directory), (ours,))


def test_files_of_a_simulation_say_so_in_name_and_content(tmp_path: Path) -> None:
    async def none(*_: object) -> None:
        return None

    around = Surroundings(
        site="compound", simulated=True, time_zone="Asia/Shanghai", interval_s=900, meters=["main"], boot=1,
        now_ms=lambda: START, told=lambda _: None, set_clock=lambda _: None, head=lambda: None, history=none,
    )  # fmt: skip
    plan = FileSink(Common("stick", "Stick", Source("site.yaml", 9, 3)), str(tmp_path), "csv", "day")
    batch = Batch("k", Stream.LIVE, [row(1)])
    asyncio.run(make_sink(around, plan).send(batch))
    (file,) = tmp_path.glob("*.csv")
    assert file.name.startswith("simulated-compound_")
    assert file.read_text(encoding="utf-8-sig").splitlines()[1].startswith("simulated-compound,")
    asyncio.run(make_sink(replace(around, simulated=False), plan).send(batch))
    assert len(list(tmp_path.glob("compound_*.csv"))) == 1


def test_other_people_know_rows_by_their_keys_alone() -> None:
    content = row_json("compound", row(5), Stream.LIVE)
    assert row_json("compound", row(5)._replace(id=(1 << 40) + 5), Stream.LIVE) == content
