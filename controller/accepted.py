"""Which Plan the daemon runs: the last accepted one, kept by hash, or the site's files accepted now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.plan import codec
from config.plan.site import Plan
from controller.compile import compile_site
from controller.options import NotStarted, Options
from controller.store.control import ControlStore
from controller.store.errors import StoreError
from controller.store.plans import Acceptance

_READ_BY_THE_COMPILER = ("*.yaml", "schedules/*.yaml", "profiles/*.yaml")


class InForce(NamedTuple):
    """The Plan to run."""

    plan: Plan
    differs: bool
    """The site's files were edited since it was accepted."""


def compiled(site: Path, language: str) -> tuple[str, Plan]:
    """The site's files as they are now: the Plan's JSON and the Plan. NotStarted lists every mistake."""
    answer = compile_site(site, language)
    if answer.plan is None:
        raise NotStarted(text("the site's files are not right:"), hint=answer.report)
    return answer.plan, codec.load(answer.plan)


def read_compiled(file: Path) -> tuple[str, Plan]:
    """A Plan's JSON and the Plan from a file. Raises NotStarted."""
    try:
        content = file.read_text(encoding="utf-8")
        return content, codec.load(content)
    except (OSError, ValueError) as error:
        raise NotStarted(text("{file} is not a compiled plan: {reason}", file=file, reason=error)) from error


def choose_plan(
    control: ControlStore, options: Options, language: str, *, person: str, now_ms: int
) -> InForce:
    """The Plan in force, or the site's files accepted now: as asked, or when nothing was accepted before.

    Raises NotStarted.
    """
    site = options.site
    accept = options.accept or options.compiled is not None
    last = control.in_force()
    kept = None if last is None else _kept(control, last.hash)
    if kept is not None and not (accept and differs(kept, site)):
        return InForce(kept, differs(kept, site))
    detail = "" if last is None or kept is not None else "the accepted plan's file was missing or damaged"
    found = None if last is not None or accept else _left_behind(control)
    if found is not None:
        detail = "found in the folder of accepted plans: the note of which one is in force is lost"
        content, plan = found
    elif options.compiled is None:
        content, plan = compiled(site, language)
    else:
        content, plan = read_compiled(options.compiled)
    try:
        control.accept(content, Acceptance(plan.hash, now_ms, person, detail)).result()
    except (OSError, StoreError) as error:
        raise NotStarted(text("the accepted plan cannot be kept: {reason}", reason=str(error))) from error
    return InForce(plan, found is not None and differs(plan, site))


def differs(plan: Plan, site: Path) -> bool:
    """Whether the site directory holds other files than `plan` was made from."""
    return dict(plan.files) != dict(_digests(site))


def _digests(site: Path) -> Iterator[tuple[str, str]]:
    for pattern in _READ_BY_THE_COMPILER:
        for path in sorted(site.glob(pattern)):
            if path.is_file():
                yield path.relative_to(site).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


def _left_behind(control: ControlStore) -> tuple[str, Plan] | None:
    """The plan accepted last when control.db was lost and only the files are left: an edit that nobody
    accepted does not come into force by an accident."""
    newest = control.files.newest()
    kept = None if newest is None else _kept(control, newest)
    content = None if newest is None or kept is None else control.files.load(newest)
    return None if content is None or kept is None else (content, kept)


def _kept(control: ControlStore, plan_hash: str) -> Plan | None:
    """The accepted Plan from its file; None if that is gone, damaged or of another version."""
    content = control.files.load(plan_hash)
    if content is None:
        return None
    try:
        return codec.load(content)
    except ValueError:
        return None
