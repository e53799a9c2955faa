"""Readers of recordings: CSV, Depresjon, NHANES."""
