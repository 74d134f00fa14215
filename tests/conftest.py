"""What all tests share: hypothesis settings that hold on a slow machine. The leak check is in `leaks.py`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.many import many

# A deadline judges the machine, not the code. On the build machine examples are the same in every run.
settings.register_profile(
    "house", max_examples=many(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")
