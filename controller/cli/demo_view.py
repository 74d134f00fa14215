"""The live terminal view of demo: equipment, meters and what was decided, drawn anew twice a second."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Styled

from config.language import Text, render, text
from controller.cli.alarm_tables import summary
from controller.cli.moments import moment
from controller.cli.speech import clean
from controller.cli.tables import shown

_DOT = {"good": ("●", "green"), "stale": ("●", "yellow"), "bad": ("●", "red")}

_BORDER = 4
"""Columns of the frame and its padding."""
_GAP = 2
"""Columns between two columns of a table."""
_LEAST_WHY = 12
"""With fewer columns left for them reasons are not worth showing."""
_WIDE = 96
"""From here on the head has its two rows of figures."""
_LEAST_ROWS = 3


class _Cells(NamedTuple):
    """What is shown of one equipment."""

    name: Styled
    asked: str
    found: str
    why: str


class View:
    """Draws what the daemon says; silent when `live` is off."""

    def __init__(self, *, live: bool, data: Path, language: str) -> None:
        self._language = language
        self._data = data
        self._console = Console()
        self._live = Live(console=self._console, screen=False, auto_refresh=False) if live else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.__exit__(kind, error, trace)
            if not self._console.is_terminal:  # the library ends its last picture so on terminals only
                self._console.line()

    def show(self, status: dict[str, Any], overview: dict[str, Any], settled_s: float | None) -> None:
        """Draw one picture."""
        if self._live:
            self._live.update(self.picture(clean(status), clean(overview), settled_s), refresh=True)

    def picture(self, status: dict[str, Any], overview: dict[str, Any], settled_s: float | None) -> Panel:
        """The whole picture, fitted to the terminal. What there is no room for goes in this order: meters
        and decisions, then the reasons; never what is asked and what is."""
        width, height = self._console.size
        inside = max(20, width - _BORDER)
        head, foot = self._head(status, settled_s, inside), self._foot(inside)
        rows = max(_LEAST_ROWS, height - 3 - self._lines(head, inside) - self._lines(foot, inside))
        cells = [self._cells(item) for item in _chosen(overview["equipment"], rows)]
        left = inside * 3 // 5
        body = Table.grid(expand=True, padding=(0, 2))
        if _needed(cells) + _LEAST_WHY <= left - 2:
            body.add_column(ratio=3)
            body.add_column(ratio=2)
            body.add_row(self._equipment(cells, left - 2), Group(*self._right(overview, rows)))
        else:
            body.add_column(ratio=1)
            body.add_row(self._equipment(cells, inside))
        return Panel(
            Group(head, body, foot),
            title=f"[bold]楼管 louguan · {escape(status['label'])}[/]",
            border_style="cyan",
        )

    def _lines(self, what: RenderableType, width: int) -> int:
        return len(self._console.render_lines(what, self._console.options.update(width=width)))

    def _say(self, what: Text) -> str:
        return render(what, self._language)

    def _head(self, status: dict[str, Any], settled_s: float | None, width: int) -> RenderableType:
        online, devices = status["devices_online"], status["devices_total"]
        good, points = status["points_good"], status["points_total"]
        settled = "" if settled_s is None else self._say(text("all there after {s} s", s=settled_s))
        time = moment(status["site_time"], None, seconds=True)
        first = [
            f"[bold]{time}[/]  {status['kind_of_day']}  ×{status['speed']:g}",
            self._say(text("devices online: {online} of {total}", online=online, total=devices)),
            self._say(text("points good: {good} of {total}", good=good, total=points)),
            settled,
        ]
        second = [
            self._say(
                text(
                    "commands: {sent} sent, {held} held; intervals: {intervals} written, "
                    "{delivered} delivered",
                    sent=status["commands_sent"],
                    held=status["commands_held"],
                    intervals=status["intervals_written"],
                    delivered=status["intervals_delivered"],
                )
            ),
            self._say(text("cycle {n}", n=status["cycles"])),
            self._say(text("worst cycle {ms} ms", ms=status["worst_cycle_ms"])),
            f"{status['rss_mib']} MiB",
        ]
        counted = summary(status["alarms"])
        alarms = "" if counted is None else f"[yellow]{escape(self._say(counted))}[/]"
        if width < _WIDE:
            return Styled.from_markup("  ".join(filter(None, (*first, alarms))), overflow="fold")
        grid = Table.grid(expand=True, padding=(0, 2))
        grid.add_row(*first)
        grid.add_row(*second)
        return Group(grid, Styled.from_markup(alarms)) if alarms else grid

    def _cells(self, item: dict[str, Any]) -> _Cells:
        dot, colour = _DOT[item["quality"]]
        asked = {**item, "value": item["asked"], "state": item["asked_state"]}
        name = Styled.assemble((dot + " ", colour), item["label"])
        return _Cells(name, shown(asked, self._language), shown(item, self._language), item["why"])

    def _equipment(self, cells: list[_Cells], width: int) -> Table:
        with_why = _needed(cells) + _LEAST_WHY <= width
        table = Table(box=None, pad_edge=False, expand=with_why, padding=(0, 1))
        asked = max((cell_len(cell.asked) for cell in cells), default=0)
        found = max((cell_len(cell.found) for cell in cells), default=0)
        names = max(8, width - asked - found - 2 * _GAP)
        table.add_column(self._say(text("equipment")), overflow="ellipsis", no_wrap=True, max_width=names)
        table.add_column(self._say(text("asked")), no_wrap=True, min_width=asked)
        table.add_column(self._say(text("is")), no_wrap=True, min_width=found)
        if with_why:
            table.add_column(self._say(text("why")), overflow="ellipsis", no_wrap=True, ratio=1)
        for cell in cells:
            table.add_row(
                cell.name, *map(escape, (cell.asked, cell.found, *([cell.why] if with_why else [])))
            )
        return table

    def _right(self, overview: dict[str, Any], rows: int) -> list[Table]:
        meters = Table(box=None, pad_edge=False, expand=True)
        for heading in (text("meter"), text("now"), text("last interval")):
            meters.add_column(self._say(heading), overflow="ellipsis", no_wrap=True)
        half = max(3, rows // 2 - 1)
        for meter in overview["meters"][:half]:
            last = "—" if meter["last"] is None else f"{meter['last']} {meter['unit']}"
            now = "—" if meter["rate"] is None else f"{meter['rate']:.1f} {meter['rate_unit']}"
            meters.add_row(escape(meter["label"]), escape(now), escape(last))
        news = Table(box=None, pad_edge=False, expand=True)
        news.add_column(self._say(text("decided")), no_wrap=True)
        news.add_column("", overflow="ellipsis", no_wrap=True)
        for row in overview["recent"][-(rows - half - 1) :]:
            news.add_row(row["time"], escape(row["text"]))
        return [meters, news]

    def _foot(self, width: int) -> Styled:
        """The directory whole, on lines of its own where there is little room."""
        ask = f"louguan status --data {self._data}"
        words = self._say(text("ctrl-C ends. In another terminal: {ask}", ask=ask))
        if cell_len(words) > width:
            words = self._say(text("ctrl-C ends. In another terminal: {ask}", ask="\n" + ask))
        return Styled(words, style="dim", overflow="fold")


def _needed(cells: list[_Cells]) -> int:
    """Columns for everything but the reasons."""
    widths = [(cell.name.cell_len, cell_len(cell.asked), cell_len(cell.found)) for cell in cells]
    total: int = sum((max(column) for column in zip(*widths, strict=True)), 2 * _GAP)
    return total


def _chosen(equipment: list[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    """As many as fit, of every group in turn, in the site's own order."""
    ranks: dict[str, int] = {}
    order: list[tuple[int, int]] = []
    for index, item in enumerate(equipment):
        rank = ranks.get(item["group"], 0)
        ranks[item["group"]] = rank + 1
        order.append((rank, index))
    return [equipment[index] for index in sorted(index for _, index in sorted(order)[:rows])]
