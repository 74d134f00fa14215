"""The receiver's own certificate and those it trusts, looked at before it listens: which file is at fault is
told by name."""

from __future__ import annotations

import ssl
from pathlib import Path

from config.language import Text, text
from config.language.details import reason


class CertificatesWrong(Exception):
    """They cannot be used."""

    def __init__(self, what: Text) -> None:
        super().__init__(str(what))
        self.what = what


def check(cert: Path | None, key: Path | None, client_ca: Path | None) -> None:
    """Read all that is given. Raises CertificatesWrong."""
    for file in (cert, key, client_ca):
        if file is not None:
            try:
                with file.open("rb") as handle:
                    handle.read(1)
            except OSError as error:
                words = text("cannot read {file}: {error}", file=str(file), error=reason(error))
                raise CertificatesWrong(words) from error
    for file in (cert, client_ca):
        if file is not None:
            _certificates(file)
    if cert is not None and key is not None:
        _pair(cert, key)


def _certificates(file: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except (ssl.SSLError, OSError) as error:
        raise CertificatesWrong(text("there is no certificate in {file} (PEM)", file=str(file))) from error


def _pair(cert: Path, key: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a word for the password, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            words = text(
                "the key in {key} is not that of the certificate in {cert}", key=str(key), cert=str(cert)
            )
        else:
            words = text("there is no private key without a password in {file} (PEM)", file=str(key))
        raise CertificatesWrong(words) from error
