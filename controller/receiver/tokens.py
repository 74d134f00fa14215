"""Who may send: a line a token, `SITE TOKEN`, in a file that others cannot read. A site may have several."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import stat
from pathlib import Path

from config.language import Text, text
from config.language.details import reason
from config.plan.regular import open_regular

SHORTEST = 16
_MOST = 1024 * 1024
_log = logging.getLogger(__name__)


class TokensWrong(Exception):
    """The token file cannot be used."""

    def __init__(self, what: Text) -> None:
        super().__init__(str(what))
        self.what = what


class Tokens:
    """The tokens as the file has them: read anew when it changed. A changed file that is wrong leaves those
    of before in force, and is told once."""

    def __init__(self, path: Path) -> None:
        """Raises TokensWrong."""
        self._path = path
        self._seen = _identity(path)
        self._digests = _read(path)
        self._told = ""

    def site(self, authorization: str) -> str | None:
        """The site whose token an `Authorization` header shows; None if it shows none of them."""
        self._look()
        scheme, _, token = authorization.partition(" ")
        shown = _digest(token.strip())
        found: str | None = None
        # Every token is compared, whole: the time taken tells nothing.
        for digest, site in self._digests:
            if hmac.compare_digest(digest, shown):
                found = site
        return found if scheme.lower() == "bearer" else None

    def _look(self) -> None:
        try:
            identity = _identity(self._path)
            if identity == self._seen:
                return
            self._digests = _read(self._path)
        except TokensWrong as error:
            if str(error) != self._told:
                self._told = str(error)
                _log.warning(text("the tokens of before stay in force: {why}", why=error.what))
            return
        self._seen, self._told = identity, ""
        _log.info(text("tokens read anew"))


def _identity(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise _cannot(path, error) from error
    return found.st_ino, found.st_mtime_ns, found.st_size


def open_to_all(mode: int) -> bool:
    """Whether a file of that mode can be read or changed by everybody."""
    return bool(mode & (stat.S_IROTH | stat.S_IWOTH))


def open_words(path: Path) -> Text:
    return text("everybody can read or change {file}; chmod o= keeps others out", file=str(path))


def _read(path: Path) -> list[tuple[bytes, str]]:
    try:
        with open_regular(path) as handle:  # of a pipe nobody knows how much there is
            status = os.fstat(handle.fileno())
            # No more than there is: a mebibyte that is asked for each time leaves holes in the memory.
            lines = handle.read(min(status.st_size, _MOST)).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _cannot(path, error) from error
    if open_to_all(status.st_mode):
        raise TokensWrong(open_words(path))
    found: list[tuple[bytes, str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = line.split()
        if len(words) != 2:
            raise TokensWrong(
                text(
                    "{file}, line {line}: a site's name and its token, nothing else",
                    file=str(path),
                    line=number,
                )
            )
        if len(words[1]) < SHORTEST:
            raise TokensWrong(
                text(
                    "{file}, line {line}: a token has at least {count} characters",
                    file=str(path),
                    line=number,
                    count=SHORTEST,
                )
            )
        found.append((_digest(words[1]), words[0]))
    if not found:
        raise TokensWrong(text("there is no token in {file}", file=str(path)))
    return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _cannot(path: Path, error: OSError | UnicodeError) -> TokensWrong:
    return TokensWrong(text("cannot read {file}: {error}", file=str(path), error=reason(error)))
