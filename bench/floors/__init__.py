"""The plainest programs that do the work of what is measured."""
