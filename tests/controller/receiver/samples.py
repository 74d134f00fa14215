"""Rows as a site sends them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any

from controller.consumption.upload.port import Stream
from controller.consumption.upload.rowjson import row_json
from controller.receiver.rows import Received, read_line
from tests.controller.consumption.upload.rows import row


def sent(number: int, site: str = "shuangliu", meter: str = "main-1", **changed: Any) -> dict[str, Any]:
    """The row of that number, some of it changed."""
    return {**row_json(site, row(number, meter), Stream.LIVE), **changed}


def received(number: int, meter: str = "main-1", **changed: Any) -> Received:
    return read_line(json.dumps(sent(number, meter=meter, **changed)).encode())[1]


def body(rows: Sequence[object]) -> bytes:
    """NDJSON, gzipped."""
    return gzip.compress("".join(json.dumps(one) + "\n" for one in rows).encode())
