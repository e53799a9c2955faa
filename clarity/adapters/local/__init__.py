"""The embedded profile: SQLite, in-process cache, directories and the system clock."""
