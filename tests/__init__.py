"""Tests. They mirror the packages; helpers are imported as `tests.…`."""
