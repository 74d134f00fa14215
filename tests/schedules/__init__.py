"""Schedules: kinds of day, sun, programmes."""
