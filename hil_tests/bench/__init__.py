"""Benches: what hardware, real or simulated, lets tests do."""
