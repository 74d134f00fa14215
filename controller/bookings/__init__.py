"""What people write to book places: times, and whole tables of them. Pure."""
