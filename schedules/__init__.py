"""When: kinds of day, sun, tariff and programmes. Knows no driver."""
