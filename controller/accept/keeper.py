"""The progress of one run: what is noted is on the disk before the next thing is done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from config.plan.devices import Device
from config.plan.points import Point
from config.plan.reading import Value
from config.plan.site import Plan
from controller.accept import judging, prints
from controller.accept.file import ProgressFile
from controller.accept.records import (
    OF_LOSS,
    OF_WRITING,
    Aspect,
    Check,
    Left,
    Measured,
    Note,
    Progress,
    Record,
    Run,
    Verdict,
)


class Keeper:
    """Held by who holds the data directory. All that writes raises NotKept."""

    def __init__(self, plan: Plan, file: ProgressFile, progress: Progress) -> None:
        self.plan = plan
        self.progress = progress
        self._file = file
        self._prints: dict[str, str] = {}
        """Of points and devices as they are now, by name, once they were asked for: each takes a while."""

    def begin(self, run: Run) -> None:
        self.progress.runs.append(run)
        self._save()

    def end(self, now_ms: int) -> None:
        """The run that began last ends in order."""
        self.progress.runs[-1] = self.progress.runs[-1]._replace(ended_ms=now_ms)
        self._save()

    def point(self, point: Point) -> Record:
        """What is known of it, to be added to; of one that has changed see `look_for_changes`."""
        return self.progress.points.setdefault(point.key, Record(self._print_of(point)))

    def device(self, device: Device) -> Record:
        return self.progress.devices.setdefault(device.name, Record(self._print_of(device)))

    def look_for_changes(self, now_ms: int) -> list[str]:
        """Before all else. Points and devices that are others than when they were tried: their trials begin
        anew, and what people said stays. Their names."""
        found = []
        for name, record, now in self._known():
            if record.print != now:
                record.print, record.changed_ms = now, now_ms
                record.checks.clear()
                found.append(name)
        if found:
            self._save()
        return found

    def read(self, checks: Mapping[str, Mapping[Aspect, Check]]) -> None:
        """Of many points at once, by key."""
        for point in self.plan.points:
            if point.key in checks:
                self.point(point).checks.update(checks[point.key])
        self._save()

    def tried(self, point: Point, checks: Mapping[Aspect, Check]) -> None:
        """Of one output: what an earlier trial had said is forgotten."""
        _replace(self.point(point), OF_WRITING, checks)
        self._save()

    def lost(self, device: Device, checks: Mapping[Aspect, Check]) -> None:
        _replace(self.device(device), OF_LOSS, checks)
        self._save()

    def noted(self, point: Point, note: Note) -> None:
        self.point(point).notes.append(note)
        self._save()

    def measured(self, point: Point, measured: Measured) -> None:
        record = self.point(point)
        record.measured = measured
        record.checks.pop(Aspect.MEASURED, None)
        self._save()

    def compare(
        self, reads: Iterable[tuple[Point, Value | None]], now_ms: int, *, failed: bool
    ) -> dict[str, Check]:
        """What points read beside their instruments, where that is still to be done, or has `failed`. What it
        came to, by key."""
        found = {}
        for point, value in reads:
            record = self.point(point)
            if record.measured is not None and self.wanted(
                record, Aspect.MEASURED, again=False, failed=failed
            ):
                check = judging.measured(value, record.measured, now_ms)
                found[point.key] = record.checks[Aspect.MEASURED] = check
        if found:
            self._save()
        return found

    def leave(self, left: Left) -> None:
        """Before an output is written."""
        self.progress.left[left.point] = left
        self._save()

    def put_back(self, key: str) -> None:
        """It is as it was found, or nobody wants it so any more."""
        if self.progress.left.pop(key, None) is not None:
            self._save()

    @staticmethod
    def wanted(
        record: Record, aspect: Aspect, *, again: bool, failed: bool, with_it: Collection[Aspect] = ()
    ) -> bool:
        """Whether something is to be tried: never done, left out, or to be done again. `with_it`: what else
        comes of the same trial."""
        if again or record.verdict(aspect) in (Verdict.OPEN, Verdict.SKIPPED):
            return True
        return failed and any(record.verdict(one) is Verdict.FAILED for one in (aspect, *with_it))

    def _known(self) -> list[tuple[str, Record, str]]:
        found = [
            (point.key, self.progress.points[point.key], self._print_of(point))
            for point in self.plan.points
            if point.key in self.progress.points
        ]
        found += [
            (device.name, self.progress.devices[device.name], self._print_of(device))
            for device in self.plan.devices
            if device.name in self.progress.devices
        ]
        return found

    def _print_of(self, what: Point | Device) -> str:
        name = what.name if isinstance(what, Device) else what.key
        if (known := self._prints.get(name)) is not None:
            return known
        if isinstance(what, Device):
            made = prints.of_device(self.plan, what)
        else:
            made = prints.of_point(self.plan, what)
        self._prints[name] = made
        return made

    def _save(self) -> None:
        self._file.save(self.progress)


def _replace(record: Record, aspects: Collection[Aspect], checks: Mapping[Aspect, Check]) -> None:
    for aspect in aspects:
        record.checks.pop(aspect, None)
    record.checks.update(checks)
