"""`python3 -m deploy install --site DIR`: see docs/guide.en.md, "Installing on a box"."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from config.language import Text, choose, render, text
from deploy import building
from deploy.layout import Layout
from deploy.machine import Failed, Machine
from deploy.steps import Service


def main(words: Sequence[str] | None = None) -> int:
    """Exit 0: done. 1: not done, and what runs is what ran. 2: wrong use."""
    asked = _parser().parse_args(words)
    language = choose(asked.lang)

    def say(what: Text) -> None:
        with suppress(OSError):  # the terminal may be gone; what was begun is brought to its end
            print(render(what, language), flush=True)  # noqa: T201 - this is what people see

    layout = Layout(Path(asked.root).absolute())
    if layout.live and os.geteuid() != 0:
        say(text("this needs root: say it with sudo"))
        return 2
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    service = Service(layout, Machine.here(live=layout.live), say)
    try:
        with _alone(layout):
            _do(service, asked)
    except (Failed, OSError) as failure:
        _put(render(failure.what, language) if isinstance(failure, Failed) else str(failure))
        if isinstance(failure, Failed):
            _put(*(f"  {line}" for line in failure.more.splitlines()[-25:]))
        return 1
    except KeyboardInterrupt:
        _put(render(text("it was broken off"), language))
        return 1
    return 0


def _put(*lines: str) -> None:
    with suppress(OSError):
        sys.stderr.write("".join(f"{line}\n" for line in lines))


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """Nobody else installs meanwhile. Raises Failed, OSError."""
    layout.root.joinpath("opt").mkdir(parents=True, exist_ok=True)
    handle = os.open(layout.root / "opt", os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(text("another installation is under way")) from None
        yield
    finally:
        os.close(handle)


def _do(service: Service, asked: argparse.Namespace) -> None:
    if asked.command == "install":
        service.find_site(asked.site)
        # First what may fail without anybody noticing: building takes minutes and touches nothing that runs.
        version, made = building.build(service.layout, service.machine, asked.source, asked.wheels)
        if made:
            service.say(text("{version} is built", version=version))
        service.bring_in(version, service.take_site(asked.site))
        for name in building.tidy(service.layout):
            service.say(text("the version {version} is removed", version=name))
    elif asked.command == "rollback":
        service.roll_back(with_backup=asked.with_backup)
    else:
        service.remove(data_too=asked.data_too)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="louguan-service", description="louguan as a service of this box.")
    parser.add_argument("--lang", help="zh_CN or en")
    parser.add_argument("--root", default="/", metavar="DIR", help="a staging root; nothing is started")
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser("install", help="install louguan, or upgrade to this version of it")
    install.add_argument(
        "--site", type=Path, metavar="DIR", help="the site's directory; needed the first time"
    )
    install.add_argument(
        "--wheels", type=Path, metavar="DIR", help="install from these files, without a network"
    )
    install.add_argument(
        "--source", type=Path, default=Path.cwd(), metavar="DIR", help="louguan's source (here)"
    )
    back = commands.add_parser("rollback", help="go back to the version before")
    back.add_argument(
        "--with-backup", action="store_true", help="with the data as they were before the upgrade"
    )
    away = commands.add_parser("uninstall", help="take the service away; site, data and backups stay")
    away.add_argument("--data-too", action="store_true", help="delete site, data and backups as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
