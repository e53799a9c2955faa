"""Sleep and wake from activity: epoch scoring, rest periods, nights."""
