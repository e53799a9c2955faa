"""One folder per technology; families do not know each other."""
