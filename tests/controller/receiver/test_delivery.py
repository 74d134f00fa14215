"""The whole way: a runner, the HTTPS sink, and the receiver as a process that is killed and started again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from config.plan.sinks import Secret
from controller.consumption.upload.port import Row, Sink
from controller.consumption.upload.runner import SinkRunner
from controller.receiver.store import FILE, gaps
from controller.store.connection import open_reader
from tests.certificates import Authority
from tests.controller.consumption.upload.contract import (
    QUICK,
    Name,
    OtherSide,
    SinkContract,
    name,
    stored_once,
    until_settled,
)
from tests.controller.consumption.upload.https_bench import upload
from tests.controller.consumption.upload.rows import MemoryDelivery, key, row
from tests.controller.receiver.process import ReceiverProcess

TOKEN = "a-token-of-the-tests-0001"


class ReceiverSide:
    """The receiver by TLS, with a token; going down is kill -9."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        server = authority.issue("server")
        tokens, self._token = folder / "tokens", folder / "token"
        self._token.write_text(TOKEN)
        tokens.write_text(f"shuangliu {TOKEN}\n")
        tokens.chmod(0o600)
        self._ca = authority.ca
        self.process = ReceiverProcess(
            folder / "data", "--tokens", str(tokens), "--cert", str(server.cert), "--key", str(server.key)
        )

    def sink(self) -> Sink:
        url = f"{self.process.url}/v1/intervals"
        return upload(url, self._ca, token=Secret(file=str(self._token)), timeout_s=5.0)

    async def stored(self) -> Sequence[tuple[Name, Decimal | None]]:
        with closing(open_reader(self.process.data / FILE)) as connection:
            found = connection.execute(
                "SELECT m.name, i.start_ms, i.revision, i.consumption FROM intervals i "
                "JOIN meters m ON m.id = i.meter"
            ).fetchall()
        return [((one[0], one[1], one[2]), None if one[3] is None else Decimal(one[3])) for one in found]

    async def go_down(self) -> None:
        await asyncio.to_thread(self.process.kill)

    async def come_up(self) -> None:
        await asyncio.to_thread(self.process.start)

    def refused(self, number: int) -> Row | None:
        return row(number)._replace(consumption=-1)


@pytest_asyncio.fixture
async def other(tmp_path: Path) -> AsyncIterator[ReceiverSide]:
    side = ReceiverSide(tmp_path)
    with side.process:
        yield side


class TestContract(SinkContract):
    @pytest_asyncio.fixture
    async def other(self, other: ReceiverSide) -> OtherSide:
        return other


class Growing(MemoryDelivery):
    """A feed into which a slot of four meters goes at a time."""

    def grow(self) -> None:
        slot = len(self.rows) // 4
        self.rows += [row(len(self.rows) + 1 + at, f"meter-{at}", slot=slot) for at in range(4)]


@pytest.mark.timeout(120)
async def test_killed_again_and_again_every_row_is_there_once(other: ReceiverSide) -> None:
    """Rows keep coming, live and from before, while the receiver is killed at moments of its own."""
    chance = random.Random(20260304)
    delivery = Growing([])
    for _ in range(150):
        delivery.grow()
    runner = SinkRunner(other.sink(), delivery, key=key, patience=QUICK)
    task = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(90):
            for kill in range(4):
                await until_settled(delivery, len(delivery.settled) + 30 + chance.randrange(40))
                await asyncio.sleep(chance.random() * 0.02)
                await other.go_down()
                acknowledged = {name(one) for one in delivery.rows if one.id in delivery.done}
                kept = {one for one, _ in await other.stored()}
                assert acknowledged <= kept, f"acknowledged and lost at kill {kill}"
                for _ in range(3):
                    delivery.grow()
                    runner.nudge()
                await other.come_up()
            delivery.grow()
            runner.nudge()
            await until_settled(delivery, len(delivery.rows))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert delivery.aside == {}
    await stored_once(other, delivery.rows)
    assert [(one.meter, one.gaps, one.behind_ms) for one in gaps(other.process.data)] == [
        (f"meter-{at}", (), 0) for at in range(4)
    ]
    assert "Traceback" not in other.process.told()
