"""What the daemon runs on: frozen, slotted records. Standard library only; imports nothing else of ours."""
