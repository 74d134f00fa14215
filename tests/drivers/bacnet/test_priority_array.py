"""Priority arrays as odd devices show them, in memory: element by element, or not at all."""

from __future__ import annotations

import pytest

from config.plan.reading import Value
from drivers.api import Fate, NoAnswer, Refused, Write
from drivers.bacnet import services, tags
from drivers.bacnet.apdu import Aborted, Rejected
from drivers.bacnet.commanding import Commander
from drivers.bacnet.names import Property, Service
from drivers.bacnet.reader import Reader
from drivers.bacnet.tags import OPENING, ObjectId
from tests.drivers.bacnet.bench import LAMP, LEVEL, SCENE, Spec, plan


class Output:
    """An analog output that answers single reads only, and a whole priority array with `whole`."""

    def __init__(self, whole: Exception, elements: Exception | None = None) -> None:
        self._whole, self._elements = whole, elements
        self.slots: dict[int, float] = {}
        self.at_once: Exception | None = None
        """What it says to several writes at once; None: it acknowledges them and does nothing."""
        self.asked: list[Service] = []

    async def ask(self, service: int, payload: bytes) -> bytes:
        self.asked.append(Service(service))
        if service == Service.WRITE_PROPERTY_MULTIPLE:
            if self.at_once is not None:
                raise self.at_once
            return b""
        if service == Service.WRITE_PROPERTY:
            return self._write(payload)
        empty = tags.tagged(OPENING, 3) + tags.tagged(tags.CLOSING, 3)
        ref, _ = services.parse_read_property(payload + empty)
        if ref.property == Property.PRESENT_VALUE:
            value = tags.app_real(self.slots[min(self.slots)] if self.slots else 0.0)
        elif ref.element is None:
            raise self._whole
        elif self._elements is not None:
            raise self._elements
        else:
            held = self.slots.get(ref.element)
            value = tags.app_null() if held is None else tags.app_real(held)
        inside = tags.tagged(OPENING, 3) + value + tags.tagged(tags.CLOSING, 3)
        return services.read_property(ref) + inside

    def _write(self, payload: bytes) -> bytes:
        value, slot = tags.walk(payload)[3], tags.unsigned(tags.walk(payload)[-1].data)
        self.slots.pop(slot, None)
        found = tags.atom(value)
        if isinstance(found, float):
            self.slots[slot] = found
        return b""


@pytest.mark.parametrize("slot", [5, 15])
async def test_an_array_that_is_too_long_is_read_element_by_element(slot: int) -> None:
    output = Output(whole=Aborted("segmentation-not-supported"))
    output.slots = {3: 1.0}
    commander = Commander(output.ask, Reader(output.ask, 1))
    point = plan({"a": [LEVEL]}).points[0]
    done = await commander.carry_out(point, Write(1, 0, 40.0, slot), None)
    assert done.fate is Fate.READ_BACK
    assert dict(done.slots or ()) == {3: 1.0, slot: 40.0}


@pytest.mark.parametrize(
    ("value", "others", "fate"),
    [(40.0, {}, Fate.READ_BACK), (40.0, {2: 5.0}, Fate.ACKNOWLEDGED), (None, {}, Fate.ACKNOWLEDGED)],
)
async def test_without_a_priority_array_the_present_value_has_to_do(
    value: Value | None, others: dict[int, float], fate: Fate
) -> None:
    output = Output(whole=Refused("unknown-property"))
    output.slots = dict(others)
    commander = Commander(output.ask, Reader(output.ask, 1))
    point = plan({"a": [LEVEL]}).points[0]
    done = await commander.carry_out(point, Write(1, 0, value, 15), None)
    assert (done.fate, done.detail, done.slots) == (fate, "priority array not readable", None)


@pytest.mark.parametrize(
    ("says", "fate"),
    [
        (Rejected("unrecognized-service"), Fate.READ_BACK),
        (Refused("write-access-denied"), Fate.READ_BACK),
        (Aborted("other"), Fate.READ_BACK),
        (NoAnswer("time-out"), Fate.NO_ANSWER),
        (None, Fate.MISMATCH),
    ],
)
async def test_a_device_that_does_not_take_several_writes_at_once_is_asked_so_once(
    says: Exception | None, fate: Fate
) -> None:
    output = Output(whole=Aborted("segmentation-not-supported"))
    output.slots, output.at_once = {15: 10.0}, says
    commander = Commander(output.ask, Reader(output.ask, 1))
    point = plan({"a": [LEVEL]}).points[0]
    assert (await commander.carry_out(point, Write(1, 0, 40.0, 8, (15,)), None)).fate is fate
    assert (await commander.carry_out(point, Write(2, 0, 40.0, 8, (15,)), None)).fate is Fate.READ_BACK
    assert output.slots == {8: 40.0}
    writes = [asked for asked in output.asked if asked >= Service.WRITE_PROPERTY]
    alone = [Service.WRITE_PROPERTY, Service.WRITE_PROPERTY]
    assert writes == [
        Service.WRITE_PROPERTY_MULTIPLE,
        *(alone if fate is Fate.READ_BACK else []),
        *alone,
    ]


async def test_nothing_to_null_is_one_plain_write() -> None:
    output = Output(whole=Aborted("segmentation-not-supported"))
    commander = Commander(output.ask, Reader(output.ask, 1))
    await commander.carry_out(plan({"a": [LEVEL]}).points[0], Write(1, 0, 40.0, 8), None)
    assert output.asked[0] is Service.WRITE_PROPERTY


async def test_an_element_that_is_refused_makes_the_array_unreadable() -> None:
    output = Output(whole=Aborted("other"), elements=Refused("read-access-denied"))
    commander = Commander(output.ask, Reader(output.ask, 1))
    assert await commander.look(plan({"a": [LEVEL]}).points[0]) is None


@pytest.mark.parametrize(
    ("spec", "raw", "value"),
    [
        (LEVEL, tags.app_real(250.0), 250.0),
        (SCENE, tags.app_unsigned(9), 9),
        (LAMP, tags.app_enumerated(1), True),
    ],
)
async def test_anothers_command_outside_our_bounds_is_shown_as_it_is(
    spec: Spec, raw: bytes, value: Value
) -> None:
    async def ask(service: int, payload: bytes) -> bytes:
        array = b"".join(raw if slot == 8 else tags.app_null() for slot in range(1, 17))
        inside = tags.tagged(OPENING, 3) + array + tags.tagged(tags.CLOSING, 3)
        point = plan({"a": [spec]}).points[0]
        return services.read_property(_array(point.source)) + inside

    found = await Commander(ask, Reader(ask, 1)).look(plan({"a": [spec]}).points[0])
    assert found == ((8, value),)


def _array(source: object) -> services.Ref:
    from config.plan.points import BacnetObject
    from drivers.bacnet.values import identity

    assert isinstance(source, BacnetObject)
    found = identity(source)
    return services.Ref(ObjectId(found.type, found.instance), Property.PRIORITY_ARRAY)
