"""COV subscriptions of one device: made, renewed before they end, given up where the device refuses them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from config.plan.points import BacnetObject, Point
from config.plan.reading import Value
from drivers.api import BadFrame, DriverError, Refused
from drivers.bacnet import services, values
from drivers.bacnet.apdu import Rejected
from drivers.bacnet.names import Service
from drivers.bacnet.reader import Ask
from drivers.bacnet.services import Notification
from drivers.bacnet.tags import ObjectId
from drivers.bacnet.timing import Timing

PROCESS = 1
"""Our subscriber process identifier: the same after a restart, so that a device renews instead of adding one
more."""

_NEVER = float("inf")
_SILENT_AFTER = 3
"""Changes seen only by polling, in a row, after which a subscription is not believed to be alive."""


@dataclass(slots=True)
class _Subscription:
    point: Point
    what: ObjectId
    due: float
    confirmed: bool = True
    ends: float = 0.0
    missed: int = 0
    last: Value | None = None


class Subscriptions:
    """Times are the event loop's. Subscribing goes through `ask`, one point at a time, when the device's turn
    allows."""

    def __init__(self, points: Iterable[Point], ask: Ask, timing: Timing) -> None:
        self._ask = ask
        self._timing = timing
        self._by_object: dict[ObjectId, _Subscription] = {}
        for point in points:
            if isinstance(point.source, BacnetObject) and point.source.cov_increment is not None:
                what = values.identity(point.source)
                self._by_object[what] = _Subscription(point, what, due=_NEVER)
        self._by_point = {each.point.id: each for each in self._by_object.values()}

    def start(self, now: float) -> None:
        """Forget what there was (the device has been away or restarted) and subscribe to all anew."""
        for each in self._by_object.values():
            each.due, each.ends, each.missed, each.confirmed = now, 0.0, 0, True

    def end(self) -> None:
        """The device is lost: nothing is alive, nothing is due."""
        for each in self._by_object.values():
            each.due, each.ends = _NEVER, 0.0

    def next(self) -> float:
        """When the next subscription is to be made or renewed."""
        return min([each.due for each in self._by_object.values()]) if self._by_object else _NEVER

    def __len__(self) -> int:
        return len(self._by_point)

    def __contains__(self, point: int) -> bool:
        """Whether the point is one to be subscribed to."""
        return point in self._by_point

    def alive(self, point: int, now: float) -> bool:
        """Whether changes of this point come by themselves."""
        each = self._by_point.get(point)
        return each is not None and each.ends > now

    async def renew_next(self, now: float) -> Point | None:
        """Make or renew the most urgent subscription that is due. Raises NoAnswer; it stays due then.

        A device that refuses confirmed notifications is asked for unconfirmed ones, then only polled.
        """
        each = min(self._by_object.values(), key=lambda item: item.due, default=None)
        if each is None or each.due > now:
            return None
        lifetime = self._timing.lifetime_s
        request = services.subscribe_cov(PROCESS, each.what, each.confirmed, lifetime)
        try:
            await self._ask(Service.SUBSCRIBE_COV, request)
        except Refused as error:
            if isinstance(error, Rejected) and error.code == "unrecognized-service":
                self.end()
            elif each.confirmed:
                each.confirmed = False
            else:
                each.due = _NEVER
            each.ends = 0.0
        except BadFrame:
            each.due = now + lifetime
        else:
            each.ends = now + lifetime
            each.due = now + lifetime * self._timing.renew_after
        return each.point

    def notified(self, notice: Notification) -> Point | None:
        """The point a notification of this device is for; None when we hold no such subscription."""
        each = self._by_object.get(notice.object)
        if each is None or not each.ends or notice.process != PROCESS:
            return None
        each.missed = 0
        return each.point

    def saw(self, point: Point, value: Value | None, polled: bool) -> None:
        """A value came by polling or by notification; changes that only polling finds end trust in COV."""
        each = self._by_point.get(point.id)
        if each is None or value is None:
            return
        if polled and each.ends and each.last is not None and _moved(point, each.last, value):
            each.missed += 1
            if each.missed >= _SILENT_AFTER:
                each.ends, each.due = 0.0, _NEVER
        each.last = value

    async def cancel(self) -> None:
        """Unsubscribe from all that is alive; a device that does not answer lets them end by themselves."""
        for each in self._by_object.values():
            if each.ends:
                with suppress(DriverError):
                    await self._ask(Service.SUBSCRIBE_COV, services.unsubscribe_cov(PROCESS, each.what))
        self.end()


def _moved(point: Point, last: Value, value: Value) -> bool:
    source = point.source
    assert isinstance(source, BacnetObject)
    if isinstance(last, str) or isinstance(value, str) or point.kind != "number":
        return last != value
    return abs(value - last) > 1.01 * abs((source.cov_increment or 0.0) * source.scale)
