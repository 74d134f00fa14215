"""Words of the command line without pydantic.

typer has every parameter converted by pydantic, whose import costs a tenth of a second and ten mebibytes,
which the daemon would keep. Most parameters are not given, are text, or are paths: nothing of theirs needs
it. All others are converted as typer does it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer._coercion import TypeDescriptor, build_runtime_param
from typer._param_types import coerce_cli_path


def lighten(command: Any) -> None:
    """A whole command tree."""
    theirs = command.get_params

    def light(context: Any) -> Any:
        params = theirs(context)  # --help among them, which is made here
        for param in params:
            if not isinstance(param.get_runtime_param, _Light):
                param.get_runtime_param = _Light(param.type_descriptor)
        return params

    command.get_params = light
    for child in getattr(command, "commands", {}).values():
        lighten(child)


class _Light:
    """Stands in the place of typer's `RuntimeParam`, and of what makes one."""

    def __init__(self, descriptor: TypeDescriptor) -> None:
        self._descriptor = descriptor

    def __call__(self) -> _Light:
        return self

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the command takes it. Raises typer's usage errors."""
        wanted = self._descriptor.annotation
        if not param.multiple and param.nargs == 1:
            if value is None or value is param.default or (wanted is str and isinstance(value, str)):
                return value
            if wanted is Path and isinstance(value, str):
                info = self._descriptor.parameter_info
                return coerce_cli_path(Path(value), info, path_type=Path, param=param, ctx=ctx)
        return build_runtime_param(self._descriptor).coerce(value, param=param, ctx=ctx)
