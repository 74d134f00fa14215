"""What people write: YAML site directories and device profiles, checked and compiled to a Plan.

The only package that imports pydantic and yaml. It runs as a program of its own (`python -m config.written`),
never inside the daemon.
"""
