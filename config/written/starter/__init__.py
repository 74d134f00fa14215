"""`init`: a commented starter site."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from config.language import text
from config.language.details import detail
from config.plan.devices import Source
from config.written.problems import Findings
from config.written.schema import schema_text

_SCHEMA_FOLDER = ".schema"


def write_starter(directory: Path, findings: Findings, language: str) -> list[str]:
    """Write the starter site, commented in `language`, into a new or empty directory; the names of the files
    written."""
    here = Source(str(directory), 0, 0)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        findings.problem(here, text("the directory is not empty"), hint=text("name a new one"))
        return []
    written = []
    try:
        with as_file(files("config.written.starter") / language) as templates:
            for template in sorted(templates.rglob("*.yaml")):
                name = template.relative_to(templates).as_posix()
                _write(directory / name, template.read_text(encoding="utf-8"))
                written.append(name)
        for schema in ("site", "programmes", "calendar", "profile"):
            name = f"{_SCHEMA_FOLDER}/{schema}.schema.json"
            _write(directory / name, schema_text(schema))
            written.append(name)
    except OSError as error:
        findings.problem(
            here, text("cannot be written ({reason})", reason=detail(error.strerror or str(error)))
        )
    return written


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
