"""A profile as a whole: its name, parameters, what it does unheard, how it is handed back."""

from __future__ import annotations

from config.language import text
from config.plan.units import UNITS
from config.written.check.claims import check_claims
from config.written.check.point import check_point
from config.written.check.values import check_value
from config.written.model.base import name
from config.written.problems import Findings, Wrong
from config.written.profiles import Profile, kind_of


def check_profile(profile: Profile, findings: Findings) -> frozenset[str]:
    """Tell everything that can be said of a profile without a site; the points that cannot be used."""
    head = profile.head
    if head.profile != profile.name:
        findings.problem(
            profile.place("profile"),
            text('profile "{name}" stands in {file}', name=head.profile, file=profile.entry.file),
            hint=text('name the file "{name}.yaml"', name=head.profile),
        )
    for key in profile.names():
        try:
            name(key)
        except Wrong as error:
            findings.problem(
                profile.place("points", key, key=True), error.message, error.expected, error.hint
            )
    for key, param in head.params.items():
        if param.default is None and not param.required:
            findings.problem(
                profile.place("params", key, key=True),
                text('parameter "{name}" has no default', name=key),
                hint=text("give a default, or say required: true"),
            )
    faulty = set()
    for key in profile.points:
        before = findings.count
        check_point(profile, key, findings)
        if findings.count > before:
            faulty.add(key)
    check_claims(profile, findings)
    _check_unheard(profile, findings)
    _check_release(profile, findings)
    return frozenset(faulty)


def known_point(profile: Profile, point: str, findings: Findings, *path: object) -> bool:
    """Whether the profile has a usable point of that name; tells when it has none."""
    if not profile.knows(point):
        findings.problem(
            profile.place(*path),
            text('no point named "{name}" in profile {profile}', name=point, profile=profile.name),
            hint=findings.guess(point, profile.names()),
        )
    return point in profile.points


def _check_unheard(profile: Profile, findings: Findings) -> None:
    unheard = profile.head.unheard
    if unheard is None:
        return
    for key, point in (("by", unheard.by), ("to", unheard.to)):
        if point is None or not known_point(profile, point, findings, "unheard", key):
            continue
        command = profile.points[point].command
        if command is None or not command.set_up:
            findings.problem(
                profile.place("unheard", key),
                text('"{name}" is not a set-up register', name=point),
                hint=text("give it a command with set_up: true"),
            )
        unit = profile.points[point].unit
        if key == "by" and (unit is None or UNITS[unit].inside != "s"):
            findings.problem(profile.place("unheard", key), text('"{name}" does not hold a time', name=point))
    if unheard.goes_to == "any" and unheard.to is None:
        findings.problem(
            profile.place("unheard", "goes_to"),
            text("goes_to any needs the point that holds the value"),
            hint=text('name it with "to"'),
        )
    for index, point in enumerate(unheard.applies or []):
        if known_point(profile, point, findings, "unheard", "applies", index) and not profile.commandable(
            point
        ):
            findings.problem(
                profile.place("unheard", "applies", index),
                text('"{name}" cannot be commanded', name=point),
            )


def _check_release(profile: Profile, findings: Findings) -> None:
    head = profile.head
    if head.stop_release and head.release is None and profile.modbus:
        findings.problem(
            profile.place("stop_release", key=True),
            text("stop_release needs to know how"),
            hint=text("add {example}", example="release: {point: mode, value: auto}"),
        )
    release = head.release
    if release is None or not known_point(profile, release.point, findings, "release", "point"):
        return
    if not profile.commandable(release.point):
        findings.problem(
            profile.place("release", "point"), text('"{name}" cannot be commanded', name=release.point)
        )
        return
    point = profile.points[release.point]
    try:
        check_value(point, kind_of(point), release.value)
    except Wrong as error:
        findings.wrong(profile.place("release", "value"), error)
