"""What is told of alarms, over real sockets: once each, in order, over restarts and while nobody listens."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from config.language import text
from config.plan.alarms import PRIORITIES
from config.plan.devices import Source
from config.plan.notify import Channel
from config.plan.sinks import Common, HttpsSink, Secret, Tls
from controller.consumption.upload.runner import Patience
from controller.decide.records import Acknowledge, Notice, Shelve
from controller.notify import runner
from controller.notify.channels import SIGNATURE, told_by
from controller.notify.runner import Notifier
from controller.sinks import channels_of
from controller.store import outbox
from tests.certificates import Authority
from tests.controller.consumption.upload.brokers import plan as broker_plan
from tests.controller.consumption.upload.https_bench import context
from tests.controller.consumption.upload.web import Reply, Request, Web
from tests.controller.house import house
from tests.controller.shell import Shell, shell
from tests.peers.mosquitto import listening, mosquitto, needed

FAST = Patience(pauses_s=(0.02,), denied_s=0.05, disk_s=0.02)
SITE = "shuangliu"


def notice(made: Shell, kind: str, *, on: bool = True) -> None:
    made.board.take([Notice(kind, "", text("{name}", name=kind), on)], made.clock.now().wall_ms)
    made.cycle()


@contextmanager
def daemon(folder: Path, *channels: Channel) -> Iterator[Shell]:
    with shell(folder, house()) as made:
        made.daemon.channels = channels
        yield made


@asynccontextmanager
async def notifying(made: Shell) -> AsyncIterator[Notifier]:
    notifier = Notifier(
        made.daemon.channels,
        made.stores.control,
        made.board,
        lambda: made.clock.now().wall_ms,
        partial(told_by, site=SITE),
        FAST,
    )
    made.daemon.notifier = notifier
    notifier.start()
    try:
        yield notifier
    finally:
        await notifier.stop()


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def waiting(made: Shell, name: str = "duty") -> int:
    made.ledger()  # waits for the commits
    with closing(made.stores.control.reader()) as connection:
        return sum(item.stands_for for item in outbox.waiting(connection, name, 10_000))


async def away(web: Web) -> None:
    """It has an address, and nobody is there."""
    await web.start()
    await web.stop()


def idle(made: Shell, web: Web) -> bool:
    return bool(web.requests) and not waiting(made)


def told(web: Web) -> list[tuple[str, str]]:
    return [(request.rows[0]["transition"], request.rows[0].get("kind", "")) for request in web.requests]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def web(authority: Authority) -> Web:
    return Web(context(authority.issue("server")), lambda _web, _request: Reply(body={}))


def webhook(web: Web, authority: Authority, folder: Path) -> Channel:
    (folder / "token").write_text("s3cret\n")
    (folder / "key").write_text("k3y")
    common = Common("duty", "值班", Source("site.yaml", 1, 1), timeout_s=2.0)
    via = HttpsSink(common, web.url, Secret(str(folder / "token")), Tls(str(authority.ca)))
    return Channel("duty", "值班", ("critical", "high"), via, Secret(str(folder / "key")))


async def test_each_transition_is_told_once_to_those_who_want_it(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    async with web:
        channel = webhook(web, authority, tmp_path)
        with daemon(tmp_path / "data", channel) as made:
            async with notifying(made):
                notice(made, "disk")
                notice(made, "files")
                await made.daemon.accept(Acknowledge((1,), "Li", "seen"))
                made.cycle()
                hour = made.clock.now().wall_ms + 3_600_000
                await made.daemon.accept(Shelve((1,), hour, "Li", "works"))
                made.cycle()
                notice(made, "store")
                notice(made, "store", on=False)
                await until(lambda: len(web.requests) >= 4)
                await until(lambda: not waiting(made))
    assert told(web) == [("raised", "disk"), ("acked", "disk"), ("raised", "store"), ("returned", "store")]
    first = web.requests[0]
    assert first.headers["authorization"] == "Bearer s3cret"
    signed = hmac.new(b"k3y", first.body, hashlib.sha256).hexdigest()
    assert first.headers[SIGNATURE.lower()] == f"sha256={signed}"
    said = first.rows[0]
    assert (said["id"], said["priority"], said["state"], said["site"]) == (1, "high", "active-unacked", SITE)
    assert {"message_zh", "message_en", "bacnet_priority"} <= set(said)
    assert [request.headers["idempotency-key"] for request in web.requests] == [
        request.rows[0]["key"] for request in web.requests
    ]
    assert len({request.headers["idempotency-key"] for request in web.requests}) == 4


async def test_what_waits_over_a_restart_is_told_then_and_not_again(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    await away(web)
    channel = webhook(web, authority, tmp_path)
    with daemon(tmp_path / "data", channel) as made:
        notice(made, "disk")
        assert waiting(made) == 1
    async with web:
        for _ in range(2):
            with daemon(tmp_path / "data", channel) as made:
                async with notifying(made):
                    notice(made, "disk")
                    await until(partial(idle, made, web))
    assert told(web) == [("raised", "disk")]


async def test_while_it_is_away_it_is_tried_again_and_people_are_told(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    await away(web)
    channel = webhook(web, authority, tmp_path)
    with daemon(tmp_path / "data", channel) as made:
        async with notifying(made):
            notice(made, "disk")
            await until(lambda: [item.kind for item in made.board.standing()] == ["disk", "notify"])
            await web.start()
            await until(lambda: len(web.requests) == 1)
            await until(lambda: [item.kind for item in made.board.standing()] == ["disk"])
        await web.stop()
        assert waiting(made) == 0


async def test_a_refusal_holds_nothing_up_and_a_fault_loses_nothing(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    replies = [Reply(503, {}), Reply(422, {"error": "no such site"}), Reply(401, {}), Reply(body={})]

    def answer(_web: Web, _request: Request) -> Reply:
        return replies.pop(0) if len(replies) > 1 else replies[0]

    web.answer = answer
    async with web:
        with daemon(tmp_path / "data", webhook(web, authority, tmp_path)) as made:
            async with notifying(made):
                notice(made, "disk")
                notice(made, "store")
                await until(lambda: len(web.requests) >= 4)
                await until(lambda: not waiting(made))
    assert told(web)[:4] == [("raised", "disk")] * 2 + [("raised", "store")] * 2


async def test_what_waits_has_an_end_and_says_how_many_it_was(
    tmp_path: Path, web: Web, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_WAITING", 3)
    await away(web)
    with daemon(tmp_path / "data", webhook(web, authority, tmp_path)) as made:
        for kind in ("disk", "store", "backup", "refused", "damaged", "trip"):
            notice(made, kind)
        assert waiting(made) == 6
        async with web, notifying(made):
            await until(lambda: len(web.requests) >= 3)
            await until(lambda: not waiting(made))
    assert told(web) == [("more", ""), ("raised", "damaged"), ("raised", "trip")]
    assert web.requests[0].rows[0]["count"] == 4


def test_of_what_is_simulated_nobody_elsewhere_is_told(tmp_path: Path, authority: Authority) -> None:
    common = Common("duty", "", Source("site.yaml", 1, 1))
    far = Channel("far", "", PRIORITIES, HttpsSink(common, "https://duty.example.gov.cn/alarms"))
    near = Channel("near", "", PRIORITIES, HttpsSink(common, "http://127.0.0.1:9/alarms"))
    plan = replace(house(), channels=(far, near))
    assert channels_of(plan, simulated=True) == (near,)
    assert channels_of(plan, simulated=False) == (far, near)


async def test_nothing_is_kept_for_a_channel_that_is_gone(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    await away(web)
    with daemon(tmp_path / "data", webhook(web, authority, tmp_path)) as made:
        notice(made, "disk")
        assert waiting(made) == 1
        made.daemon.channels = ()
        async with notifying(made):
            await until(lambda: not waiting(made))


def another(web: Web) -> Web:
    """With the same certificate, at another port."""
    return Web(web.tls, web.answer)


async def test_what_is_being_told_when_its_channel_becomes_another_is_told_once(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    other = another(web)
    async with web, other:
        channel = webhook(web, authority, tmp_path)
        with daemon(tmp_path / "data", channel) as made:
            async with notifying(made) as notifier:
                web.may_answer.clear()
                notice(made, "disk")
                notice(made, "store")
                await until(lambda: web.requests)
                taking = asyncio.create_task(notifier.take([webhook(other, authority, tmp_path)]))
                await asyncio.sleep(0.02)
                assert not taking.done()
                web.may_answer.set()
                await taking
                await until(lambda: other.requests and not waiting(made))
    assert (told(web), told(other)) == ([("raised", "disk")], [("raised", "store")])


async def test_one_that_does_not_answer_keeps_no_plan_waiting(
    tmp_path: Path, web: Web, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LAST_TELLING_S", 0.05)
    other = another(web)
    async with web, other:
        with daemon(tmp_path / "data", webhook(web, authority, tmp_path)) as made:
            async with notifying(made) as notifier:
                web.may_answer.clear()
                notice(made, "disk")
                await until(lambda: web.requests)
                await notifier.take([webhook(other, authority, tmp_path)])
                await until(lambda: other.requests and not waiting(made))
        web.may_answer.set()
    first, second = web.requests[0].headers, other.requests[0].headers
    assert first["idempotency-key"] == second["idempotency-key"], "known as the same"


async def test_channels_that_stay_go_on_and_one_that_comes_back_has_what_waited(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    gone = another(web)
    await away(gone)
    async with web:
        stays = webhook(web, authority, tmp_path)
        lost = replace(webhook(gone, authority, tmp_path), name="lost")
        with daemon(tmp_path / "data", stays, lost) as made:
            async with notifying(made) as notifier:
                notice(made, "disk")
                await until(partial(idle, made, web))
                await until(lambda: "notify" in {item.kind for item in made.board.standing()})
                common = replace(stays.via.common, source=Source("site.yaml", 9, 1))
                made.daemon.channels = (replace(stays, via=replace(stays.via, common=common)),)
                await notifier.take(made.daemon.channels)
                assert {item.kind for item in made.board.standing()} == {"disk"}
                notice(made, "store")
                await until(lambda: len(web.requests) == 2 and not waiting(made))
                assert web.connections == 1
                assert waiting(made, "lost") == 1
                await gone.start()
                await notifier.take([stays, lost])
                await until(lambda: not waiting(made, "lost"))
                await gone.stop()
    assert told(web) == [("raised", "disk"), ("raised", "store")]
    assert told(gone) == [("raised", "disk")]


@needed
async def test_a_broker_has_each_event_and_how_each_alarm_is_now(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        via = broker_plan(broker.port, client_id="louguan-alarms", topic="compound")
        with daemon(tmp_path / "data", Channel("duty", "", PRIORITIES, via)) as made:
            async with listening(broker, "compound/#") as other, notifying(made):
                notice(made, "disk")
                notice(made, "files")
                await other.until(lambda heard: len(heard) == 4)
                notice(made, "files", on=False)
                await other.until(lambda heard: len(heard) == 6)
                await until(lambda: not waiting(made))
        topics = [topic.removeprefix(f"compound/{SITE}/alarms/") for topic, _ in other.heard]
        disk, files = "state/disk/site", "state/files/site"
        assert topics == [disk, "events", files, "events", files, "events"]
        events = [json.loads(payload) for topic, payload in other.heard if topic.endswith("events")]
        assert [(one["transition"], one["kind"]) for one in events] == [
            ("raised", "disk"),
            ("raised", "files"),
            ("returned", "files"),
        ]
        async with listening(broker, "compound/#") as later:
            await later.until(lambda heard: len(heard) == 1)
            ((topic, payload),) = later.heard
            assert topic.endswith("state/disk/site"), "what is over is retained no more"
            assert json.loads(payload)["state"] == "active-unacked"


@needed
async def test_what_waited_for_a_webhook_goes_to_the_broker_that_has_its_name_now(
    tmp_path: Path, web: Web, authority: Authority
) -> None:
    await away(web)
    hook = webhook(web, authority, tmp_path)
    with mosquitto(tmp_path) as broker:
        via = broker_plan(broker.port, client_id="louguan-alarms", topic="compound")
        with daemon(tmp_path / "data", hook) as made:
            async with listening(broker, "compound/#") as other, notifying(made) as notifier:
                notice(made, "disk")
                assert waiting(made) == 1
                made.daemon.channels = (Channel("duty", "", PRIORITIES, via),)
                await notifier.take(made.daemon.channels)
                await other.until(lambda heard: len(heard) == 2)
                await notifier.take([hook])
                await web.start()
                notice(made, "store")
                await until(partial(idle, made, web))
                await web.stop()
    assert [json.loads(payload)["kind"] for _, payload in other.heard] == ["disk", "disk"]
    assert told(web) == [("raised", "store")]
