"""One module a way in: how its bytes get to the real code, and what must not come of them."""
