"""Ways of Python that are quicker than the usual ones, for what is done a hundred thousand times a day."""

from __future__ import annotations

tuple_of = tuple.__new__
"""Makes a named tuple without the function that is its own constructor, which takes twice as long."""
