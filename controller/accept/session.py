"""One run: what a killed run left is put back, what is open is read, and what was asked for is tried."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from config.language import Text, text
from config.plan.devices import Device
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from config.plan.slots import Slot
from controller.accept import judging, prints
from controller.accept.ground import Ground
from controller.accept.keeper import Keeper
from controller.accept.losing import Hand, lose
from controller.accept.reading import checks, read_all, read_points, set_up_of
from controller.accept.records import OF_LOSS, OF_WRITING, Aspect, Check, Left, Verdict
from controller.accept.trials import Found, in_slots, step
from controller.accept.writing import found_as, put_back, try_output, unsettled

_SET_UP_S = 60.0
"""Machine seconds in which a set-up register has been written, once it may be."""
_READ_S = 10.0
"""Machine seconds in which a point that is asked for is read."""


class Wish(NamedTuple):
    """What a person asked for. Ids are those of the Plan."""

    write: frozenset[int] = frozenset()
    """Points that may be written."""
    named: frozenset[int] = frozenset()
    """Those of them that were named themselves."""
    set_up: frozenset[int] = frozenset()
    """Devices whose set-up registers may be written."""
    allow: frozenset[str] = frozenset()
    lose: tuple[int, ...] = ()
    """Devices to be disconnected, in this order."""
    again: frozenset[int] = frozenset()
    """Points to be tried again, whatever came of it."""
    failed: bool = False
    """And all that failed."""
    forget: bool = False
    """Outputs that a killed run left are to stay as they are."""


class Planned(NamedTuple):
    """What would be done with one output."""

    point: Point
    found: Value | None
    to: Value | Text
    """The value to write, or why nothing is."""
    set_up: bool = False
    """A set-up register: it is not put back."""


class Asker(Hand, Protocol):
    """The person who accepts."""

    async def may_put_back(self, left: Sequence[Left]) -> bool:
        """Whether what a killed run left may be put back now."""

    async def may_write(self, planned: Sequence[Planned]) -> bool:
        """Whether all of it may be written, one after the other."""

    def tell(self, words: Text) -> None:
        """What is being done."""

    def tried(self, name: str, checks: Mapping[Aspect, Check]) -> None:
        """What became of one thing."""


class Consent:
    """Devices whose set-up registers may be written now; none before a person has said so."""

    def __init__(self) -> None:
        self.devices: frozenset[int] = frozenset()

    def __call__(self, device: int) -> bool:
        return device in self.devices


def speaks(plan: Plan, keeper: Keeper, wish: Wish) -> bool:
    """Whether the devices have to be spoken to at all."""
    tried = wish.write or wish.lose or keeper.progress.left
    return bool(tried) or any(_to_read(keeper, point, wish) for point in plan.points)


class Session:
    """Lives for one run, with all lines open."""

    def __init__(
        self, ground: Ground, keeper: Keeper, wish: Wish, asker: Asker, consent: Consent, by: str
    ) -> None:
        self._ground = ground
        self._keeper = keeper
        self._wish = wish
        self._asker = asker
        self._consent = consent
        self._by = by

    async def run(self) -> None:
        """Raises NotKept when progress cannot be kept: then nothing more is written."""
        plan = self._ground.plan
        wanted = [point for point in plan.points if _to_read(self._keeper, point, self._wish)]
        devices = len({point.device for point in wanted})
        self._asker.tell(
            text("reading {points} points of {devices} devices", points=len(wanted), devices=devices)
            if wanted
            else text("all points have been read before; the lines are opened")
        )
        await read_all(self._ground)
        self._keep_read(wanted)
        self._compare()
        await self._put_back()
        if self._wish.write:
            await self._write()
        for number in self._wish.lose:
            await self._lose(plan.devices[number])

    def _keep_read(self, wanted: Sequence[Point]) -> None:
        if not wanted:
            return
        found = {point.key: checks(self._ground, point) for point in wanted}
        for point in wanted:
            # How often it came before says nothing of today.
            self._keeper.point(point).checks.pop(Aspect.PERIOD, None)
        self._keeper.read(found)

    def _compare(self) -> None:
        """Instruments with what is read now, also those that have failed before."""
        ground = self._ground
        reads = [(point, ground.good(point.id)) for point in ground.plan.points]
        for key, check in self._keeper.compare(reads, ground.now.wall_ms, failed=True).items():
            self._asker.tried(key, {Aspect.MEASURED: check})

    async def _put_back(self) -> None:
        """What a run that was killed has left other than it was."""
        others = set()
        for left in list(self._keeper.progress.left.values()):
            point = self._ground.plan.point_named(left.point)
            if point is None:
                self._asker.tell(text("{name}: it is not in the plan any more", name=left.point))
            elif left.print and left.print != prints.of_point(
                self._keeper.plan, self._keeper.plan.points[point.id]
            ):
                others.add(left.point)
                self._asker.tell(
                    text(
                        "{name}: the site's files make another output of it than the one that was left: "
                        "it is not written; put the old one right by hand, then say --leave",
                        name=left.point,
                    )
                )
            elif judging.close(self._ground.good(point.id), left.found, 0.0) and await self._slot_is(
                point, left
            ):
                self._keeper.put_back(left.point)
        standing = list(self._keeper.progress.left.values())
        if not standing:
            return
        if self._wish.forget:
            for left in standing:
                self._keeper.put_back(left.point)
            return
        same = [left for left in standing if left.point not in others]
        if not same:
            return
        if await self._ground.meanwhile(self._asker.may_put_back(same)):
            for left in same:
                point = self._ground.plan.point_named(left.point)
                if point is not None:
                    check = await put_back(self._ground, self._keeper, point, left, self._asker.tell)
                    self._keeper.tried(point, {Aspect.RESTORED: check})
                    self._asker.tried(point.key, {Aspect.RESTORED: check})

    async def _slot_is(self, point: Point, left: Left) -> bool:
        if not in_slots(point):
            return True
        found = await found_as(self._ground, point)
        # An array that was not read is not an empty one.
        return found.value is not None and found.slots.get(Slot.PEOPLE) == left.slot_found

    async def _write(self) -> None:
        planned = [await self._planned(point) for point in self._chosen()]
        for one in planned:
            if isinstance(one.to, Text):
                check = Check(Verdict.SKIPPED, one.to, self._ground.now.wall_ms)
                self._keeper.tried(one.point, {Aspect.WRITE: check})
                self._asker.tried(one.point.key, {Aspect.WRITE: check})
        ahead = [*(one for one in planned if not isinstance(one.to, Text)), *self._set_ups()]
        if not ahead or not await self._ground.meanwhile(self._asker.may_write(ahead)):
            return
        await self._hold_set_ups([one for one in ahead if one.set_up])
        for one in ahead:
            if not one.set_up:
                await self._try(one.point)

    def _chosen(self) -> list[Point]:
        points = self._ground.plan.points
        return [
            points[number]
            for number in sorted(self._wish.write)
            if self._keeper.wanted(
                self._keeper.point(points[number]),
                Aspect.WRITE,
                again=number in self._wish.again,
                failed=self._wish.failed,
                with_it=OF_WRITING,
            )
        ]

    async def _planned(self, point: Point) -> Planned:
        barred = self._ground.guard.barred(point)
        if barred is not None:
            return Planned(point, self._ground.good(point.id), barred.why)
        found = await found_as(self._ground, point)
        return Planned(point, found.value, unsettled(self._keeper, point) or self._step(point, found))

    def _step(self, point: Point, found: Found) -> Value | Text:
        return step(point, found, self._wish.allow, named=point.id in self._wish.named)

    async def _try(self, point: Point) -> None:
        named = point.id in self._wish.named
        self._asker.tell(text("trying {name}", name=point.key))
        found = await try_output(
            self._ground, self._keeper, point, self._wish.allow, self._asker.tell, self._by, named=named
        )
        self._keeper.tried(point, found)
        self._asker.tried(point.key, found)

    def _set_ups(self) -> list[Planned]:
        """Set-up registers that do not hold what they have to, where they may be written."""
        ground, found = self._ground, []
        for number, value in set_up_of(ground.plan).items():
            point = ground.plan.points[number]
            if point.device in self._wish.set_up and ground.free(point.device):
                reads = ground.good(number)
                if reads is not None and not judging.close(reads, value, judging.tolerance(point)):
                    found.append(Planned(point, reads, value, set_up=True))
        return found

    async def _hold_set_ups(self, planned: Sequence[Planned]) -> None:
        """The driver writes them, as it does under the daemon."""
        if not planned:
            return
        ground, told = self._ground, len(self._ground.set_ups)
        wanted = {one.point.id: one.to for one in planned if not isinstance(one.to, Text)}
        devices = {one.point.device for one in planned}
        may = frozenset(device for device in devices if ground.free(device) and self._shown(device, wanted))
        self._consent.devices = may

        def written() -> set[int]:
            return {one.point for one in ground.set_ups[told:]}

        def over() -> bool:
            return all(
                number in written() or not (device in may and ground.free(device))
                for number in wanted
                for device in (ground.plan.points[number].device,)
            )

        read_points(ground, [one.point for one in planned])
        await ground.until(over, _SET_UP_S)
        read_points(ground, [one.point for one in planned])
        await ground.until(
            lambda: all(
                judging.close(ground.good(number), value, judging.tolerance(ground.plan.points[number]))
                for number, value in wanted.items()
            ),
            _READ_S if written() else 0.0,
        )
        self._consent.devices = frozenset()
        for number, value in wanted.items():
            point = ground.plan.points[number]
            tried = number in written() or (point.device in may and ground.free(point.device))
            check = judging.set_up(point, value, ground.reading(number), ground.now.wall_ms, written=tried)
            self._keeper.read({point.key: {Aspect.SET_UP: check}})
            self._asker.tried(point.key, {Aspect.SET_UP: check})

    def _shown(self, device: int, shown: Collection[int]) -> bool:
        """Whether the driver, which writes all of a device, would write nothing else."""
        ground = self._ground
        return all(
            number in shown
            or judging.close(ground.good(number), value, judging.tolerance(ground.plan.points[number]))
            for number, value in set_up_of(ground.plan).items()
            if ground.plan.points[number].device == device
        )

    async def _lose(self, device: Device) -> None:
        record = self._keeper.device(device)
        again = any(point in self._wish.again for point in device.points)
        failed = self._wish.failed
        if not self._keeper.wanted(record, Aspect.LOST, again=again, failed=failed, with_it=OF_LOSS):
            return
        found = await lose(self._ground, device, self._asker)
        self._keeper.lost(device, found)
        self._asker.tried(device.name, found)


def _to_read(keeper: Keeper, point: Point, wish: Wish) -> bool:
    record = keeper.point(point)
    again = point.id in wish.again
    measured = record.measured is not None and record.verdict(Aspect.MEASURED) is Verdict.OPEN
    return measured or any(
        keeper.wanted(record, aspect, again=again, failed=wish.failed)
        for aspect in (Aspect.READ, *(record.checks.keys() & {Aspect.PERIOD, Aspect.SET_UP}))
    )
