"""Another Plan under the running daemon: taken between two cycles, by identity, without a restart."""
