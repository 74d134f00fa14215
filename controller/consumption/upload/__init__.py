"""The log's way to other people: the feed of what they must get, and one runner a sink. Speaks through the
Sink port; what each protocol says is its sink's."""
