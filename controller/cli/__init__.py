"""The command `louguan`, one file a command group."""
