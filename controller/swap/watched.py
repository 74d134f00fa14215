"""Edited files that come into force by themselves, where the site says so: once they stand still and are
right, and never half of an edit."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from config.language import Text, text
from controller.accepted import differs
from controller.background import in_thread
from controller.compile import compile_site
from controller.daemon import Daemon
from controller.decide.records import Notice, Refused
from controller.edits import Signature, signature
from controller.store.errors import StoreError
from controller.swap.applying import Applying
from controller.swap.versions import was_rolled_back

BY_FILES = "files"
"""Who is written down for it."""
STILL_S = 2.0
"""Machine seconds for which the files must stand still."""
LOOK_S = 1.0
"""Machine seconds between two looks at names, times and sizes."""


class Watched:
    """Looks at the site's files. Mistakes in them are told by `Edits`."""

    def __init__(self, site: Path, daemon: Daemon, applying: Applying, language: str) -> None:
        self._site = site
        self._daemon = daemon
        self._applying = applying
        self._language = language
        self._seen: Signature | None = None
        self._since_s = 0.0
        self._judged: Signature | None = None
        """Nothing is done about these files any more."""

    async def look(self) -> None:
        """Take what stands still and is right."""
        if self._daemon.plan.site.apply != "watched":
            self._judged = None
            return
        seen, now_s = await in_thread(partial(signature, self._site)), asyncio.get_running_loop().time()
        if seen != self._seen:
            self._seen, self._since_s = seen, now_s
        elif seen != self._judged and now_s - self._since_s >= STILL_S and await self._judge():
            self._judged = seen

    async def _judge(self) -> bool:
        """Whether these files are done with: in force, wrong, or not to be taken."""
        if not await in_thread(partial(differs, self._daemon.plan, self._site)):
            return True
        compiled = await in_thread(partial(compile_site, self._site, self._language))
        if compiled.plan is None:
            return True
        return await self._take(compiled.plan)

    async def _take(self, content: str) -> bool:
        refusal: Text | None = None
        try:
            prepared = await self._applying.prepare(content)
            if await in_thread(partial(differs, prepared.plan, self._site)):
                return False  # they were changed meanwhile: what was read may be half of it
            # What somebody went back from is not for the files to bring back.
            if not was_rolled_back(await self._applying.versions(), prepared.plan.hash):
                await self._applying.apply(prepared, prepared.plan.hash, BY_FILES, "")
        except Refused as error:
            refusal = error.text
        except StoreError as error:
            refusal = error.text
        words = text("the edited files are right, but cannot be taken: {reason}", reason=refusal or "")
        notice = Notice("files-refused", "", words, refusal is not None)
        self._daemon.board.take([notice], self._daemon.now_ms())
        return True
