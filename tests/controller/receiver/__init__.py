"""The reference receiver."""
