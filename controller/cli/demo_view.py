"""The live terminal view of demo: equipment, meters and what was decided, drawn anew twice a second."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Styled

from config.language import Text, render, text
from controller.cli.tables import shown

_DOT = {"good": ("●", "green"), "stale": ("●", "yellow"), "bad": ("●", "red")}


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

    def show(self, status: dict[str, Any], overview: dict[str, Any], settled_s: float | None) -> None:
        """Draw one picture."""
        if self._live:
            self._live.update(self.picture(status, overview, settled_s), refresh=True)

    def picture(self, status: dict[str, Any], overview: dict[str, Any], settled_s: float | None) -> Panel:
        """The whole picture, fitted to the terminal's height."""
        rows = max(6, self._console.size.height - 12)
        body = Table.grid(expand=True, padding=(0, 2))
        body.add_column(ratio=3)
        body.add_column(ratio=2)
        body.add_row(self._equipment(overview["equipment"], rows), Group(*self._right(overview, rows)))
        return Panel(
            Group(self._head(status, settled_s), body, self._foot()),
            title=f"[bold]楼管 louguan · {status['label']}[/]",
            border_style="cyan",
        )

    def _say(self, what: Text) -> str:
        return render(what, self._language)

    def _head(self, status: dict[str, Any], settled_s: float | None) -> Table:
        grid = Table.grid(expand=True, padding=(0, 2))
        online, devices = status["devices_online"], status["devices_total"]
        good, points = status["points_good"], status["points_total"]
        settled = "" if settled_s is None else self._say(text("all there after {s} s", s=settled_s))
        grid.add_row(
            f"[bold]{status['site_time']}[/]  {status['kind_of_day']}  ×{status['speed']:g}",
            self._say(text("devices online: {online} of {total}", online=online, total=devices)),
            self._say(text("points good: {good} of {total}", good=good, total=points)),
            settled,
        )
        grid.add_row(
            self._say(
                text(
                    "commands: {sent} sent, {held} held; intervals written: {intervals}",
                    sent=status["commands_sent"],
                    held=status["commands_held"],
                    intervals=status["intervals_written"],
                )
            ),
            self._say(text("cycle {n}", n=status["cycles"])),
            self._say(text("worst cycle {ms} ms", ms=status["worst_cycle_ms"])),
            f"{status['rss_mib']} MiB",
        )
        return grid

    def _equipment(self, equipment: list[dict[str, Any]], rows: int) -> Table:
        table = Table(box=None, pad_edge=False, expand=True)
        for heading in (text("equipment"), text("asked"), text("is"), text("why")):
            table.add_column(self._say(heading), overflow="ellipsis", no_wrap=True)
        for item in _chosen(equipment, rows):
            dot, colour = _DOT[item["quality"]]
            asked = (
                "—"
                if item["asked"] is None
                else shown({**item, "value": item["asked"], "state": item["asked_state"]}, self._language)
            )
            table.add_row(
                Styled.assemble((dot + " ", colour), item["label"]),
                asked,
                shown(item, self._language),
                item["why"],
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
            meters.add_row(meter["label"], now, last)
        news = Table(box=None, pad_edge=False, expand=True)
        news.add_column(self._say(text("decided")), no_wrap=True)
        news.add_column("", overflow="ellipsis", no_wrap=True)
        for row in overview["recent"][-(rows - half - 1) :]:
            news.add_row(row["time"], row["text"])
        return [meters, news]

    def _foot(self) -> Styled:
        ask = f"louguan status --data {self._data}"
        return Styled(self._say(text("ctrl-C ends. In another terminal: {ask}", ask=ask)), style="dim")


def _chosen(equipment: list[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    """As many as fit, of every group in turn, in the site's own order."""
    ranks: dict[str, int] = {}
    order: list[tuple[int, int]] = []
    for index, item in enumerate(equipment):
        rank = ranks.get(item["group"], 0)
        ranks[item["group"]] = rank + 1
        order.append((rank, index))
    return [equipment[index] for index in sorted(index for _, index in sorted(order)[:rows])]
