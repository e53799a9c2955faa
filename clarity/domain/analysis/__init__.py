"""Analyses of a recording: the plugin contract, the built-in ones, and results with provenance."""
