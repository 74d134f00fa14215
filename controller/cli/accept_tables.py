"""What an acceptance came to, at a terminal: how much of it, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.markup import escape

from config.language import Text, render, text
from controller.cli.tables import console

ASPECTS = {
    "read": text("reading"),
    "period": text("polling"),
    "set-up": text("set-up"),
    "write": text("write and read-back"),
    "feedback": text("feedback"),
    "restored": text("put back"),
    "measured": text("instrument"),
    "lost": text("told as lost"),
    "stale": text("not believed"),
    "back": text("back again"),
}
VERDICTS = {
    "passed": text("passed"),
    "failed": text("failed"),
    "skipped": text("left out"),
    "open": text("not tried"),
}
MARKS = {"passed": "✓", "failed": "✗", "skipped": "–", "open": "○"}
_STYLES = {"passed": "green", "failed": "red", "skipped": "yellow", "open": "default"}


def reason(aspect: str, why: str) -> Text:
    """ "feedback: it did not come within 10 s"."""
    return text("{aspect}: {why}", aspect=ASPECTS[aspect], why=why)


def named(failure: dict[str, str]) -> str:
    """ "do-1.ch5 电铃"."""
    name, label = failure["name"], failure["label"]
    return f"{name} {label}" if label and label != name else name


def show(found: dict[str, Any], language: str) -> None:
    """Print it."""
    out = console()
    verdict = found["verdict"]
    out.print(
        f"[bold]{escape(found['label'])}[/]  [{_STYLES[verdict]}]{render(VERDICTS[verdict], language)}[/]",
        highlight=False,
    )
    for line in _lines(found):
        out.print(render(line, language), highlight=False, markup=False)
    for one in found["failed"]:
        said = f"✗ {named(one)}  {render(reason(one['aspect'], one['why']), language)}"
        out.print(said, style="red", highlight=False, markup=False)
    for left in found["left"]:
        words = text(
            "{point} is not as it was found ({found}): the next run puts it back",
            point=left["point"],
            found=left["found"],
        )
        out.print(render(words, language), style="red", highlight=False, markup=False)


def _lines(found: dict[str, Any]) -> Iterator[Text]:
    summary = found["summary"]
    yield text(
        "devices that answer: {answering} of {devices}",
        answering=summary["devices_answering"],
        devices=summary["devices"],
    )
    yield text(
        "points: {points}; passed {passed}, failed {failed}, left out {skipped}, not tried {open}",
        **{name: summary[name] for name in ("points", "passed", "failed", "skipped", "open")},
    )
    yield text(
        "outputs that took: {passed} of {outputs}",
        passed=summary["outputs_passed"],
        outputs=summary["outputs"],
    )
    for item in summary["skipped_why"]:
        yield text("  left out, {count}: {why}", count=item["count"], why=item["why"])
