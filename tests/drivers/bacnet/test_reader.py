"""The reader against devices of every temper, in memory: `ask` is a device that answers bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from drivers.api import NoAnswer, Refused
from drivers.bacnet import services, tags
from drivers.bacnet.apdu import Aborted, Rejected
from drivers.bacnet.names import Property, Service
from drivers.bacnet.reader import Reader
from drivers.bacnet.services import Fault, Ref
from drivers.bacnet.tags import CONTEXT, OPENING, ObjectId
from drivers.bacnet.timing import Agenda

REFS = [Ref(ObjectId(0, number), Property.PRESENT_VALUE) for number in range(1, 25)]


def value(ref: Ref) -> float:
    return float(ref.object.instance)


class Device:
    """Answers reads of analog inputs with their own numbers, as its temper lets it."""

    def __init__(self, temper: Callable[[list[Ref]], None] = lambda refs: None, known: int = 1000) -> None:
        self._temper = temper
        self._known = known
        self.asked: list[int] = []
        """How many properties each request was for; 0 for a single read."""

    async def ask(self, service: int, payload: bytes) -> bytes:
        if service == Service.READ_PROPERTY:
            self.asked.append(0)
            ref, _ = services.parse_read_property(payload + _empty_value())
            if ref.object.instance > self._known:
                raise Refused("unknown-object")
            return services.read_property(ref) + _value(3, ref)
        refs = _asked_for(payload)
        self.asked.append(len(refs))
        self._temper(refs)
        return b"".join(_result(ref) for ref in refs)


def _empty_value() -> bytes:
    return tags.tagged(OPENING, 3) + tags.tagged(tags.CLOSING, 3)


def _value(number: int, ref: Ref) -> bytes:
    return tags.tagged(OPENING, number) + tags.app_real(value(ref)) + tags.tagged(tags.CLOSING, number)


def _result(ref: Ref) -> bytes:
    body = tags.context(2, ref.property) + _value(4, ref)
    return tags.context_object(0, ref.object) + tags.tagged(OPENING, 1) + body + tags.tagged(tags.CLOSING, 1)


def _asked_for(payload: bytes) -> list[Ref]:
    refs, owner = [], ObjectId(0, 0)
    for tag in tags.walk(payload):
        if tag.kind == CONTEXT and len(tag.data) == 4:
            owner = tags.object_id(tag.data)
        elif tag.kind == CONTEXT:
            refs.append(Ref(owner, tags.unsigned(tag.data)))
    return refs


def at_most(count: int, error: Exception) -> Callable[[list[Ref]], None]:
    def temper(refs: list[Ref]) -> None:
        if len(refs) > count:
            raise error

    return temper


def numbers(answers: dict[Ref, services.Answer]) -> dict[Ref, object]:
    return {
        ref: answer.name if isinstance(answer, Fault) else tags.atom(answer[0])
        for ref, answer in answers.items()
    }


ALL_GOOD = {ref: value(ref) for ref in REFS}


@settings(max_examples=40)
@given(some.integers(0, 30), some.sampled_from([Aborted("buffer-overflow"), Rejected("too-many-arguments")]))
async def test_every_property_is_read_whatever_a_device_can_take(most: int, error: Exception) -> None:
    device = Device(at_most(most, error))
    reader = Reader(device.ask, 25)
    assert numbers(await reader.read(REFS)) == ALL_GOOD
    first = len(device.asked)
    assert numbers(await reader.read(REFS)) == ALL_GOOD
    again = device.asked[first:]
    if most:
        assert max(again) <= most, "what worked is remembered"
        assert len(again) <= -(-len(REFS) // max(1, most // 2)), "and not made smaller than need be"


async def test_a_device_without_the_service_is_asked_once() -> None:
    device = Device(at_most(0, Rejected("unrecognized-service")))
    reader = Reader(device.ask, 25)
    assert numbers(await reader.read(REFS)) == ALL_GOOD
    assert numbers(await reader.read(REFS)) == ALL_GOOD
    assert device.asked == [24] + 48 * [0]


async def test_an_error_for_all_because_of_one_is_found_out_singly() -> None:
    def temper(refs: list[Ref]) -> None:
        if any(ref.object.instance > 22 for ref in refs):
            raise Refused("unknown-object")

    device = Device(temper, known=22)
    reader = Reader(device.ask, 25)
    found = numbers(await reader.read(REFS))
    assert found == {ref: value(ref) if value(ref) <= 22 else "unknown-object" for ref in REFS}
    assert reader.multiple
    assert reader.size == 25
    assert numbers(await reader.read(REFS[:22])) == dict(list(ALL_GOOD.items())[:22])
    assert device.asked[-1] == 22


async def test_a_device_that_answers_multiple_with_errors_and_singly_well_is_read_singly() -> None:
    device = Device(at_most(0, Refused("internal-error")))
    reader = Reader(device.ask, 8)
    for _ in range(3):
        assert numbers(await reader.read(REFS)) == ALL_GOOD
    assert not reader.multiple


async def test_junk_for_multiple_is_borne_three_times() -> None:
    class Babbler(Device):
        async def ask(self, service: int, payload: bytes) -> bytes:
            good = await super().ask(service, payload)
            return good[:-3] if service == Service.READ_PROPERTY_MULTIPLE else good

    reader = Reader(Babbler().ask, 25)
    for _ in range(3):
        assert numbers(await reader.read(REFS)) == ALL_GOOD
    assert not reader.multiple


async def test_an_answer_to_another_question_is_no_value() -> None:
    class Liar(Device):
        async def ask(self, service: int, payload: bytes) -> bytes:
            return services.read_property(REFS[5]) + _value(3, REFS[5])

    reader = Reader(Liar().ask, 1)
    assert numbers(await reader.read(REFS[:1])) == {REFS[0]: "bad answer"}


async def test_no_answer_is_no_answer() -> None:
    reader = Reader(Device(at_most(0, NoAnswer("time-out"))).ask, 25)
    with pytest.raises(NoAnswer):
        await reader.read(REFS)


def test_requests_fit_into_what_a_small_device_takes() -> None:
    reader = Reader(Device().ask, 25)
    reader.fit(1476)
    assert reader.size == 25
    reader.fit(128)
    pairs = [Ref(ref.object, prop) for ref in REFS for prop in (85, 111)]
    assert len(services.read_property_multiple(pairs[: reader.size])) + 4 <= 128
    reader.fit(50)
    assert len(services.read_property_multiple(pairs[: reader.size])) + 4 <= 50


@given(some.lists(some.floats(0.01, 20.0), min_size=1, max_size=60), some.floats(0.1, 5.0))
def test_the_agenda_keeps_its_grid(delays: list[float], period: float) -> None:
    agenda, now = Agenda([(7, period)], 0.0), 0.0
    for delay in delays:
        now += delay
        if agenda.due(now):
            agenda.done([7], now)
        off_grid = agenda.next() % period
        assert min(off_grid, period - off_grid) == pytest.approx(0.0, abs=1e-6)
        assert now < agenda.next() + 1e-9 <= now + period + 1e-6
