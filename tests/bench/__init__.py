"""The benches run: what they print is for people, that they work is for tests."""
