"""Asking an operation as the socket does."""

from __future__ import annotations

from typing import Any

import pytest

from controller.socket.protocol import RequestError
from controller.socket.server import Call


def call(op: str, **args: Any) -> Call:
    return Call(op, args, "王工 (li)", "en")


async def refusal(answer: Any) -> tuple[str, str, str]:
    with pytest.raises(RequestError) as error:
        await answer
    return error.value.code, str(error.value), error.value.where
