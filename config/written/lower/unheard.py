"""What a device does when nobody talks to it, and what must stand in it for that."""

from __future__ import annotations

from collections.abc import Mapping

from config.language import text
from config.plan.devices import Unheard
from config.plan.points import Point
from config.plan.reading import Value
from config.written.check.values import check_value, shown
from config.written.model.devices import DeviceWritten, UnheardWritten
from config.written.model.profile import UnheardMechanism
from config.written.named import Named
from config.written.problems import Findings, Wrong
from config.written.profiles import Profile

_EXAMPLE = "if_unheard: {after: 60 s, goes_to: off}"
_ACCEPT = "if_unheard: {holds_last: true, accepted: …}"


def lower_unheard(
    named: Named[DeviceWritten], profile: Profile, points: Mapping[str, Point], findings: Findings
) -> Unheard | None:
    """The record, or None for a device that is not commanded (or when something is wrong, which is told)."""
    declared = named.written.if_unheard
    if not profile.commanded():
        if declared is not None and not profile.broken:
            findings.problem(
                named.entry.place(["if_unheard"], key=True),
                text(
                    '"{key}" does not belong here: {why}',
                    key="if_unheard",
                    why=text("nothing of the device is commanded"),
                ),
            )
        return None
    mechanism = profile.head.unheard
    if named.entry.lacks("if_unheard"):
        return None
    if declared is None:
        findings.problem(
            named.entry.at,
            text(
                '"{key}" is missing, which says what the device does when nobody talks to it',
                key="if_unheard",
            ),
            text("{first} or {second}", first=_EXAMPLE, second=_ACCEPT)
            if mechanism is not None
            else text("{example} (it holds its last state)", example=_ACCEPT),
        )
        return None
    if declared.holds_last:
        return _holds_last(named, declared, mechanism, points, findings)
    if any(named.entry.lacks("if_unheard", key) for key in ("holds_last", "after", "goes_to")):
        return None
    if declared.after is None or "goes_to" not in declared.model_fields_set:
        findings.problem(
            named.entry.place(["if_unheard"], key=True),
            text("after and goes_to belong together"),
            text("{first} or {second}", first=_EXAMPLE, second=_ACCEPT),
        )
        return None
    if mechanism is None:
        findings.problem(
            named.entry.place(["if_unheard", "goes_to"]),
            text(
                "profile {profile} has no mechanism for this: the device holds its last state",
                profile=profile.name,
            ),
            text("something like {example}", example=_ACCEPT),
        )
        return None
    return _timer(named, declared.after, declared.goes_to, mechanism, profile, points, findings)


def _holds_last(
    named: Named[DeviceWritten],
    declared: UnheardWritten,
    mechanism: UnheardMechanism | None,
    points: Mapping[str, Point],
    findings: Findings,
) -> Unheard | None:
    extra = [key for key in ("after", "goes_to") if key in declared.model_fields_set]
    for key in extra:
        findings.problem(
            named.entry.place(["if_unheard", key], key=True),
            text('"{key}" does not belong here: {why}', key=key, why=text("the device holds its last state")),
        )
    if not declared.accepted.strip() and not named.entry.lacks("if_unheard", "accepted"):
        findings.problem(
            named.entry.place(["if_unheard"], key=True),
            text("it is not said why the device may hold its last state"),
            text("the reason, as {example}", example="accepted: …"),
        )
    set_up: tuple[tuple[int, Value], ...] = ()
    if mechanism is not None and mechanism.by in points:
        command = points[mechanism.by].command
        # A device that could trip is told not to: 0 switches its time-out off.
        if command is not None and command.low is not None and command.low <= 0:
            set_up = ((points[mechanism.by].id, 0.0),)
    return Unheard("holds-last", accepted=declared.accepted, set_up=set_up)


def _timer(
    named: Named[DeviceWritten],
    after: float,
    goes_to: object,
    mechanism: UnheardMechanism,
    profile: Profile,
    points: Mapping[str, Point],
    findings: Findings,
) -> Unheard | None:
    timer = points.get(mechanism.by)
    if timer is None or timer.command is None:
        return None
    low, high = timer.command.low or 0.0, timer.command.high or 0.0
    if mechanism.range is not None:
        low, high = max(low, mechanism.range[0]), min(high, mechanism.range[1])
    if not low <= after <= high or after <= 0:
        findings.problem(
            named.entry.place(["if_unheard", "after"]),
            text("the device cannot wait {time}", time=shown(after, "s")),
            text("{low} to {high}", low=shown(low, "s"), high=shown(high, "s")),
        )
        return None
    set_up: list[tuple[int, Value]] = [(timer.id, after)]
    at = named.entry.place(["if_unheard", "goes_to"])
    if mechanism.goes_to != "any":
        if goes_to != mechanism.goes_to:
            findings.problem(
                at,
                text('profile {profile} has no mechanism for "{value}"', profile=profile.name, value=goes_to),
                text("something like {example}", example=f"goes_to: {mechanism.goes_to}"),
            )
            return None
        applies = [name for name in mechanism.applies or profile.commanded() if name in points]
        try:
            first = applies[0]
            value = check_value(profile.points[first], points[first].kind, goes_to)
        except (Wrong, IndexError):
            # The profile's own word for it ("off" of a device whose outputs are numbers) stands as text.
            return Unheard("timer", after, str(goes_to), set_up=tuple(set_up))
        return Unheard("timer", after, value, set_up=tuple(set_up))
    if mechanism.to is None or mechanism.to not in points:
        return None
    holder = points[mechanism.to]
    try:
        value = check_value(profile.points[mechanism.to], holder.kind, goes_to)
    except Wrong as error:
        findings.wrong(at, error)
        return None
    return Unheard("timer", after, value, set_up=(*set_up, (holder.id, value)))
