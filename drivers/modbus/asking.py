"""A device's registers through a Link: the few transactions that speaker, writer and set-up share."""

from __future__ import annotations

from collections.abc import Sequence

from config.plan.points import Command, Point, Register
from drivers.api import NoAnswer
from drivers.batching import Block
from drivers.codec import items_of, width
from drivers.modbus.fence import Resting
from drivers.modbus.requests import Link, Request, read


class Asking:
    """Counts what is asked on one line, and how often nothing came."""

    def __init__(self, link: Link, timeout_s: float) -> None:
        self.link = link
        self.timeout_s = timeout_s
        self.requests = 0
        self.timeouts = 0

    async def block(self, unit: int, block: Block, patience_s: float) -> bytes:
        """What the block's registers say, undecoded."""
        return await self.ask(read(unit, block.space, block.address, block.size), patience_s)

    async def register(self, unit: int, register: Register) -> tuple[int, ...]:
        size = width(register)
        asked = read(unit, register.space, register.address, size)
        return items_of(register.space, await self.ask(asked, self.timeout_s), size)

    async def ask(self, request: Request, patience_s: float) -> bytes:
        """See Link."""
        self.requests += 1
        try:
            return await self.link.ask(request, patience_s)
        except Resting:
            self.requests -= 1
            raise
        except NoAnswer:
            self.timeouts += 1
            raise


def written_register(point: Point) -> Register:
    """Where a command of the point is written."""
    assert point.command is not None
    register = point.command.register or point.source
    assert isinstance(register, Register)
    return register


def write_request(unit: int, command: Command, register: Register, raw: Sequence[int]) -> Request:
    """The transaction that writes `raw` to the register. Raises ValueError if the function cannot."""
    bits = register.space == "coil"
    single = len(raw) == 1
    function = command.function or ((5 if single else 15) if bits else (6 if single else 16))
    if register.space not in ("coil", "holding") or bits != (function in (5, 15)):
        raise ValueError(f"function {function} does not write a {register.space} register")
    if function in (5, 6) and not single:
        raise ValueError(f"function {function} does not write {len(raw)} at once")
    return Request(unit, function, register.address, len(raw), tuple(raw))
