"""The shapes of the written files, as strict pydantic models."""
