"""What outlives the daemon: control.db, log.db, the accepted plans and the lock on the data directory.

One writer thread a database; readers have connections of their own. What must agree shares a file and a
commit.
"""
