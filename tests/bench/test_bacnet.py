"""The device of the BACnet bench answers as bacpypes3 would, so that nobody is measured with less."""

from __future__ import annotations

from typing import Any

from bacpypes3.primitivedata import Real

from bench.bacnet_client import plan
from bench.bacnet_device import INSTANCE, answer, own
from drivers.bacnet import services
from drivers.bacnet.names import DEVICE, Property
from drivers.bacnet.plain import Question
from drivers.bacnet.services import Ref
from drivers.bacnet.tags import ObjectId, atom
from tests.drivers.bacnet.test_plain import payload

POINTS = plan(0).points


def test_its_answers_are_as_bacpypes3_encodes_them() -> None:
    question = Question(POINTS)
    for course in (0, 1, 63):
        said = answer(question.request, course)
        values: list[tuple[int, Any, tuple[int, ...] | None]] = []
        values += [(n, Real(20.0 + n + course / 4), (0, 0, 0, 0)) for n in range(len(POINTS))]
        assert said == payload(values)
    first, second = answer(question.request, 0), answer(question.request, 1)
    question.learn(first, services.parse_read_property_multiple(first))
    question.take(first)
    found = question.take(second)
    assert found is not None
    assert len(found) == len(POINTS), "all are other ones"


def test_it_knows_who_it_is() -> None:
    for prop, right in (
        (Property.OBJECT_IDENTIFIER, ObjectId(DEVICE, INSTANCE)),
        (Property.MAX_APDU_LENGTH_ACCEPTED, 1476),
    ):
        said = own(services.read_property(Ref(ObjectId(DEVICE, INSTANCE), prop)))
        assert said is not None
        ref, (tag,) = services.parse_read_property(said)
        assert (ref.property, atom(tag)) == (prop, right)
    assert own(services.read_property(Ref(ObjectId(0, 1), Property.PRESENT_VALUE))) is None
