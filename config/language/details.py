"""Short English that comes from below (drivers, operating system, database, libraries), as people read it.

The ledger and programs get it as it is. For people what is of a closed set is recognised by its form, with
the numbers and names in it; any other stays as it is. Standard library only.
"""

from __future__ import annotations

import errno
import os
import re
from string import Formatter

from config.language import Text, text


class Forms:
    """A closed set of messages. The first that fits is taken; a part named `nested` is read as a whole."""

    def __init__(self, *forms: Text, nested: str = "why") -> None:
        self._forms = forms
        self._nested = nested
        self._patterns: list[re.Pattern[str]] = []
        """Made when first needed: most runs read none."""

    def read(self, said: str) -> Text | str:
        """`said` as a text if it is one of these, else as it is."""
        if not self._patterns:
            self._patterns = [re.compile(_pattern(form.message), re.DOTALL) for form in self._forms]
        for form, pattern in zip(self._forms, self._patterns, strict=True):
            if (found := pattern.fullmatch(said)) is not None:
                parts = {
                    name: self.read(part) if name == self._nested else part
                    for name, part in found.groupdict().items()
                }
                return text(form.message, **parts)
        return said


def _pattern(message: str) -> str:
    parts = Formatter().parse(message)
    return "".join(re.escape(plain) + (f"(?P<{name}>.+?)" if name else "") for plain, name, _, _ in parts)


DETAILS = Forms(
    # lines
    text("time-out"),
    text("no answer"),
    text("answers"),
    text("no connection: {why}"),
    text("no serial device: {why}"),
    text("serial device lost: {why}"),
    text("connection lost: {why}"),
    text("connection closed by the peer"),
    text("not connected"),
    text("connection closed"),
    text("line closed"),
    text("stopped"),
    text("held back"),
    text("not in step"),
    text("wrong CRC"),
    text("undecodable"),
    text("not Modbus: protocol id"),
    text("the answer is cut short"),
    text("the line does not fall silent"),
    text("the echo is not of what was written"),
    text("the device does not answer"),
    text("refused, perhaps in answer to an earlier request"),
    text("an answer nobody asked for: unit {unit}, function {function}"),
    text("unit {found} instead of {expected}"),
    text("function {found} instead of {expected}"),
    text("{found} bytes of data instead of {expected}"),
    text("a length of {length} in the header"),
    text("read back {found} instead of {expected}"),
    text("exception {code}"),
    text("internal error: {name}"),
    text("no I-Am"),
    text("not found yet"),
    text("no longer at {address}, seen at {rival}"),
    text("time-out at {address}"),
    text("cannot bind: {why}"),
    text("line {name} cannot bind {host}: {why}"),
    text("cannot send: {why}"),
    text("no free invoke id"),
    # the operating system
    text("[Errno {number}] {why}: {file}"),
    text("[Errno {number}] {why}"),
    text("Address already in use"),
    text("Bad file descriptor"),
    text("Broken pipe"),
    text("Cannot assign requested address"),
    text("Connection refused"),
    text("Connection reset by peer"),
    text("Connection timed out"),
    text("Device or resource busy"),
    text("Disk quota exceeded"),
    text("File exists"),
    text("File name too long"),
    text("File too large"),
    text("Host is down"),
    text("Input/output error"),
    text("Is a directory"),
    text("Name or service not known"),
    text("Name has no usable address"),
    text("Network is unreachable"),
    text("No address associated with hostname"),
    text("No route to host"),
    text("No space left on device"),
    text("No such device"),
    text("No such file or directory"),
    text("Not a directory"),
    text("Operation not permitted"),
    text("Permission denied"),
    text("Read-only file system"),
    text("not a regular file"),
    text("Temporary failure in name resolution"),
    # the database
    text("attempt to write a readonly database"),
    text("database disk image is malformed"),
    text("database is locked"),
    text("database or disk is full"),
    text("disk I/O error"),
    text("file is not a database"),
    text("unable to open database file"),
    text("it is gone"),
    text("it is of another version of louguan"),
    text("it is empty"),
    text("it was deleted or replaced"),
    text("empty"),
    text("not a backup of {name}.db"),
    text("Tree {tree} page {page} cell {cell}: {why}"),
    text("Tree {tree} page {page}: {why}"),
    text("Page {page}: {why}"),
    text("btreeInitPage() returns error code {code}"),
    text("unable to get the page. error code={code}"),
    text("never used"),
    text("row {row} missing from index {index}"),
    text("wrong # of entries in index {index}"),
    text("NULL value in {column}"),
    text("CHECK constraint failed: {rule}"),
    text("FOREIGN KEY constraint failed"),
    text("NOT NULL constraint failed: {column}"),
    text("UNIQUE constraint failed: {columns}"),
    text("no such table: {table}"),
    text("no such column: {column}"),
    text("interrupted"),
    text("locking protocol"),
    text("out of memory"),
    text("this is no archive of a ledger"),
    text("it does not end as it says"),
    text("the chain does not hold at {row}"),
    text("its end is missing"),
    text("string or blob too big"),
    text("{file} is damaged: {why}"),
    text("{file} refused an entry: {why}"),
    text("{file} could not be written in time: {why}"),
    text("cannot open {file}: {why}"),
    text("cannot read {file}: {why}"),
    # TLS
    text("self-signed certificate"),
    text("self-signed certificate in certificate chain"),
    text("unable to get issuer certificate"),
    text("unable to get local issuer certificate"),
    text("unable to verify the first certificate"),
    text("timed out"),
    text("certificate has expired"),
    text("certificate is not yet valid"),
    text("certificate revoked"),
    text("Hostname mismatch, certificate is not valid for '{host}'."),
    text("IP address mismatch, certificate is not valid for '{host}'."),
    text("wrong version number"),
    text("http request"),
    text("record layer failure"),
    text("no shared cipher"),
    text("unsupported protocol"),
    text("key values mismatch"),
    text("unexpected eof while reading"),
    text("sslv3 alert handshake failure"),
    text("sslv3 alert bad certificate"),
    text("tlsv1 alert unknown ca"),
    text("tlsv1 alert protocol version"),
    text("tlsv13 alert certificate required"),
    text("no UTF-8"),
    # who uploads, and who receives
    text("All connection attempts failed"),
    text("Server disconnected without sending a response."),
    text("ConnectError"),
    text("ConnectTimeout"),
    text("ReadError"),
    text("ReadTimeout"),
    text("WriteError"),
    text("WriteTimeout"),
    text("SSLError"),
    text("No address associated with hostname"),
    text("Software caused connection abort"),
    text("refused without a reason"),
    text("a number has more digits than a column of the file"),
    text("more junk than frames"),
    text("no document of this protocol"),
    text("nothing readable in a frame: is the cipher key the centre's?"),
    text("{status} no token that is known here"),
    text("{status} not stored, try again"),
    text("{status} this token is of site {token}, the rows are of site {rows}"),
    # what is not JSON
    text("Expecting value: line {line} column {column} (char {place})"),
    text("Expecting property name enclosed in double quotes: line {line} column {column} (char {place})"),
    text("Expecting ',' delimiter: line {line} column {column} (char {place})"),
    text("Expecting ':' delimiter: line {line} column {column} (char {place})"),
    text("Extra data: line {line} column {column} (char {place})"),
    text("Invalid control character at: line {line} column {column} (char {place})"),
    text("Unterminated string starting at: line {line} column {column} (char {place})"),
    text(
        "Exceeds the limit ({most} digits) for integer string conversion: value has {given} digits; "
        "use sys.set_int_max_str_digits() to increase the limit"
    ),
)


def detail(said: str) -> Text | str:
    """What went wrong on a line, in the operating system or in a database."""
    return DETAILS.read(said)


def reason(error: Exception) -> Text | str:
    """Why reading or writing failed, without the name and number that an operating system's error has: for
    sentences that name the file."""
    if isinstance(error, UnicodeError):
        return text("it is not UTF-8 text")
    if isinstance(error, OSError):
        if error.strerror == "not a regular file":  # our own word, whose number says nothing
            return text("not a regular file")
        # What an event loop says of an address has its own words around those of the system.
        if error.errno is not None and error.errno in errno.errorcode:
            return detail(os.strerror(error.errno))
        return detail(error.strerror or str(error))
    return detail(str(error))
