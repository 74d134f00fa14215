"""Decisions: requests, the arbiter, what forbids a write, what is written. Pure: no clock, socket or file."""
