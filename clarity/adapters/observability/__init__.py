"""Metrics and traces kept in the process."""
