"""Fixtures of the upload's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.certificates import Authority, Identity
from tests.controller.consumption.upload.https_bench import Bench, context, upload
from tests.controller.consumption.upload.web import Web


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Identity:
    return authority.issue("server")


@pytest_asyncio.fixture
async def bench(authority: Authority, server: Identity) -> AsyncIterator[Bench]:
    async with Web(context(server)) as web:
        sink = upload(web.url, authority.ca)
        yield Bench(web, sink)
        await sink.close()
