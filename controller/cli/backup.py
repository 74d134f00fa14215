"""backup and restore: a whole data directory, taken away and put back. Needs no daemon; a backup may be made
beside one."""

from __future__ import annotations

import sqlite3
import sys
import time
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.language import text
from config.language.details import detail, reason
from controller.cli.remote import DataDir, SiteOption, data_directory
from controller.cli.site import AsJson
from controller.cli.speech import Failure, put_json, say, tell
from controller.version import VERSION

if TYPE_CHECKING:
    from controller.backups.manifest import Manifest
    from controller.backups.restoring import Restored

_WRONG_ENDS = (".zip", ".tar", ".gz", ".7z", ".db")
_MOST_TOLD = 20


def backup(
    target: Annotated[
        Path,
        typer.Argument(
            help="The file to make (its name ends in .tar.gz), or a new directory.",
            metavar="FILE",
            show_default=False,
        ),
    ],
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Back up a data directory to one file or directory, while the daemon runs or not: databases, accepted
    plans, the ledger's sealed files. Whole, or not at all."""
    from controller import privacy
    from controller.backups import making
    from controller.backups.zones import zone_of

    where = data_directory(data, site)
    if not making.is_archive(target) and target.name.endswith(_WRONG_ENDS):
        raise Failure(text("{file}: end the name in .tar.gz, or name a directory", file=str(target)), code=2)
    for name in ("control.db", "log.db"):
        if not (where / name).is_file():
            raise Failure(
                text("there is no {file}", file=str(where / name)),
                hint=text("Say where it is with --data DIR or --site SITE."),
            )
    if target.absolute().is_relative_to(where.absolute()):
        raise Failure(text("{file} lies in what is backed up: name another place", file=str(target)), code=2)
    try:
        with privacy.narrowed():
            made = making.make(
                where, target, version=VERSION, now_ms=time.time_ns() // 1_000_000, told=_shown
            )
    except FileExistsError as error:
        raise Failure(text("{file} is there already", file=str(target))) from error
    except making.NotCopied as error:
        words = text("cannot be backed up: {reason}", reason=error.text)
        if not error.damaged:
            raise Failure(words) from error
        mend = text(
            "Start the daemon anew: it sets aside what it finds damaged. If it finds nothing, stop it, move "
            "{file} away and start it.",
            file=error.damaged,
        )
        raise Failure(words, hint=mend, kind="damaged") from error
    except OSError as error:
        raise _unwritten(target, error) from error
    finally:
        _clear()
    for name in made.missing:
        tell(text("{file} is missing", file=name))
    if as_json:
        put_json({"done": "backup", "file": str(target), **_told(made, zone_of(where))})
    else:
        tell(
            text(
                "{file}: {intervals} intervals of {meters} meters, the ledger up to row {row}",
                file=str(target),
                intervals=made.counts["intervals"],
                meters=made.counts["meters"],
                row=made.head.seq,
            )
        )


def restore(
    source: Annotated[
        Path, typer.Argument(help="What louguan backup has made.", metavar="FILE", show_default=False)
    ],
    data: Annotated[
        Path,
        typer.Option("--data", help="The data directory to put it into.", metavar="DIR", show_default=False),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Set aside what is there; it is not deleted.")
    ] = False,
    with_problems: Annotated[
        bool, typer.Option("--with-problems", help="Put it in place though its audit finds something wrong.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back, after a look at all of it; the next start is in observe mode until a person has
    looked at the plant."""
    from controller.backups.manifest import BackupWrong
    from controller.backups.restoring import NotEmpty
    from controller.backups.restoring import restore as put_back
    from controller.store.errors import AlreadyRunning, StoreError
    from controller.store.lock import DataLock

    if not source.exists():
        raise Failure(text("there is no {file}", file=str(source)))
    try:
        with DataLock(data):
            done = put_back(
                source,
                data,
                now_ms=time.time_ns() // 1_000_000,
                replace=replace,
                with_problems=with_problems,
                told=_shown,
                begun=lambda number, of: _shown(say(text("meter {number} of {of}", number=number, of=of))),
            )
    except AlreadyRunning as error:
        raise Failure(error.text, hint=text("Stop it first."), kind="running") from error
    except NotEmpty as error:
        raise Failure(
            text("{data} holds data already", data=str(data)),
            hint=text("With --replace what is there is set aside, not deleted."),
            kind="not-empty",
        ) from error
    except BackupWrong as error:
        words = text("{file} is not put back: {reason}", file=str(source), reason=error.text)
        raise Failure(words, kind="bad-backup") from error
    except StoreError as error:
        raise Failure(error.text) from error
    except sqlite3.Error as error:
        words = text("{file} is not put back: {reason}", file=str(source), reason=detail(str(error)))
        raise Failure(words) from error
    except OSError as error:
        raise _unwritten(data, error) from error
    finally:
        _clear()
    _report(done, data, as_json=as_json)
    if not done.placed:
        raise typer.Exit(1)


def _report(done: Restored, data: Path, *, as_json: bool) -> None:
    made = done.manifest
    if as_json:
        problems = [{"meter": one.meter, "what": say(one.what)} for one in done.problems]
        aside = None if done.aside is None else str(done.aside)
        put_json(
            {"done": "restore" if done.placed else "nothing", "data": str(data), "aside": aside}
            | {"problems": problems, **_told(made, done.zone)}
        )
        return
    tell(
        text(
            "a backup of {site}, made {made} by louguan {version}: {intervals} intervals of {meters} meters, "
            "the ledger up to row {row}",
            site=made.site or "?",
            made=_people(made.made_ms, done.zone),
            version=made.version,
            intervals=made.counts.get("intervals", 0),
            meters=made.counts.get("meters", 0),
            row=made.head.seq,
        )
    )
    for one in done.problems[:_MOST_TOLD]:
        tell(f"  {one.meter}  {say(one.what)}")
    if done.problems:
        tell(text("{count} things are wrong", count=len(done.problems)))
    if not done.placed:
        tell(text("nothing was put in place; with --with-problems it is all the same"))
        return
    if done.aside is not None:
        tell(text("what was there lies in {aside} now", aside=str(done.aside)))
    tell(
        text(
            "it is in {data}; what was asked, done and logged after {seen} is lost; the next start sends "
            "nothing until somebody has looked at the plant and says: louguan observe off",
            data=str(data),
            seen=_people(made.seen_ms or made.made_ms, done.zone),
        )
    )


def _told(made: Manifest, zone: tzinfo | None) -> dict[str, Any]:
    from controller.backups.zones import local

    return {
        "site": made.site,
        "version": made.version,
        "made": local(made.made_ms, zone),
        "up_to": local(made.seen_ms, zone),
        "ledger_head": {"seq": made.head.seq, "hash": made.head.hash.hex()},
        "bytes": sum(part.bytes for part in made.parts),
        "missing": list(made.missing),
        **made.counts,
    }


def _people(ms: int, zone: tzinfo | None) -> str:
    """The site's time; universal time, and said so, where nobody knows the site's."""
    from controller.backups.zones import local

    return local(ms, zone) if zone is not None else f"{local(ms, None)[:-1]} UTC"


def _unwritten(where: Path, error: OSError) -> Failure:
    return Failure(text("cannot write {file}: {reason}", file=str(where), reason=reason(error)))


def _shown(what: str) -> None:
    """Long work shows how far it is, to whoever sits there."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{what}  ")
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)
