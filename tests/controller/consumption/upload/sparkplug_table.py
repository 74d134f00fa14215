"""Sparkplug B payloads as Google's library reads and writes them, by the field table of the specification
(Eclipse Sparkplug 3.0, 6.4.1). It knows nothing of our own encoder."""

from __future__ import annotations

from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
PAYLOAD = (
    ("timestamp", 1, _FIELD.TYPE_UINT64),
    ("metrics", 2, _FIELD.TYPE_MESSAGE),
    ("seq", 3, _FIELD.TYPE_UINT64),
    ("uuid", 4, _FIELD.TYPE_STRING),
    ("body", 5, _FIELD.TYPE_BYTES),
)
METRIC = (
    ("name", 1, _FIELD.TYPE_STRING),
    ("alias", 2, _FIELD.TYPE_UINT64),
    ("timestamp", 3, _FIELD.TYPE_UINT64),
    ("datatype", 4, _FIELD.TYPE_UINT32),
    ("is_historical", 5, _FIELD.TYPE_BOOL),
    ("is_transient", 6, _FIELD.TYPE_BOOL),
    ("is_null", 7, _FIELD.TYPE_BOOL),
    ("int_value", 10, _FIELD.TYPE_UINT32),
    ("long_value", 11, _FIELD.TYPE_UINT64),
    ("float_value", 12, _FIELD.TYPE_FLOAT),
    ("double_value", 13, _FIELD.TYPE_DOUBLE),
    ("boolean_value", 14, _FIELD.TYPE_BOOL),
    ("string_value", 15, _FIELD.TYPE_STRING),
    ("bytes_value", 16, _FIELD.TYPE_BYTES),
)
_ONE_OF = range(10, 17)


class Read(NamedTuple):
    """A metric as read. `value` None: null."""

    name: str
    timestamp: int
    datatype: int | None
    historical: bool
    value: Any


def _made() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="table.proto", package="table", syntax="proto2")
    payload = file.message_type.add(name="Payload")
    metric = file.message_type.add(name="Metric")
    metric.oneof_decl.add(name="value")
    for name, number, kind in METRIC:
        field = metric.field.add(name=name, number=number, type=kind, label=_FIELD.LABEL_OPTIONAL)
        if number in _ONE_OF:
            field.oneof_index = 0
    for name, number, kind in PAYLOAD:
        field = payload.field.add(name=name, number=number, type=kind, label=_FIELD.LABEL_OPTIONAL)
        if name == "metrics":
            field.type_name, field.label = ".table.Metric", _FIELD.LABEL_REPEATED
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("table.Payload"))


Payload = _made()


def parsed(payload: bytes) -> Any:
    """Every field is of the table."""
    found = Payload.FromString(payload)
    assert found.SerializeToString(deterministic=True) is not None
    stripped = Payload.FromString(payload)
    stripped.DiscardUnknownFields()
    assert stripped.ByteSize() == found.ByteSize() == len(payload)
    return found


def metrics(payload: bytes) -> dict[str, Read]:
    found = {}
    for one in parsed(payload).metrics:
        kind = one.WhichOneof("value")
        value = None if kind is None else getattr(one, kind)
        assert (value is None) is one.is_null
        datatype = one.datatype if one.HasField("datatype") else None
        found[one.name] = Read(one.name, one.timestamp, datatype, one.is_historical, value)
    return found


def rebirth_command() -> bytes:
    command = Payload(timestamp=1)
    command.metrics.add(name="Node Control/Rebirth", timestamp=1, datatype=11, boolean_value=True)
    return bytes(command.SerializeToString())
