"""Commissioning: a site tried point by point by the product's own drivers, without a daemon, and what is kept
of it."""
