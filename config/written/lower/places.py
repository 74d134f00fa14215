"""Places to the records of the Plan, and where they are named."""

from __future__ import annotations

from collections.abc import Mapping

from config.language import text
from config.plan.devices import Source
from config.plan.places import Place
from config.written.gather import Written
from config.written.problems import Findings


class Places:
    """Every place of the site by name."""

    def __init__(self, written: Written, findings: Findings) -> None:
        self._broken = written.broken.get("places", set())
        self._findings = findings
        self.known: Mapping[str, Place] = {
            named.name: Place(named.name, named.written.label, named.entry.at)
            for named in written.places.values()
        }

    def named(self, wanted: str, at: Source) -> Place | None:
        """The place of that name; None with the problem told."""
        found = self.known.get(wanted)
        if found is None and wanted not in self._broken:
            hint = self._findings.guess(wanted, self.known)
            declare = text('declare it in the section "places"')
            self._findings.problem(at, text('no place named "{name}"', name=wanted), None, hint or declare)
        return found
