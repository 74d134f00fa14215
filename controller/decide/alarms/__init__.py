"""Alarms: what people are told, from its coming to its end. Pure."""
