"""What is done with each commanded point when the daemon stops."""

from __future__ import annotations

from collections.abc import Mapping

from config.language import text
from config.plan.devices import Source, StopAction
from config.plan.points import Point
from config.written.check.values import check_value
from config.written.model.devices import DeviceWritten, Stop
from config.written.named import Named
from config.written.problems import Findings, Wrong
from config.written.profiles import Profile


def lower_stop(
    named: Named[DeviceWritten], profile: Profile, points: Mapping[str, Point], findings: Findings
) -> tuple[StopAction, ...]:
    """One action for each point a programme or person may command."""
    declared = named.written.on_stop
    commanded = profile.commanded()
    if not commanded:
        if "on_stop" in named.written.model_fields_set and not profile.broken:
            findings.problem(
                named.entry.place(["on_stop"], key=True),
                text(
                    '"{key}" does not belong here: {why}',
                    key="on_stop",
                    why=text("nothing of the device is commanded"),
                ),
            )
        return ()
    for name in declared.points:
        if name not in commanded:
            known = profile.knows(name)
            findings.problem(
                named.entry.place(["on_stop", "points", name], key=True),
                text('"{name}" cannot be commanded', name=name)
                if known
                else text('no point named "{name}" in profile {profile}', name=name, profile=profile.name),
                hint=None if known else findings.guess(name, commanded),
            )
    if declared.every.action == "write" and not _fits_all(named, profile, points, declared.every, findings):
        return ()
    actions = []
    for name in commanded:
        named_here = name in declared.points
        stop = declared.points.get(name, declared.every)
        path = ["on_stop", "points", name] if named_here else ["on_stop"]
        at = named.entry.place([*path, "write"] if stop.action == "write" else path)
        actions.append(_action(profile, name, points[name], stop, named_here, at, findings))
    return tuple(actions)


def _fits_all(
    named: Named[DeviceWritten], profile: Profile, points: Mapping[str, Point], stop: Stop, findings: Findings
) -> bool:
    """Whether every commanded point takes the value; tells once when one does not."""
    for name in profile.commanded():
        try:
            check_value(profile.points[name], points[name].kind, stop.value)
        except Wrong as error:
            findings.problem(
                named.entry.place(["on_stop", "write"]),
                text("{name}: {problem}", name=name, problem=error.message),
                error.expected,
                text("name the points: {example}", example=f"on_stop: {{points: {{{name}: …}}}}"),
            )
            return False
    return True


def _action(
    profile: Profile, name: str, point: Point, stop: Stop, named_here: bool, at: Source, findings: Findings
) -> StopAction:
    pulsed = point.command is not None and point.command.pulse_s is not None
    if stop.action == "hold" or (pulsed and not named_here):
        return StopAction(point.id, "hold")
    if pulsed:
        findings.problem(
            at, text('"{name}" is a momentary output: there is nothing to write on stop', name=name)
        )
        return StopAction(point.id, "hold")
    if stop.action == "release":
        return _release(profile, name, point, at, findings)
    try:
        return StopAction(point.id, "write", check_value(profile.points[name], point.kind, stop.value))
    except Wrong as error:
        findings.problem(
            at, text("{name}: {problem}", name=name, problem=error.message), error.expected, error.hint
        )
        return StopAction(point.id, "hold")


def _release(profile: Profile, name: str, point: Point, at: Source, findings: Findings) -> StopAction:
    """A BACnet object goes by its priority array; a Modbus device only by what its profile says."""
    if not profile.modbus:
        return StopAction(point.id, "release")
    release = profile.head.release
    if not profile.head.stop_release or release is None:
        findings.problem(
            at,
            text(
                "profile {profile} has no way to hand the device back to its own logic", profile=profile.name
            ),
            text("hold or {example}", example="{write: off}"),
        )
        return StopAction(point.id, "hold")
    if name != release.point:
        return StopAction(point.id, "hold")
    try:
        return StopAction(point.id, "write", check_value(profile.points[name], point.kind, release.value))
    except Wrong:
        # Told with the profile, where the value stands.
        return StopAction(point.id, "hold")
