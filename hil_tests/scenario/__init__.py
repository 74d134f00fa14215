"""Scenarios that facility engineers write and read: YAML files of steps, played on a stand."""
