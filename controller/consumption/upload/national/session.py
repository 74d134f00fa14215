"""The collector's side of one connection: what is said, and what an answer means. Pure.

Documents go in and out; the socket, the clock and the waiting are link's. A centre may do no more here than
let us in, ask, acknowledge and tell the time: whatever else it wants is refused and told to people.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from config.dialects import Dialect
from config.language import Text, text
from controller.consumption.upload.national.documents import (
    BEAT,
    CONFIG,
    DATA,
    LOGIN,
    Identity,
    Message,
    Report,
    build,
    digest,
    parse,
    read_time,
    report_parts,
    texts,
)
from controller.consumption.upload.national.errors import DocumentError

MOST_NOTICES = 20
"""Things told to people about one connection."""
_LONGEST_SEQUENCE = 64

_NEVER: dict[str, Text] = {
    "modify": text("a database command"),
    "sql": text("a database command"),
    "reboot": text("a restart"),
    "restart": text("a restart"),
    "reset": text("a restart"),
    "key": text("a change of keys"),
    "key_update": text("a change of keys"),
    "update_key": text("a change of keys"),
    "set_key": text("a change of keys"),
    "ip_port": text("a change of the centre's address"),
    "upgrade": text("a change of the program"),
    "update": text("a change of the program"),
}
"""What centres are known, or may be expected, to want, and never get."""


class State(Enum):
    """How far the handshake has come."""

    NEW = "new"
    ASKED = "asked"
    """We asked to be let in and wait for the random sequence."""
    PROVED = "proved"
    """We sent the digest and wait for the result."""
    OPEN = "open"
    FAILED = "failed"


class Passed(NamedTuple):
    """We are let in."""


class Failed(NamedTuple):
    """We are not."""

    why: str


class Beaten(NamedTuple):
    """A heartbeat was answered."""

    time_ms: int | None
    """The centre's time, if it said a readable one."""


class Acknowledged(NamedTuple):
    """A data document has arrived."""

    operation: str
    sequence: str
    """"" when the centre does not say which."""


class Queried(NamedTuple):
    """The centre wants what was logged in [from_ms, to_ms)."""

    from_ms: int
    to_ms: int


class Told(NamedTuple):
    """A notice for people."""

    notice: Text


Event: TypeAlias = Passed | Failed | Beaten | Acknowledged | Queried | Told


class Step(NamedTuple):
    """What came of a document: documents to send, things that happened."""

    answers: tuple[bytes, ...] = ()
    events: tuple[Event, ...] = ()


class Session:
    """One connection's conversation. Made anew for each."""

    def __init__(
        self, dialect: Dialect, who: Identity, key: str, zone: ZoneInfo, period_min: int = 15
    ) -> None:
        """`period_min`: how often the site logs; a centre that asks for another period is told of."""
        self.dialect = dialect
        self.zone = zone
        self.state = State.NEW
        self._who = who
        self._key = key
        self._period_min = period_min
        self._told: set[Text] = set()

    # What we say

    def request(self) -> bytes:
        """The first document: let us in."""
        self.state = State.ASKED
        return self._build(LOGIN, "request")

    def notify(self) -> bytes:
        """A heartbeat."""
        return self._build(BEAT, "notify")

    def data(self, operation: str, report: Report) -> bytes:
        """A data document: report, continuous or reply."""
        return build(self.dialect, self._who, DATA, operation, report_parts(self.dialect, report, self.zone))

    def _build(self, group: str, operation: str, **said: str) -> bytes:
        return build(self.dialect, self._who, group, operation, texts(**said))

    # What we hear

    def receive(self, document: bytes) -> Step:
        """Take a document of the centre's. Raises DocumentError when it is none."""
        message = parse(self.dialect, document)
        if not self._meant(message.who):
            return self._tell(text("a message for another collector was ignored"))
        if message.group == LOGIN:
            return self._login(message)
        if self.state is not State.OPEN:
            operation = self._shown(message.operation)
            return self._tell(text("{operation} before we were let in was ignored", operation=operation))
        match message.group, message.operation:
            case ("heart_beat", "time"):
                return Step(events=(Beaten(self._time(message.content.of("time"))),))
            case ("config", "period"):
                return self._period(message)
            case ("data", "query"):
                return self._query(message)
            case ("data", operation) if operation in (self.dialect.continuous_ack, self.dialect.report_ack):
                sequence = message.content.of("sequence")[:_LONGEST_SEQUENCE]
                return Step(events=(Acknowledged(operation, sequence),))
        return self._refuse(message)

    def _meant(self, who: Identity) -> bool:
        """Whether a message is for us; some centres leave out whom they mean."""
        return all(said in ("", mine) for said, mine in zip(who, self._who, strict=True))

    def _login(self, message: Message) -> Step:
        said = message.content
        if message.operation == "sequence" and self.state is State.ASKED:
            sequence = said.of("sequence")
            if not 0 < len(sequence) <= _LONGEST_SEQUENCE:
                raise DocumentError("no sequence to prove the key with")
            self.state = State.PROVED
            proof = digest(self.dialect, sequence, self._key)
            return Step((self._build(LOGIN, "md5", md5=proof),))
        if message.operation == "result" and self.state in (State.ASKED, State.PROVED):
            # A centre that wants no proof is not more to be trusted, nor less: it proves nothing either way.
            if said.of("result") == "pass":
                self.state = State.OPEN
                return Step(events=(Passed(),))
            self.state = State.FAILED
            return Step(events=(Failed(self._shown(said.of("result"))),))
        return self._tell(
            text("{operation} out of turn was ignored", operation=self._shown(message.operation)),
        )

    def _time(self, said: str) -> int | None:
        try:
            return read_time(self.dialect, said, self.zone)
        except DocumentError:
            return None

    def _period(self, message: Message) -> Step:
        said = message.content.of("period")
        answer = (self._build(CONFIG, "period_ack"),)
        if said == str(self._period_min):
            return Step(answer)
        # It asks again and again until it is acknowledged; what the site logs is the site's to say.
        told = self._tell(
            text(
                "the centre asks for data every {asked} min; the site logs every {period} min",
                asked=self._shown(said),
                period=self._period_min,
            )
        )
        return told._replace(answers=answer)

    def _query(self, message: Message) -> Step:
        try:
            begin, end = (
                read_time(self.dialect, message.content.of(name), self.zone)
                for name in (self.dialect.query_from, self.dialect.query_to)
            )
        except DocumentError:
            begin = end = 0
        return Step(events=(Queried(begin, end),))

    def _refuse(self, message: Message) -> Step:
        operation = message.operation.lower()
        shown = self._shown(operation)
        wanted = _NEVER.get(operation) or _NEVER.get(message.group.lower())
        if wanted is None:
            return self._tell(text('the centre wants "{operation}", which is unknown here', operation=shown))
        return self._tell(
            text('the centre wants {what} ("{operation}"): refused', what=wanted, operation=shown)
        )

    def _tell(self, notice: Text) -> Step:
        """Tell people once a connection, and not without end."""
        if notice in self._told or len(self._told) >= MOST_NOTICES:
            return Step()
        self._told.add(notice)
        return Step(events=(Told(notice),))

    def _shown(self, said: str) -> str:
        """A foreign word as it may stand in a log; never our key, should the centre say it."""
        unsaid = said.replace(self._key, "***") if self._key else said
        return "".join(letter if letter.isprintable() else "?" for letter in unsaid[:40])
