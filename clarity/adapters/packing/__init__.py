"""Day chunks as bytes: scaled integers, byte shuffle, zstandard."""
