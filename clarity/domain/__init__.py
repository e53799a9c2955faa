"""Values, rules and mathematics of wearable data: no I/O, no clock, no randomness, no logging."""
