"""Bringing Plans into force: by a person, by watched files, back to an earlier one, and back by itself when
the devices that an edit touched reject what is written to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from config.language import Text, text
from controller.background import in_thread
from controller.daemon import Daemon
from controller.decide.records import Notice, Refused
from controller.decide.step import Step
from controller.store.control import ControlStore
from controller.store.errors import StoreError
from controller.store.plans import Acceptance, Version, before
from controller.swap.rejections import Rejections
from controller.swap.taking import Prepared, Taking

BY_ITSELF = "louguan"
"""Who is written down for what nobody asked for."""


class Applying:
    """All methods are called from the event loop."""

    def __init__(self, daemon: Daemon, control: ControlStore, taking: Taking) -> None:
        self._daemon = daemon
        self._control = control
        self._taking = taking
        self._watch: Rejections | None = None
        """Of the edit that came into force last, while it may still be taken back by itself."""
        self._returning: asyncio.Task[None] | None = None
        self.in_force: Callable[[], Awaitable[object]] | None = None
        """Done when another Plan has come into force, before whoever asked for it is answered."""
        taking.taken = self._taken
        daemon.after_step = self._heed

    async def prepare(self, content: str) -> Prepared:
        """Judge a Plan's JSON, for `apply`. Raises Refused."""
        return await self._taking.prepare(content)

    async def apply(self, prepared: Prepared, plan_hash: str, person: str, comment: str) -> Version:
        """Bring a Plan into force, that of `plan_hash`. Raises Refused, StoreError."""
        item = Acceptance(plan_hash, self._daemon.now_ms(), person, "", comment)
        await self._take(prepared, item)
        # Somebody else may have brought another one into force since.
        return next(version for version in await self.versions() if version.item == item)

    async def versions(self) -> list[Version]:
        """Newest first. Raises StoreError."""
        return await in_thread(self._control.versions)

    async def roll_back(self, number: int | None, person: str, comment: str, detail: str = "") -> Version:
        """Bring an earlier version into force again: that of `number`, or the one before. Returns it. Raises
        Refused, StoreError."""
        known = await self.versions()
        if number is None:
            wanted = before(known)
            if wanted is None:
                raise Refused(text("there is no version before this one"))
        else:
            wanted = next((version for version in known if version.number == number), None)
            if wanted is None:
                raise Refused(text("there is no version {number}; see: louguan history", number=number))
            if wanted.item.hash == self._daemon.plan.hash:
                raise Refused(text("version {number} is in force already", number=number))
        content = await in_thread(partial(self._content, wanted.item.hash))
        if content is None:
            if not await in_thread(partial(self._control.files.has, wanted.item.hash)):
                raise Refused(text("the plan of version {number} is not kept any more", number=wanted.number))
            raise Refused(text("version {number} cannot be read any more", number=wanted.number))
        what = f"rollback to {wanted.number}"
        item = Acceptance(
            wanted.item.hash,
            self._daemon.now_ms(),
            person,
            f"{what}: {detail}" if detail else what,
            comment,
            wanted.number,
        )
        await self._take(await self.prepare(content), item)
        return wanted

    async def give_up(self) -> None:
        """The run ends."""
        if self._returning is not None:
            self._returning.cancel()
            await asyncio.gather(self._returning, return_exceptions=True)
        await self._taking.give_up()

    async def _take(self, prepared: Prepared, item: Acceptance) -> None:
        await self._taking.take(prepared, item)
        if self.in_force is not None:
            await self.in_force()

    def _content(self, plan_hash: str) -> str | None:
        """In a thread."""
        kept = self._control.files.sound(plan_hash)
        return None if kept is None else kept[0]

    def _taken(self, item: Acceptance, touched: frozenset[str]) -> None:
        """What was brought back is not watched: it is not taken back again and again."""
        self._watch = None
        if not item.back_to:
            self._watch = Rejections(touched, self._daemon.plan.site.rollback, self._daemon.now_ms())
            self._tell(text(""), on=False)

    def _heed(self, step: Step) -> None:
        """After each step."""
        watch = self._watch
        if watch is None:
            return
        if watch.over(step.wall_ms):
            self._watch = None
        elif step.fates and (rejected := watch.take(step.fates)):
            self._watch = None
            self._returning = asyncio.create_task(self._return(rejected), name="automatic rollback")

    async def _return(self, rejected: dict[str, str]) -> None:
        devices = ", ".join(sorted(rejected))
        try:
            said = "; ".join(rejected.values())
            version = await self.roll_back(None, BY_ITSELF, "", f"writes were rejected: {said}")
        except (Refused, StoreError) as error:
            words = text(
                "{devices} reject what the new plan writes, and the one before could not be brought back: "
                "{reason}",
                devices=devices,
                reason=error.text,
            )
            self._tell(words, on=True)
            return
        words = text(
            "{devices} rejected what the new plan wrote: version {number} is in force again",
            devices=devices,
            number=version.number,
        )
        self._tell(words, on=True)

    def _tell(self, words: Text, *, on: bool) -> None:
        self._daemon.board.take([Notice("rolled-back", "", words, on)], self._daemon.now_ms())
