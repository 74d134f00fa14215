"""Sinks to the records of the Plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib.util import find_spec
from os.path import normpath

from config.dialects import dialect_names
from config.dialects.checks import CHECKS, Unfit
from config.language import text
from config.plan.sinks import (
    Common,
    FileSink,
    HttpsSink,
    MqttSink,
    NationalMeter,
    NationalSink,
    Secret,
    SinkPlan,
    Tls,
)
from config.written.gather import Written
from config.written.lower.meters import Meters
from config.written.model.sinks import (
    FilesWritten,
    HttpsWritten,
    MqttWritten,
    NationalWritten,
    SecretWritten,
    SinkWritten,
    TlsWritten,
    is_loopback,
)
from config.written.named import Named
from config.written.problems import Findings, listing

MQTT_PORTS = {True: 8883, False: 1883}


def lower_sinks(written: Written, meters: Meters, findings: Findings) -> tuple[SinkPlan, ...]:
    """Every sink; tells everything wrong with each."""
    made = []
    for named in written.sinks.values():
        _check_meters(named, meters, findings)
        _check_form(named, findings)
        if named.sound:
            made.append(_sink(named))
    _check_directories(written.sinks.values(), findings)
    return tuple(made)


def _check_directories(sinks: Iterable[Named[SinkWritten]], findings: Findings) -> None:
    """Files of two sinks in one directory would take each other's names."""
    seen: dict[str, str] = {}
    for named in sinks:
        if not isinstance(named.written, FilesWritten) or named.entry.lacks("directory"):
            continue
        first = seen.setdefault(normpath(named.written.directory).lstrip("/"), named.name)
        if first != named.name:
            findings.problem(
                named.entry.place(["directory"]),
                text(
                    'the sinks "{first}" and "{second}" would write into one directory',
                    first=first,
                    second=named.name,
                ),
                text("a directory for each"),
            )


def _check_meters(named: Named[SinkWritten], meters: Meters, findings: Findings) -> None:
    sink = named.written
    asked: list[tuple[list[str | int], str]] = [
        (["meters", number], name) for number, name in enumerate(sink.meters or ())
    ]
    if isinstance(sink, NationalWritten) and not named.entry.lacks("ids"):
        asked += [(["ids", name], name) for name in sink.ids]
    for path, name in asked:
        at = named.entry.place(path, key=path[0] == "ids")
        if name in meters.sums:
            findings.problem(
                at,
                text('"{name}" is worked out when it is read: it is not uploaded', name=name),
                hint=text("name the meters it is made of"),
            )
        else:
            meters.find(name, at)
    if isinstance(sink, NationalWritten) and not named.entry.lacks("ids"):
        _check_ids(named, sink, findings)


def _check_ids(named: Named[SinkWritten], sink: NationalWritten, findings: Findings) -> None:
    """What goes to a data centre has a name there, of its own: a later value of the same name replaces the
    earlier."""
    seen: dict[tuple[str, str], str] = {}
    for name, item in sink.ids.items():
        if not named.entry.whole("ids", name):
            continue
        first = seen.setdefault((item.id, item.function), name)
        if first != name:
            findings.problem(
                named.entry.place(["ids", name], key=True),
                text(
                    'the meters "{first}" and "{second}" would have one name at the centre: id {id}, '
                    "function {function}",
                    first=first,
                    second=name,
                    id=item.id,
                    function=item.function,
                ),
            )
    for number, name in enumerate(sink.meters or ()):
        at = named.entry.place(["meters", number])
        lost = named.entry.lacks("ids", name)
        if name not in sink.ids and not lost and not findings.told(at):
            findings.problem(
                at,
                text('"{name}" has no entry in ids: the centre would never get it', name=name),
                text("an entry of ids beside those of the others, or a meter that has one"),
            )


def _check_form(named: Named[SinkWritten], findings: Findings) -> None:
    """What its keys need of each other, and of what there is here."""
    sink = named.written
    if isinstance(sink, MqttWritten) and not named.entry.lacks("host"):
        if not sink.secure and not is_loopback(sink.host):
            findings.problem(
                named.entry.place(["secure"]),
                text("without TLS the log would leave this machine readable for everybody"),
                text("secure: true"),
            )
    elif isinstance(sink, NationalWritten):
        _check_dialect(named, sink, findings)
        _check_settings(named, sink, findings)
    elif isinstance(sink, FilesWritten) and sink.format == "parquet" and find_spec("pyarrow") is None:
        findings.problem(
            named.entry.place(["format"]),
            text("Parquet needs pyarrow, which is not installed here"),
            text("csv, or the extra louguan[parquet]"),
        )


def _sink(named: Named[SinkWritten]) -> SinkPlan:
    sink = named.written
    common = Common(
        name=named.name,
        label=sink.label or named.name,
        source=named.entry.at,
        meters=tuple(sink.meters or ()),
        timeout_s=sink.timeout,
        batch_rows=sink.batch,
        backfill_rows_s=sink.backfill_rate,
    )
    if isinstance(sink, HttpsWritten):
        return HttpsSink(common, sink.url, secret(sink.token), tls(sink.tls))
    if isinstance(sink, MqttWritten):
        return _mqtt(named, sink, common)
    if isinstance(sink, NationalWritten):
        return _national(sink, common)
    assert isinstance(sink, FilesWritten)
    return FileSink(common, sink.directory, sink.format, sink.every)


def _mqtt(named: Named[SinkWritten], sink: MqttWritten, common: Common) -> MqttSink:
    return MqttSink(
        common,
        host=sink.host,
        port=sink.port or MQTT_PORTS[sink.secure],
        secure=sink.secure,
        version=sink.version,
        format=sink.format,
        client_id=sink.client_id or f"louguan-{named.name}",
        topic=sink.topic,
        ack_topic=sink.ack_topic or "",
        username=sink.username,
        password=secret(sink.password),
        tls=tls(sink.tls),
    )


def _check_dialect(named: Named[SinkWritten], sink: NationalWritten, findings: Findings) -> None:
    dialects = dialect_names()
    if sink.dialect not in dialects and not named.entry.lacks("dialect"):
        findings.problem(
            named.entry.place(["dialect"]),
            text('no dialect named "{name}"', name=sink.dialect),
            text("one of {words}", words=listing(dialects)),
            findings.guess(sink.dialect, dialects),
        )


def _national(sink: NationalWritten, common: Common) -> NationalSink:
    key, cipher_key = secret(sink.key), secret(sink.cipher_key)
    assert key is not None
    assert cipher_key is not None
    ids = tuple(NationalMeter(meter, item.id, item.coding, item.function) for meter, item in sink.ids.items())
    return NationalSink(
        # What has no number at the centre cannot be sent there.
        replace(common, meters=common.meters or tuple(item.meter for item in ids)),
        host=sink.host,
        port=sink.port,
        dialect=sink.dialect,
        building=sink.building,
        gateway=sink.gateway,
        key=key,
        cipher_key=cipher_key,
        ids=ids,
        heartbeat_s=sink.heartbeat,
        set_clock=sink.set_clock,
        settings=json.dumps(sink.settings, ensure_ascii=False) if sink.settings else "",
    )


def _check_settings(named: Named[SinkWritten], sink: NationalWritten, findings: Findings) -> None:
    """What this centre has otherwise than its dialect."""
    for key, value in sink.settings.items():
        at = named.entry.place(["settings", key])
        check = CHECKS.get(key)
        if check is None:
            findings.problem(
                at, text('no setting of a dialect named "{name}"', name=key), hint=findings.guess(key, CHECKS)
            )
            continue
        try:
            check(value)
        except Unfit as error:
            findings.problem(at, text("this cannot be {key} of a dialect", key=key), error.expected)


def secret(written: SecretWritten | None) -> Secret | None:
    """Where it is found."""
    return None if written is None else Secret(written.file or "", written.env or "")


def tls(written: TlsWritten) -> Tls:
    """How the other side is known."""
    return Tls(written.ca or "", written.cert or "", written.key or "")
