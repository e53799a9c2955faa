"""Signatures over models."""
