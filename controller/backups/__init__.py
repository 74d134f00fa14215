"""A whole data directory taken away and put back: what a person carries off the box. (The nightly backup of
control.db, which stays on it, is `controller.store.backup`.)
"""
