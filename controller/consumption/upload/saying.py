"""What a failed connection is told as: the system's own word for it rather than a library's. Pure."""

from __future__ import annotations

import os
import ssl

from config.language import Text, text
from config.language.details import detail

_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""X509_V_ERR: self-signed, self-signed in the chain, no issuer's certificate, unable to verify the leaf."""
_DEEPEST = 20


def cause(error: BaseException) -> Text | str:
    """What lies at the bottom of it, in few words."""
    at: BaseException | None = error
    for _ in range(_DEEPEST):
        if at is None:
            break
        if isinstance(at, ssl.SSLError) and at.reason:
            return text("TLS: {why}", why=detail(at.reason.replace("_", " ").lower()))
        if isinstance(at, OSError) and at.errno is not None and not isinstance(at, ssl.SSLError):
            return detail(os.strerror(at.errno) if at.errno > 0 else at.strerror or str(at))
        grouped = at.exceptions[0] if isinstance(at, BaseExceptionGroup) else None
        at = grouped or at.__cause__ or at.__context__
    return detail(str(error) or type(error).__name__)


def distrust(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """What was wrong with the other side's certificate, if that led to `error`."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def untrusted(error: ssl.SSLCertVerificationError, host: str = "") -> Text:
    """That the other side's certificate is not believed, why, and what may be done about it."""
    why = detail(error.verify_message or str(error))
    said = text("its certificate is not to be trusted: {why}", why=why)
    if host:
        said = text("the certificate of {host} is not to be trusted: {why}", host=host, why=why)
    if error.verify_code not in _UNKNOWN_AUTHORITY:
        return said
    return text(
        "{said}; if it is right, its authority's certificate (or, self-signed, its own) goes into {key}",
        said=said,
        key="tls: {ca: FILE}",
    )
