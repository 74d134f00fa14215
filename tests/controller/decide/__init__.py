"""Decisions: requests, arbiter, people, outputs."""
