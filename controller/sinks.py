"""Makes a sink of what the Plan says of it. Imports only what that kind needs: none of it is light."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config.language import Text
from config.plan.notify import Channel
from config.plan.sinks import FileSink, HttpsSink, MqttSink, NationalSink, SinkPlan
from config.plan.site import Plan
from controller.consumption.upload.heads import HeadNow
from controller.consumption.upload.port import Row, Sink


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What sinks need of the daemon."""

    site: str
    simulated: bool
    time_zone: str
    interval_s: int
    meters: Sequence[str]
    """Names of all meters."""
    boot: int
    """Number of this run: other than that of the run before."""
    now_ms: Callable[[], int]
    told: Callable[[Text], None]
    """Something that people should know."""
    set_clock: Callable[[int], None]
    """A data centre says that it is this time, UTC milliseconds."""
    head: HeadNow
    """The ledger's."""
    history: Callable[[Sequence[str], int, int], Awaitable[Sequence[Row] | None]]
    """(meters, from_ms, to_ms) -> their rows that end in it; None when it cannot say."""


def make_sink(around: Surroundings, plan: SinkPlan) -> Sink:
    """May import and read files. Raises SinkError where a secret, a file or a library is missing."""
    match plan:
        case HttpsSink():
            from controller.consumption.upload.https import HttpsUpload

            return HttpsUpload(plan, around.site, around.head)
        case MqttSink():
            from controller.consumption.upload.mqtt import MqttUpload

            meters = plan.common.meters or around.meters
            return MqttUpload(
                plan,
                site=around.site,
                meters=meters,
                now_ms=around.now_ms,
                first_bd_seq=around.boot % 256,
                head=around.head,
            )
        case FileSink():
            from controller.consumption.upload.files import FilesUpload

            # The folder may be looked into, or copied from, by somebody who was not there.
            site = f"simulated-{around.site}" if around.simulated else around.site
            return FilesUpload(plan, site=site, zone=ZoneInfo(around.time_zone), head=around.head)
        case NationalSink():
            return _data_centre(around, plan)


def _data_centre(around: Surroundings, plan: NationalSink) -> Sink:
    from config.dialects import DialectError, load_dialect
    from controller.consumption.upload.national.cipher import cipher_key_of
    from controller.consumption.upload.national.errors import NationalError
    from controller.consumption.upload.national.sink import DataCentre, Secrets
    from controller.consumption.upload.security import read_secret

    meters = [number.meter for number in plan.ids]
    try:
        dialect = load_dialect(plan.dialect, plan.settings)
    except DialectError as error:
        raise NationalError(error.problems[0]) from error
    return DataCentre(
        plan,
        dialect,
        Secrets(read_secret(plan.key), cipher_key_of(read_secret(plan.cipher_key))),
        ZoneInfo(around.time_zone),
        told=around.told,
        set_clock=around.set_clock,
        history=lambda from_ms, to_ms: around.history(meters, from_ms, to_ms),
        period_min=around.interval_s // 60,
    )


def stays_here(plan: SinkPlan, folders: Sequence[Path]) -> bool:
    """Whether what is sent to it stays on this machine; a file sink's files, within `folders`. Looks where
    links lead."""
    if isinstance(plan, FileSink):
        directory = Path(plan.directory).resolve()
        return any(directory.is_relative_to(folder.resolve()) for folder in folders)
    host = (urlsplit(plan.url).hostname or "") if isinstance(plan, HttpsSink) else plan.host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def channels_of(plan: Plan, *, simulated: bool) -> tuple[Channel, ...]:
    """Who is told of alarms: of what is simulated nobody beyond this machine."""
    return tuple(item for item in plan.channels if not simulated or stays_here(item.via, ()))
