"""Which Plan the daemon runs: the last accepted one, kept by hash, or the site's files accepted now."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from config.language import text
from config.language.details import detail
from config.plan import codec
from config.plan.regular import read_regular
from config.plan.site import Plan
from controller import damage, plan_loss
from controller.compile import compile_site
from controller.options import NotStarted, Options
from controller.plan_loss import Loss
from controller.store import people
from controller.store.control import Changes, ControlStore
from controller.store.errors import StoreError
from controller.store.ledger import Entry, Kind
from controller.store.plans import Acceptance, sound

READ_BY_THE_COMPILER = ("*.yaml", "schedules/*.yaml", "profiles/*.yaml")


class InForce(NamedTuple):
    """The Plan to run."""

    plan: Plan
    differs: bool
    """The site's files were edited since it was accepted."""
    loss: Loss = Loss.NONE


def compiled(site: Path, language: str) -> tuple[str, Plan]:
    """The site's files as they are now: the Plan's JSON and the Plan. NotStarted lists every mistake."""
    answer = compile_site(site, language)
    if answer.plan is None:
        raise NotStarted(text("the site's files are not right:"), hint=answer.report)
    return answer.plan, codec.load(answer.plan)


def read_compiled(file: Path) -> tuple[str, Plan]:
    """A Plan's JSON and the Plan from a file. Raises NotStarted."""
    content = _text_of(file)
    try:
        return content, codec.load(content)
    except ValueError as error:
        raise _no_plan(file, error) from error


def _text_of(file: Path) -> str:
    try:
        return read_regular(file).decode("utf-8")
    except (OSError, ValueError) as error:
        raise _no_plan(file, error) from error


def _no_plan(file: Path, error: Exception) -> NotStarted:
    return NotStarted(text("{file} is not a compiled plan: {reason}", file=file, reason=detail(str(error))))


def choose_plan(
    control: ControlStore, options: Options, language: str, *, person: str, now_ms: int
) -> InForce:
    """The Plan in force, or the site's files accepted now: as asked, or when nothing was accepted before.

    Where the accepted Plan is lost, the files come into force, and if they may have been edited the site is
    put into observe mode first. Raises NotStarted.
    """
    accept = options.accept or options.compiled is not None
    last = control.in_force()
    wanted = control.files.newest() if last is None else last.hash
    kept = None if wanted is None else _kept(control, wanted)
    if kept is not None and last is not None and not (accept and _is_other(kept, options)):
        return InForce(kept.plan, differs(kept.plan, options.site), kept.loss)
    if kept is not None and last is None and not accept:
        detail = "found in the folder of accepted plans: the note of which one is in force is lost"
        _accept(control, kept.content, Acceptance(kept.plan.hash, now_ms, person, detail))
        return InForce(kept.plan, differs(kept.plan, options.site), kept.loss)
    lost = wanted is not None and kept is None
    content, plan = _from_files(options, language, lost=lost)
    loss, detail = Loss.NONE, ""
    if lost:
        detail = "the accepted plan's file was missing or damaged"
    if wanted is not None and lost and not accept:
        same = plan.hash == wanted or _made_from(control.files.copies(wanted), plan)
        loss = Loss.MADE_ANEW if same else Loss.EDITED
        if loss is Loss.EDITED:
            detail += "; the site's files may hold edits that nobody accepted"
            _hold_back(control, now_ms)
    _accept(control, content, Acceptance(plan.hash, now_ms, person, detail))
    return InForce(plan, differs=False, loss=loss)


class _Kept(NamedTuple):
    content: str
    plan: Plan
    loss: Loss


def _kept(control: ControlStore, plan_hash: str) -> _Kept | None:
    """The accepted Plan from its file or its second copy, both made good; None if both are gone, damaged or
    of another version."""
    copies = control.files.copies(plan_hash)
    for content in copies:
        plan = None if content is None else sound(content)
        if content is None or plan is None or plan.hash != plan_hash:
            continue
        if copies != (content, content):
            with contextlib.suppress(OSError):  # it runs all the same, and the next start tries again
                control.files.save(plan_hash, content)
        return _Kept(content, plan, Loss.NONE if copies[0] == content else Loss.COPY_USED)
    return None


def _from_files(options: Options, language: str, *, lost: bool) -> tuple[str, Plan]:
    if options.compiled is not None:
        return read_compiled(options.compiled)
    try:
        return compiled(options.site, language)
    except NotStarted as error:
        if not lost:
            raise
        raise NotStarted(
            text("the accepted plan is lost, and the site's files are not right:"), hint=error.hint
        ) from error


def _made_from(copies: tuple[str | None, ...], plan: Plan) -> bool:
    """Whether what is left of the accepted Plan (of another version, perhaps) says that it was made from the
    same files."""
    for content in copies:
        try:
            files = json.loads(content or "")["files"]
            if dict(files) == dict(plan.files):
                return True
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    return False


def _hold_back(control: ControlStore, now_ms: int) -> None:
    """Committed before the edits come into force. A site held back for its control.db stays so: that ends in
    the same way."""
    with closing(control.reader()) as connection:
        if damage.held_back(people.remembered(connection).observe) is not None:
            return
    held = plan_loss.hold_back(now_ms)
    entry = Entry(now_ms, Kind.COMMAND, who=held.person, why=held.reason, detail="observe on site")
    try:
        control.commit(Changes(now_ms, (entry,), observe=(held,))).result()
    except StoreError as error:
        raise NotStarted(text("the accepted plan cannot be kept: {reason}", reason=error.text)) from error


def _accept(control: ControlStore, content: str, item: Acceptance) -> None:
    try:
        control.accept(content, item).result()
    except StoreError as error:
        raise NotStarted(text("the accepted plan cannot be kept: {reason}", reason=error.text)) from error
    except OSError as error:
        reason = detail(str(error))
        raise NotStarted(text("the accepted plan cannot be kept: {reason}", reason=reason)) from error


def _is_other(kept: _Kept, options: Options) -> bool:
    """Whether what is to be accepted is another Plan than `kept`."""
    if options.compiled is not None:
        # Where the text is the same no second Plan is made.
        same = _text_of(options.compiled) == kept.content
        return not same and read_compiled(options.compiled)[1].hash != kept.plan.hash
    return differs(kept.plan, options.site)


def differs(plan: Plan, site: Path) -> bool:
    """Whether the site directory holds other files than `plan` was made from."""
    return dict(plan.files) != dict(_digests(site))


def _digests(site: Path) -> Iterator[tuple[str, str]]:
    for pattern in READ_BY_THE_COMPILER:
        for path in sorted(site.glob(pattern)):
            name = path.relative_to(site).as_posix()
            try:
                yield name, hashlib.sha256(read_regular(path)).hexdigest()
            except OSError:  # whatever it is, it is not what was accepted
                yield name, ""
