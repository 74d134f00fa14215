"""Which louguan this is. A constant: asking the installation costs a start 20 ms and two mebibytes."""

VERSION = "0.1.0"
"""As pyproject.toml says it (a test)."""
