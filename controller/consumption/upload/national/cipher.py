"""AES-128-CBC as the protocol uses it: the key is the initial vector too. Only this imports `cryptography`.

That makes equal beginnings of documents look equal on the wire, and nothing is signed: whoever can change
packets can change them unseen. It is what the centres speak; it hides the data from a casual look only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.dialects import Dialect
from config.language import text
from controller.consumption.upload.national.errors import NationalError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 16


def cipher_key_of(written: str) -> bytes:
    """A key as it is handed out: 16 characters, or 32 hexadecimal digits. Raises NationalError."""
    key = written.strip()
    if re.fullmatch(r"[0-9A-Fa-f]{32}", key):
        return bytes.fromhex(key)
    if key.isprintable() and len(data := key.encode()) == BLOCK:
        return data
    raise NationalError(text("the cipher key must be 16 characters or 32 hexadecimal digits"))


def encrypt(dialect: Dialect, key: bytes, plain: bytes) -> bytes:
    """`plain` filled up to whole blocks, enciphered. `key` has 16 bytes."""
    encryptor = _aes(key).encryptor()
    return encryptor.update(plain + _filling(dialect, len(plain))) + encryptor.finalize()


def decrypt(key: bytes, data: bytes) -> bytes:
    """The plain text with its filling. `data` is one or more whole blocks, `key` has 16 bytes."""
    decryptor = _aes(key).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _filling(dialect: Dialect, length: int) -> bytes:
    short = -length % BLOCK
    if dialect.padding == "pkcs7":
        short = short or BLOCK
        return bytes([short]) * short
    return (b"0" if dialect.padding == "ascii-zero" else b"\0") * short


def _aes(key: bytes) -> Cipher[CBC]:
    # Loaded with the first frame: sites without such a sink do not pay for it.
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES(key), modes.CBC(key))
