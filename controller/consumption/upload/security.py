"""What a connection needs to be trusted: secrets and certificates, read when it is made. Blocking."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from config.language import Text, text
from config.language.details import detail
from config.plan.sinks import Secret, Tls
from controller.consumption.upload.port import Denied


def read_secret(secret: Secret, environment: Mapping[str, str] = os.environ) -> str:
    """The secret, without the line's end. Raises Denied where there is none: a person must look."""
    if secret.env:
        found = environment.get(secret.env, "")
        if not found:
            raise Denied(text("the environment has no {name}", name=secret.env))
        return found
    try:
        found = Path(secret.file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Denied(
            text("cannot read the secret in {file}: {error}", file=secret.file, error=_said(error))
        ) from None
    if not found:
        raise Denied(text("the secret in {file} is empty", file=secret.file))
    return found


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Believes the authorities of `tls.ca` alone, or the system's; shows our certificate where there is
    one."""
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise Denied(
            text("cannot read the certificates in {file}: {error}", file=tls.ca, error=_said(error))
        ) from None
    if tls.cert:
        try:
            # A key with a passphrase would ask for it at a terminal.
            context.load_cert_chain(tls.cert, tls.key, password="")
        except (OSError, ssl.SSLError) as error:
            file = f"{tls.cert}, {tls.key}"
            raise Denied(
                text("cannot read the certificates in {file}: {error}", file=file, error=_said(error))
            ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _said(error: Exception) -> Text | str:
    """The error in few words, without what the file holds."""
    if isinstance(error, UnicodeDecodeError):
        return detail("no UTF-8")
    reason = getattr(error, "strerror", None)
    return detail(str(reason or type(error).__name__))
