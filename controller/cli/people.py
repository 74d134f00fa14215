"""points, equipment, read, set, release, lock, unlock, observe, status: what people ask of the daemon."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from config.language import text
from controller.cli.durations import seconds_of
from controller.cli.remote import DataDir, PersonName, SiteOption, ask, data_directory
from controller.cli.site import AsJson, AsStream
from controller.cli.speech import Failure, clean, language, put, put_json, say, tell

PointName = Annotated[
    str,
    typer.Argument(
        help="device.point, equipment.role, or an equipment's name for its main command; or its label.",
        metavar="POINT",
        show_default=False,
    ),
]
TargetName = Annotated[
    str,
    typer.Argument(help="An equipment or a device, by name or label.", metavar="TARGET", show_default=False),
]


def points(
    pattern: Annotated[
        str,
        typer.Argument(
            help="Only points whose name, label, device or equipment holds this.",
            metavar="TEXT",
            show_default=False,
        ),
    ] = "",
    bad: Annotated[bool, typer.Option("--bad", help="Only points that are not good.")] = False,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsStream = False,
) -> None:
    """List the points with their values, how good they are and what commands them."""
    found = ask(data_directory(data, site), "points", {"pattern": pattern, "bad": bad})
    if not found["matching"]:
        raise Failure(text("no point holds {given} in its name or label", given=pattern), kind="no-match")
    if not found["points"]:
        tell(text("none of {count} points is other than good", count=found["matching"]))
    if as_json:
        for row in found["points"]:
            put_json(row)
        return
    from controller.cli import tables

    if found["points"]:
        tables.points(clean(found["points"]), language())


def equipment(
    pattern: Annotated[
        str,
        typer.Argument(
            help="Only equipment whose name, label, kind or tag holds this.",
            metavar="TEXT",
            show_default=False,
        ),
    ] = "",
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsStream = False,
) -> None:
    """List the equipment by the names that set and lock take, with what is asked and what is; of a single one
    its points."""
    wanted = pattern.casefold()
    rows = [
        row
        for row in ask(data_directory(data, site), "overview")["equipment"]
        if any(wanted in word.casefold() for word in (row["name"], row["label"], row["kind"], *row["tags"]))
    ]
    if not rows:
        raise Failure(text("no equipment holds {given} in its name or label", given=pattern), kind="no-match")
    if as_json:
        for row in rows:
            put_json(row)
        return
    from controller.cli import tables

    tables.equipment(clean(rows), language())


def read(point: PointName, site: SiteOption = None, data: DataDir = None, as_json: AsJson = False) -> None:
    """Read one point now and show who commands it."""
    found = ask(data_directory(data, site), "read", {"point": point})
    if as_json:
        put_json(found)
    else:
        from controller.cli import tables

        tables.point(clean(found), language())


def set_(
    point: PointName,
    value: Annotated[
        str, typer.Argument(help='"80 %", on, off, a state\'s name.', metavar="VALUE", show_default=False)
    ],
    lasting: Annotated[
        str | None, typer.Option("--for", help="How long: 2h, 90min, 1h30m.", metavar="TIME")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", help='Until 18:00, or "next": the next change of the programme.', metavar="WHEN"
        ),
    ] = None,
    urgent: Annotated[
        bool, typer.Option("--urgent", help="Stop a motor though its minimum run time is not over.")
    ] = False,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Override a point by hand (slot 8); every override has an end."""
    if (lasting is None) == (until is None):
        raise Failure(text("say how long: either --for 2h, or --until 18:00, or --until next"), code=2)
    args: dict[str, Any] = {"point": point, "value": value}
    if urgent:
        args["urgent"] = True
    if lasting is not None:
        args["for_s"] = seconds_of(lasting)
    else:
        from schedules.local import seconds_of_day

        if until is None or (until != "next" and seconds_of_day(until) is None):
            raise Failure(
                text('{given} is not a time of day; write 18:00 or "next"', given=until or ""), code=2
            )
        args["until"] = until
    _answer(ask(data_directory(data, site), "set", args, person), as_json)


def release(
    point: PointName,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give a point back to its programme before the override ends."""
    _answer(ask(data_directory(data, site), "release", {"point": point}, person), as_json)


def lock(
    target: TargetName,
    reason: Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT", show_default=False)],
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Maintenance lock: nothing is written to the target until it is unlocked. Not a substitute for
    isolation."""
    _answer(ask(data_directory(data, site), "lock", {"target": target, "reason": reason}, person), as_json)


def unlock(
    target: TargetName,
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take a maintenance lock off."""
    _answer(ask(data_directory(data, site), "unlock", {"target": target}, person), as_json)


def reset(
    rule: Annotated[
        str,
        typer.Argument(
            help="A rule's name or label, or that of a motor which has tripped.",
            metavar="RULE",
            show_default=False,
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT", show_default=False)],
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Reset a trip that stands until somebody looks at it; refused while its cause is there."""
    _answer(ask(data_directory(data, site), "reset", {"rule": rule, "reason": reason}, person), as_json)


def observe(
    state: Annotated[str, typer.Argument(help="on or off.", metavar="on|off", show_default=False)],
    target: Annotated[
        str, typer.Argument(help="A device or an equipment; the whole site if left out.", metavar="TARGET")
    ] = "",
    person: PersonName = None,
    site: SiteOption = None,
    data: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Observe mode: decide and record what would be written, send nothing."""
    if state not in ("on", "off"):
        raise Failure(text("say on or off, not {given}", given=state), code=2)
    args = {"target": target, "on": state == "on"}
    _answer(ask(data_directory(data, site), "observe", args, person), as_json)


def status(site: SiteOption = None, data: DataDir = None, as_json: AsJson = False) -> None:
    """How the daemon, its lines and devices are doing, and what is overridden or locked."""
    found = ask(data_directory(data, site), "status")
    if as_json:
        put_json(found)
    else:
        from controller.cli import glance

        glance.status(clean(found), language())


def _answer(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        put_json(result)
        return
    from controller.cli.answers import answer

    put(say(answer(clean(result))))


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command("points")(points)
    app.command("equipment")(equipment)
    app.command("read")(read)
    app.command("set")(set_)
    app.command("release")(release)
    app.command("lock")(lock)
    app.command("unlock")(unlock)
    app.command("reset")(reset)
    app.command("observe")(observe)
    app.command("status")(status)
