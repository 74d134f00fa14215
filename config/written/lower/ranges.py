"""Ranges of commands that the site's own numbers (transformer ratios, litres a pulse) bear on."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from config.language import text
from config.written.check.fitting import field_of, raw_bounds
from config.written.check.values import in_point_unit
from config.written.lower.numbers import ratio_of
from config.written.model.devices import DeviceWritten
from config.written.named import Named
from config.written.problems import Findings
from config.written.profiles import Profile


def check_writable(
    named: Named[DeviceWritten], profile: Profile, params: Mapping[str, Fraction], findings: Findings
) -> None:
    """Tell a range whose ends this device cannot be told; without such numbers its profile was judged."""
    for name, point in profile.points.items():
        command = point.command
        if command is None or command.range is None or not point.times or not profile.modbus:
            continue
        field = field_of(profile, point, command)
        low, high = (in_point_unit(point, bound) for bound in command.range)
        site = ratio_of(point, params)
        factor = in_point_unit(point, 1) * site.numerator / site.denominator
        wrong = [field.misfit(code) for code in raw_bounds(point, command, (low, high), factor) if field]
        for why in [why for why in wrong if why is not None][:1]:
            at = named.entry.place(["params", point.times[0]])
            findings.problem(at, text("{name}: {problem}", name=name, problem=why))
