"""Makes a sink of what the Plan says of it. Imports only what that kind needs: none of it is light."""

from __future__ import annotations

import os
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from config.plan.sinks import FileSink, HttpsSink, Secret, SinkPlan
from controller.consumption.upload.port import NotSetUp, Sink


def make_sink(site: str, plan: SinkPlan) -> Sink:
    """Raises NotSetUp where a secret, a file or a library is missing."""
    raise NotSetUp(f"{site}: {type(plan).__name__} is not there yet")


def stays_here(plan: SinkPlan) -> bool:
    """Whether what is sent to it stays on this machine."""
    if isinstance(plan, FileSink):
        return False
    host = (urlsplit(plan.url).hostname or "") if isinstance(plan, HttpsSink) else plan.host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def secret(where: Secret) -> str:
    """A secret, blanks and line ends around it cut. Raises NotSetUp."""
    if where.env:
        found = os.environ.get(where.env, "")
        if not found:
            raise NotSetUp(f"the environment has no {where.env}")
        return found
    try:
        found = Path(where.file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotSetUp(f"{where.file} cannot be read: {error}") from error
    if not found:
        raise NotSetUp(f"{where.file} is empty")
    return found
