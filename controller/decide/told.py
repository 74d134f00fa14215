"""What one engine has told people and has not taken back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from config.plan.site import Plan
from controller.decide.records import Notice


def stands(
    notice: Notice,
    plan: Plan,
    online: Mapping[int, bool],
    not_set_up: Collection[int],
    clashing: Collection[int],
) -> bool:
    """Whether what another Plan's engine told, and this one does not tell anew, is so still. `online`: by
    device; `not_set_up`: points; `clashing`: devices whose instance others have, too."""
    match notice.kind:
        case "clock" | "clock-leap":
            return True
        case "device-lost":
            return any(
                device.name == notice.subject and online.get(device.id) is False for device in plan.devices
            )
        case "set-up-failed":
            return any(plan.points[point].key == notice.subject for point in not_set_up)
        case "instance-clash":
            return any(plan.devices[device].name == notice.subject for device in clashing)
    return False


class Told:
    """Its standing notices; those of the engine before it, until it has said which of them stand."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], Notice] = {}
        self._before: dict[tuple[str, str], Notice] = {}

    def follow(self, former: Told) -> None:
        """Answer for what that one told."""
        self._before = dict(former._standing)

    def take(self, notices: list[Notice], stands: Callable[[Notice], bool]) -> None:
        """The notices of one step. To those of the first are added the ends of what was told before and is
        neither told anew nor, as `stands` says, so still."""
        before, self._before = self._before, {}
        for notice in notices:
            key = (notice.kind, notice.subject)
            before.pop(key, None)
            if notice.on:
                self._standing[key] = notice
            else:
                self._standing.pop(key, None)
        for key, notice in before.items():
            if stands(notice):
                self._standing[key] = notice
            else:
                notices.append(notice._replace(on=False))
