"""The site as data: what people write (`written`), what the daemon runs on (`plan`), device profiles, example
sites."""
