"""Sinks to the records of the Plan."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

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
from config.written.gather import Named, Written
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
from config.written.problems import Findings, listing

_MQTT_PORTS = {True: 8883, False: 1883}
DIALECTS = Path(__file__).resolve().parents[2] / "dialects"
"""Of the national protocol, one file each. What is in them is the sink's business."""


def lower_sinks(written: Written, meters: Meters, findings: Findings) -> tuple[SinkPlan, ...]:
    """Every sink; tells everything wrong with each."""
    made = []
    for named in written.sinks.values():
        _check_meters(named, meters, findings)
        made.append(_sink(named, findings))
    return tuple(made)


def _check_meters(named: Named[SinkWritten], meters: Meters, findings: Findings) -> None:
    sink = named.written
    asked: list[tuple[list[str | int], str]] = [
        (["meters", number], name) for number, name in enumerate(sink.meters or ())
    ]
    if isinstance(sink, NationalWritten):
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


def _sink(named: Named[SinkWritten], findings: Findings) -> SinkPlan:
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
        return HttpsSink(common, sink.url, _secret(sink.token), _tls(sink.tls))
    if isinstance(sink, MqttWritten):
        return _mqtt(named, sink, common, findings)
    if isinstance(sink, NationalWritten):
        return _national(named, sink, common, findings)
    assert isinstance(sink, FilesWritten)
    if sink.format == "parquet" and find_spec("pyarrow") is None:
        findings.problem(
            named.entry.place(["format"]),
            text("Parquet needs pyarrow, which is not installed here"),
            text("csv, or the extra louguan[parquet]"),
        )
    return FileSink(common, sink.directory, sink.format, sink.every)


def _mqtt(named: Named[SinkWritten], sink: MqttWritten, common: Common, findings: Findings) -> MqttSink:
    if not sink.secure and not is_loopback(sink.host):
        findings.problem(
            named.entry.place(["secure"]),
            text("without TLS the log would leave this machine readable for everybody"),
            text("secure: true"),
        )
    return MqttSink(
        common,
        host=sink.host,
        port=sink.port or _MQTT_PORTS[sink.secure],
        secure=sink.secure,
        version=sink.version,
        format=sink.format,
        client_id=sink.client_id or f"louguan-{named.name}",
        topic=sink.topic,
        ack_topic=sink.ack_topic or "",
        username=sink.username,
        password=_secret(sink.password),
        tls=_tls(sink.tls),
    )


def _national(
    named: Named[SinkWritten], sink: NationalWritten, common: Common, findings: Findings
) -> NationalSink:
    dialects = sorted(path.stem for path in DIALECTS.glob("*.json"))
    if sink.dialect not in dialects:
        findings.problem(
            named.entry.place(["dialect"]),
            text('no dialect named "{name}"', name=sink.dialect),
            text("one of {words}", words=listing(dialects)),
            findings.guess(sink.dialect, dialects),
        )
    key, cipher_key = _secret(sink.key), _secret(sink.cipher_key)
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
    )


def _secret(written: SecretWritten | None) -> Secret | None:
    return None if written is None else Secret(written.file or "", written.env or "")


def _tls(written: TlsWritten) -> Tls:
    return Tls(written.ca or "", written.cert or "", written.key or "")
