"""The upload: ranges, runner, feed, sinks."""
