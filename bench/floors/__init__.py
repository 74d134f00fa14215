"""The plainest programs that do the same work as what is measured."""
