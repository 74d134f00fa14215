"""The reference receiver: the other side of an upload, a program of its own that the daemon never imports.

It answers exactly what it has committed. Whatever protocol brings a row, it goes through `store.Store.put`.
"""
