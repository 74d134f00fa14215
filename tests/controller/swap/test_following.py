"""What else follows another Plan: sinks, channels of alarms, trends, and what the site says of the disk."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from config.plan.alarms import PRIORITIES
from config.plan.clock import Pace
from config.plan.devices import Source
from config.plan.metering import Trend
from config.plan.notify import Channel
from config.plan.sinks import Common, FileSink, HttpsSink
from config.plan.site import Plan
from controller.flash import Flash
from controller.notify.channels import told_by
from controller.notify.runner import Notifier
from controller.room import Room
from controller.swap.following import Following
from controller.trending import trending_of
from controller.uploading import uploads_of
from tests.controller.consumption.upload.rows import ScriptedSink, all_of
from tests.controller.consumption.upload.web import Reply, Web
from tests.controller.notify.test_notifier import FAST, notice, until
from tests.controller.shell import shell
from tests.controller.swap.bench import Bench, bench, heard, sealed, site
from tests.controller.test_delivery import START, fill, meter
from tests.controller.test_trending import of, room, samples, trending
from tests.controller.test_uploads import Bench as UploadBench
from tests.controller.test_uploads import plan as sink_plan


async def test_a_sink_that_stays_goes_on_and_others_come_and_go(tmp_path: Path) -> None:
    with shell(tmp_path, room(), START) as made:
        made.stores.log.register([meter("main"), meter("plant")], START)
        fill(made.stores.log, 3)
        sinks = UploadBench(made.stores.log, made, "city", "district")
        async with sinks:
            await sinks.complete("city")
            await sinks.complete("district")
            sinks.sinks["third"] = ScriptedSink(all_of)
            city = sink_plan("city")
            moved = replace(city, common=replace(city.common, source=Source("site.yaml", 99, 1)))
            makings = sinks.makings
            await sinks.uploads.take([moved, sink_plan("third")], sinks._make)
            await sinks.complete("third")
            assert sinks.makings == makings + 1
            assert sinks.uploads.names() == ["city", "third"]
            assert len(sinks.got("third")) == len(sinks.got("city"))
            # What is kept for one that is gone waits for somebody to retire it, as after a start.
            assert await sinks.uploads.known() == ["city", "district", "third"]
            other = replace(city, url="https://127.0.0.1:2/")
            await sinks.uploads.take([other], sinks._make)
            await sinks.until(lambda: sinks.makings == makings + 2)


def renumbered(plan: Plan) -> Plan:
    """The same points the other way round."""
    count = len(plan.points) - 1
    points = tuple(replace(point, id=count - point.id) for point in reversed(plan.points))
    trends = tuple(replace(trend, point=count - trend.point) for trend in plan.trends)
    return replace(plan, points=points, trends=trends)


def test_a_course_goes_on_under_other_numbers(tmp_path: Path) -> None:
    with trending(tmp_path) as made:
        made.read("room.temperature", 21.0)
        made.cycle()
        following = renumbered(made.plan)
        assert of(made).follow(following)
        assert not of(made).follow(replace(following, trends=following.trends[:1]))
        number = next(point.id for point in following.points if point.key == "room.temperature")
        readings = [made.daemon.reading(len(following.points) - 1 - place) for place in range(3)]
        of(made).step(made.clock.advance(1.0), [number], readings)
    assert [value for _, value in samples(tmp_path, "room.temperature")][-1] == 21.0


async def test_all_of_it_follows_a_plan(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    async with bench(data, site("a")) as made:
        heard(made)
        flash, kept = composed(made, data)
        sink = FileSink(sink_plan("files").common, str(out), "csv")
        plan = site("a", "b")
        point = next(point for point in plan.points if point.key == "b.level")
        plan = sealed(
            replace(
                plan,
                sinks=(sink,),
                trends=(Trend(point.id, 0.0, 1.0),),
                site=replace(plan.site, full_disk="drop_oldest", flash_budget_mb=77.0),
            )
        )
        await made.apply(plan)
        assert (kept.full_disk, flash.budget_mb) == ("drop_oldest", 77.0)
        assert has_trends(made)
        assert made.daemon.uploads is not None
        assert made.daemon.uploads.names() == ["files"]
        await made.apply(site("a"))
        assert not has_trends(made)
        assert made.daemon.uploads.names() == []
        await made.daemon.uploads.stop()


def has_trends(made: Bench) -> bool:
    return made.daemon.trending is not None


def composed(made: Bench, data: Path) -> tuple[Flash, Room]:
    """As the composition root puts it together."""
    daemon, stores = made.daemon, made.shell.stores
    kept = Room(stores, daemon.clock, daemon.board, "keep")
    flash = Flash(data, "Asia/Shanghai", 1000.0, daemon.board, daemon.now_ms)
    daemon.trending = trending_of(daemon.plan, data, Pace(), daemon.board, expected=False)
    daemon.uploads = uploads_of(daemon, stores, 1, simulated=False)
    daemon.uploads.start()
    made.follow = Following(
        daemon, stores, data, Pace(), 1, simulated=False, uploads=daemon.uploads, room=kept, flash=flash
    )
    return flash, kept


async def test_channels_of_alarms_are_those_of_the_plan_from_its_first_cycle_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with Web(None, lambda _web, _request: Reply(body={})) as web, bench(data, site("a")) as made:
        heard(made)
        composed(made, data)
        daemon, control = made.daemon, made.shell.stores.control
        make = partial(told_by, site=daemon.plan.site.name)
        notifier = daemon.notifier = Notifier(
            daemon.channels, control, daemon.board, daemon.now_ms, make, FAST
        )
        notifier.start()
        common = Common("duty", "值班", Source("site.yaml", 1, 1))
        duty = Channel("duty", "值班", PRIORITIES, HttpsSink(common, web.url))
        notice(made.shell, "files")
        # What is raised before the notifier has followed waits for the channel all the same.
        later, made.follow = made.follow, None
        await made.apply(sealed(replace(daemon.plan, channels=(duty,))))
        notice(made.shell, "disk")
        assert daemon.channels == (duty,)
        assert later is not None
        await later(site("a"))
        await until(lambda: len(web.requests) == 1)
        made.follow = later
        await made.apply(site("a"))
        notice(made.shell, "store")
        await notifier.stop()
        assert daemon.uploads is not None
        await daemon.uploads.stop()
    assert [request.rows[0]["kind"] for request in web.requests] == ["disk"]
