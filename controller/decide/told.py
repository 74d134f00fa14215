"""What one engine has told people and has not taken back. Pure."""

from __future__ import annotations

from collections.abc import Callable

from controller.decide.records import Notice


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
