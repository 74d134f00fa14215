"""What keeps a daemon from starting, looked at before anything is written."""

from __future__ import annotations

import grp

from config.language import text
from controller import origin, restored
from controller.options import NotStarted, Options
from controller.overlays import Overlay, read_overlay
from controller.store.control import FILE
from controller.store.errors import AlreadyRunning


def prepare(options: Options) -> Overlay | None:
    """Look at the site, the overlay and whose the data are; the overlay, read. Raises NotStarted."""
    _site_is_there(options)
    restored.refuse_unfinished(options.data)
    group_of(options)
    overlay = None if options.overlay is None else read_overlay(options.overlay)
    if overlay is not None and overlay.time is not None:
        origin.refuse_real(options.data)
    else:
        origin.refuse_simulated(options.data)
    if overlay is None and options.speed != 1.0:
        raise NotStarted(text("only simulated devices can run faster than the clock: give their --overlay"))
    return overlay


def group_of(options: Options) -> int | None:
    """The group that may use the socket too, by number. Raises NotStarted for one that is not there."""
    if options.socket_group is None:
        return None
    try:
        return grp.getgrnam(options.socket_group).gr_gid
    except KeyError as error:
        raise NotStarted(
            text("this machine has no group named {group}", group=options.socket_group)
        ) from error


def already_running(error: AlreadyRunning, options: Options) -> NotStarted:
    """Why a second daemon does not start, and what who wanted his edits taken can do."""
    if not options.accept:
        return NotStarted(error.text)
    hint = text(
        "edited files are taken at a start: stop it first (ctrl-C where it runs, or: kill {pid}), then say "
        "this again",
        pid=error.pid or "…",
    )
    return NotStarted(error.text, hint)


def _site_is_there(options: Options) -> None:
    """A mistyped name is not worth a data directory. Where there is one already, the plan accepted last runs
    even though the site's files cannot be reached."""
    site = options.site
    if (options.data / FILE).exists() and not site.is_file():
        return
    if not site.exists():
        raise NotStarted(text("{site}: there is no such directory", site=str(site)))
    if not site.is_dir():
        raise NotStarted(
            text("{site}: this is no directory", site=str(site)),
            hint=text("give the site's directory, not one of its files"),
        )
    if options.compiled is None and next(site.glob("*.yaml"), None) is None:
        raise NotStarted(
            text("{site}: there is no site here", site=str(site)),
            hint=text("louguan init SITE writes a commented one into a new directory"),
        )
