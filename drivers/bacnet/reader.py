"""Reading properties of one device in as few requests as it lets us, remembering what worked.

ReadPropertyMultiple in chunks; halved when the device aborts (segmentation, buffers) or rejects; singly when
it has no such service or answers it with errors or junk while single reads work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from drivers.api import BadFrame, Refused
from drivers.bacnet import services
from drivers.bacnet.apdu import Aborted, Rejected
from drivers.bacnet.names import Property, Service
from drivers.bacnet.plain import Question
from drivers.bacnet.services import Answer, Fault, Ref

Ask: TypeAlias = Callable[[int, bytes], Awaitable[bytes]]
"""(service, payload) -> payload of the answer; raises NoAnswer, Refused, BadFrame."""

_ARRAY_WEIGHT: Final = 4
"""A priority array (16 entries) fills an answer as much as this many single values."""
_BYTES_A_PROPERTY: Final = 7
"""Of a request: half an object specification and a property reference."""
_JUNK_ALLOWED: Final = 3


class Reader:
    """What one device has taught us about reading it."""

    def __init__(self, ask: Ask, max_properties: int) -> None:
        self._ask = ask
        self._junk = 0
        self.size = max(1, max_properties)
        """Properties in one ReadPropertyMultiple."""
        self.multiple = max_properties > 1
        """False: single reads only."""

    def fit(self, max_apdu: int) -> None:
        """A request must fit in the APDU the device takes."""
        self.size = max(1, min(self.size, (max_apdu - 8) // _BYTES_A_PROPERTY))

    def chunk(self, properties_each: int) -> int:
        """How many objects to ask for at once, at so many properties each."""
        return max(1, self.size // properties_each) if self.multiple else 1

    async def read(self, refs: Sequence[Ref]) -> dict[Ref, Answer]:
        """An answer for each of `refs`; junk becomes a Fault of its property. Raises NoAnswer alone."""
        answers: dict[Ref, Answer] = {}
        waiting = list(refs)
        while waiting:
            part = self._next_part(waiting)
            answers |= await self._read_part(part)
            del waiting[: len(part)]
        return answers

    def _next_part(self, refs: Sequence[Ref]) -> list[Ref]:
        if not self.multiple:
            return [refs[0]]
        room = self.size
        part: list[Ref] = []
        for ref in refs:
            room -= _weight(ref)
            if part and room < 0:
                break
            part.append(ref)
        return part

    async def put(self, question: Question) -> bytes | dict[Ref, Answer]:
        """The answer's payload where the device answers the whole question at once, else an answer for each
        of its properties, as from `read`. Raises NoAnswer alone."""
        if not self.multiple or len(question.refs) > self.size:
            return await self.read(question.refs)
        try:
            return await self._ask(Service.READ_PROPERTY_MULTIPLE, question.request)
        except (Refused, BadFrame) as error:
            return await self._otherwise(question.refs, error)

    async def parsed(self, refs: list[Ref], payload: bytes) -> dict[Ref, Answer]:
        """What a payload says of `refs`; where it is junk, they are asked for anew. Raises NoAnswer alone."""
        try:
            return self._parsed(refs, payload)
        except BadFrame as error:
            return await self._otherwise(refs, error)

    async def _read_part(self, refs: list[Ref]) -> dict[Ref, Answer]:
        if not self.multiple:
            return {ref: await self._read_single(ref) for ref in refs}
        try:
            request = services.read_property_multiple(refs)
            return self._parsed(refs, await self._ask(Service.READ_PROPERTY_MULTIPLE, request))
        except (Refused, BadFrame) as error:
            return await self._otherwise(refs, error)

    def _parsed(self, refs: list[Ref], payload: bytes) -> dict[Ref, Answer]:
        found = services.parse_read_property_multiple(payload)
        if not any(ref in found for ref in refs):
            raise BadFrame("nothing that was asked for")
        self._junk = 0
        return {ref: found.get(ref, Fault("not answered")) for ref in refs}

    async def _otherwise(self, refs: list[Ref], error: Refused | BadFrame) -> dict[Ref, Answer]:
        """The device did not answer all of them at once as it should."""
        match error:
            case Rejected():
                if error.code == "unrecognized-service":
                    self.multiple = False
                return await self._smaller(refs)
            case Aborted():
                return await self._smaller(refs)
            case Refused():
                return await self._one_bad_spoils_all(refs)
            case _:
                self._junk += 1
                if self._junk >= _JUNK_ALLOWED:
                    self.multiple = False
                return {ref: await self._read_single(ref) for ref in refs}

    async def _smaller(self, refs: list[Ref]) -> dict[Ref, Answer]:
        if not self.multiple or len(refs) == 1:
            return {ref: await self._read_single(ref) for ref in refs}
        half = (len(refs) + 1) // 2
        self.size = max(1, min(self.size, sum(map(_weight, refs)) // 2))
        return await self._read_part(refs[:half]) | await self._read_part(refs[half:])

    async def _one_bad_spoils_all(self, refs: list[Ref]) -> dict[Ref, Answer]:
        """The whole request got an error. If each property can be read singly, the device cannot do it in
        one."""
        answers = {ref: await self._read_single(ref) for ref in refs}
        if not any(isinstance(answer, Fault) for answer in answers.values()):
            self.size = max(1, self.size // 2)
            self.multiple = self.size > 1
        return answers

    async def _read_single(self, ref: Ref) -> Answer:
        try:
            payload = await self._ask(Service.READ_PROPERTY, services.read_property(ref))
            answered, tags = services.parse_read_property(payload)
        except Refused as error:
            return Fault(str(error.code))
        except BadFrame:
            return Fault("bad answer")
        return tags if answered == ref else Fault("bad answer")


def _weight(ref: Ref) -> int:
    return _ARRAY_WEIGHT if ref.property == Property.PRIORITY_ARRAY and ref.element is None else 1
