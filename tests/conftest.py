"""What all tests share: hypothesis settings that hold on a slow machine. The leak check is in `leaks.py`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.many import many

# A deadline judges the machine, not the code. On the build machine examples are the same in every run.
settings.register_profile(
    "house", max_examples=many(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


@pytest.fixture(autouse=True)
def no_log_handler_stays() -> Iterator[None]:
    """A command that a test runs in this process logs to the test's own standard error, closed afterwards."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in [one for one in root.handlers if type(one) is logging.StreamHandler]:
        if handler not in before:
            root.removeHandler(handler)
