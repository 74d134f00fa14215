"""What people write: YAML files, whole sites, conditions, tables of bookings, scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.plan.site import Plan
from config.written import source
from config.written.compile import compile_site
from config.written.library import read_profile
from config.written.problems import Enough, Findings
from config.written.words.parse import Misspoken, parse
from controller.bookings.table import read_table
from hil_tests.scenario.form import Unfit
from hil_tests.scenario.reading import read
from schedules.local import LocalTime
from tests.fuzz.decoder import CANARY, Decoder, Wrong, folder, unsaid
from tests.one_device import FILES

_HOUSE = Path(__file__).resolve().parents[3]
_GOLDEN = _HOUSE / "tests" / "golden"
_WORDS = (
    b"&a ", b"*a", b"!!python/object:os.system ", b"!x ", b"<<: ", b"? ", b"- ", b": ", b"|\n", b">\n",
    b"---\n", b"...\n", b"%YAML 1.1\n", b"#1", b" #2", b"[", b"]", b"{", b"}", b'"', b"'", b"\\x",
    b'"\\ud800"', b"\t", b"\r\n", b"\x85", "\u2028".encode(), b"\xef\xbb\xbf", b"\xff\xfe",
    b"\xd6\xd0\xb9\xfa", "：".encode(), "“".encode(), "，".encode(), b"\0", b"\x07", "\U0001f600".encode(),
    b"null", b"~", b"yes", b"0o17", b"0x1F", b"1e400", b".inf", b".nan", b"9" * 500, b"2026-02-30",
    b"25:00", b"12:60", b"[" * 60, b"{a: " * 60, b"- " * 60, b"site:\n", b"devices:\n",
)  # fmt: skip


def _small(text: str, lines: int = 14) -> Iterator[bytes]:
    """Pieces of a file that are files themselves: a top-level key and what is below it."""
    piece: list[str] = []
    for line in [*text.splitlines(), "end:"]:
        if line and not line[0].isspace() and not line.startswith(("#", "- ")) and piece:
            yield "\n".join(piece[:lines]).encode() + b"\n"
            piece = []
        piece.append(line)


def yaml() -> Decoder:
    """A case: one file."""

    def take(data: bytes) -> None:
        findings = Findings()
        table = source.read("site.yaml", data, findings)
        for problem in findings.problems():
            if problem.at.line < 0 or problem.at.column < 0:
                raise Wrong(f"a place that is none: {problem.at}")
            problem.sentence("en")
        if table is None and not findings.failed:
            raise Wrong("given up, and nothing said")

    texts = [path.read_text(encoding="utf-8") for path in sorted(_GOLDEN.glob("good-*/site.yaml"))]
    seeds = [piece for text in texts for piece in _small(text)]
    seeds += [
        piece for path in list(FILES.values())[:6] for piece in _small(path.read_text(encoding="utf-8"))
    ]
    return Decoder(take, tuple(dict.fromkeys(seeds)), (), _WORDS, longest=1200)


_SITE = """\
site: {name: s, language: en, place: {time_zone: Asia/Shanghai, latitude: 30.6, longitude: 103.9}}
lines: {L: {transport: modbus-tcp, host: 10.0.0.11}}
devices:
  lamp: {profile: dali-gateway, line: L, unit: 1, if_unheard: {holds_last: true, accepted: yes-it-is}}
  m: {profile: PROFILE, line: L, unit: 2}
programmes:
  hall: {targets: lamp, default: 10 %, week: {everyday: [{from: "08:00", to: "18:00", value: 80 %}]}}
calendar: {days: [{dates: 2026-12-31, kind: dayoff, reason: year}]}
sinks:
  up: {kind: https, url: "https://a.example/v1", token: CANARY}
"""


def site() -> Decoder:
    """A case: a whole site's one file, compiled as `louguan check` does, but in this process."""
    place = folder("site")
    file = Path(place.name) / "site.yaml"
    canary = f"token: {CANARY}".encode()

    def take(data: bytes) -> None:
        file.write_bytes(data)
        findings = Findings()
        plan = compile_site(Path(place.name), findings)
        said = [problem.sentence(language) for problem in findings.problems() for language in ("en", "zh_CN")]
        said += [str(note) for _, note in findings.notes()]
        if plan is None and not findings.failed:
            raise Wrong("refused, and nothing said")
        if plan is not None and findings.failed:
            raise Wrong("taken in spite of problems")
        if b"sinks:\n  up: {kind: https, url:" in data and canary in data:
            for each in said:
                unsaid(each)

    seeds = [_SITE.replace("PROFILE", "generic-meter").replace("CANARY", CANARY).encode()]
    for name in ("hands", "restart", "dates", "rules", "sinks", "alarms", "bookings", "one-file"):
        golden = _GOLDEN / f"good-{name}" / "site.yaml"
        if golden.is_file() and len(list(golden.parent.rglob("*.yaml"))) == 1:
            seeds.append(golden.read_bytes())
    return Decoder(take, tuple(seeds), (), _WORDS, longest=4000, close=place.cleanup)


def profiles() -> Decoder:
    """A case: the file of a device model."""

    def take(data: bytes) -> None:
        findings = Findings()
        try:
            found = read_profile("profiles/input-8.yaml", data, findings)
        except Enough:
            return
        for problem in findings.problems():
            problem.sentence("zh_CN")
        if found is None and not findings.failed:
            raise Wrong("refused, and nothing said")

    seeds = sorted((path.read_bytes() for path in FILES.values()), key=len)[:8]
    return Decoder(take, tuple(seeds), (), _WORDS, longest=3000)


def conditions() -> Decoder:
    """A case: one condition, in UTF-8 (what is no UTF-8 is read as Latin-1)."""

    def take(data: bytes) -> None:
        try:
            words = data.decode()
        except UnicodeDecodeError:
            words = data.decode("latin-1")
        try:
            parse(words)
        except Misspoken as error:
            if not 0 <= error.column <= max(len(words), 600):
                raise Wrong(f"column {error.column} of {len(words)}") from None
            raise

    seeds = (
        "tank.level below 15 %", "tank.level above 1,500.5 m³/h for 10 min", "door is not open",
        "not (a.b is active or b.c is inactive) and c.d below -3 °C for 10 s",
        "room is booked within 45 min", "room is not booked", "((((a is on))))", "水箱.液位 低于 15 %",
        "a is on and b is on or not c is off for 5 s", "ｔａｎｋ．ｌｅｖｅｌ　ｂｅｌｏｗ　１５　％",
    )  # fmt: skip
    words = (
        b"not ", b"(", b")", b" and ", b" or ", b" for ", b" is ", b" below ", b" above ", b" within ",
        b" booked", b"(" * 40, b"not " * 60, "（".encode(), "％".encode(), b"1.2.3,4", b"\0",
        "\u3000".encode(), b"a.b.c", b"-", b"9" * 300, "\U0001d7d8".encode(), b"\n", "²".encode(),
        "٣".encode(),
    )  # fmt: skip
    return Decoder(take, tuple(seed.encode() for seed in seeds), (Misspoken,), words, longest=700)


def bookings() -> Decoder:
    """A case: a table of bookings as a spreadsheet saves it."""
    plan = _plan_with_places()
    local = LocalTime(plan.site.time_zone)

    def take(data: bytes) -> None:
        found = read_table(data, plan, local)
        if found.bookings and found.problems:
            raise Wrong("bookings of a table with mistakes")
        if not found.bookings and not found.problems:
            raise Wrong("nothing found, and nothing said")
        for each in found.bookings:
            if each.end_ms <= each.start_ms or not each.label.isprintable():
                raise Wrong(f"a booking that is none: {each}")
        for problem in found.problems:
            str(problem.words)

    place, label = plan.places[0].name, plan.places[0].label or plan.places[0].name
    by_day = f"place,date,from,to,label\r\n{place},2026-03-05,09:00,11:30,周会\r\n"
    by_day += f"{label},2026/3/6,22:00,01:00,\r\n"
    by_times = f"地点\t开始\tend\t部门\n{label}\t2026-03-05 09:00\t2026-03-06 17:00\t后勤\n"
    quoted = f'place;date;from;to\n"{place}";2026-03-05;09:00;"10:00"\n\n'
    seeds = [by_day.encode(), by_times.encode(), quoted.encode()]
    seeds += [by_day.encode("gb18030"), by_times.encode("utf-16"), b"\xef\xbb\xbf" + by_day.encode()]
    words = (
        b"\0", b'"', b'""', b"\r", b"\n\n", b",", b";", b"\t", "，".encode(), b"24:00", b"0:0",
        b"9999-12-31", b"2026-02-29", b"\xff\xfe", b"\xfe\xff", b"\x81\x30\x81\x30", b"x" * 140_000,
        "２０２６－０３－０５".encode(), "至".encode(), b"0000-00-00", b"\x85", "\u2028".encode(),
        b"1" * 5000, "٠".encode(), b"place", b"date", b"start", b"end", "²".encode(),
    )  # fmt: skip
    return Decoder(take, tuple(seeds), (), words, longest=150_000)


def _plan_with_places() -> Plan:
    findings = Findings()
    plan = compile_site(_GOLDEN / "good-bookings", findings)
    assert plan is not None, [problem.sentence("en") for problem in findings.problems()]
    assert plan.places
    return plan


def scenarios() -> Decoder:
    """A case: a file of scenarios."""
    place = folder("scenario")
    file = Path(place.name) / "case.yaml"

    def take(data: bytes) -> None:
        file.write_bytes(data)
        read(file, "case.yaml")

    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted((_HOUSE / "hil_tests" / "scenarios").glob("*.yaml"))
    ]
    seeds = [piece for text in texts for piece in _small(text, 40) if b"steps:" in piece]
    return Decoder(take, tuple(seeds), (Unfit,), _WORDS, longest=1500, close=place.cleanup)
