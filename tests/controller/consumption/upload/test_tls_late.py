"""A process whose event loop knows no TLS sends over TLS all the same, once a Plan says so."""

from __future__ import annotations

import asyncio
import sys

from tests.certificates import Authority
from tests.controller.consumption.upload.contract import batch, rows
from tests.controller.consumption.upload.https_bench import Bench

PROGRAM = """
import sys
from controller import without_openssl
without_openssl.begin()
import asyncio, hashlib, uvloop
assert not {"ssl", "_ssl", "_hashlib"} & sys.modules.keys()
assert hashlib.sha256(b"abc").hexdigest().startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")

url, ca = sys.argv[1:]

async def main():
    loop = asyncio.get_running_loop()
    address = url.split("/")[2].split(":")
    try:
        await loop.create_connection(asyncio.Protocol, address[0], int(address[1]), ssl=True)
    except RuntimeError as error:
        assert "TLS" in str(error)
    else:
        raise AssertionError("the loop itself speaks TLS")
    from tests.controller.consumption.upload.contract import batch, rows
    from tests.controller.consumption.upload.https_bench import upload
    sink = upload(url, ca)
    await sink.send(batch(rows(2)))
    await sink.close()

asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())
import ssl
assert issubclass(ssl.SSLError, OSError)
"""


async def test_what_speaks_tls_imports_it_when_it_is_made(bench: Bench, authority: Authority) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, bench.web.url, str(authority.ca)), stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert len(bench.web.requests) == 1
    await bench.sink.send(batch(rows(2)))
    assert bench.web.requests[0].body == bench.web.requests[1].body
