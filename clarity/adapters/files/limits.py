"""How much is taken from one source."""

import attrs

__all__ = ["Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """
    How much is taken from one source.

    Attributes:
        max_bytes: unpacked size.
        max_growth: unpacked over packed size, once `growth_from_bytes` are unpacked.
        growth_from_bytes: below this, growth is not looked at: a table of zeros packs very well.
        max_line: characters of a line.
        max_values: values of a source.
    """

    max_bytes: int = 1 << 30
    max_growth: int = 200
    growth_from_bytes: int = 64 << 20
    max_line: int = 1 << 15
    max_values: int = 10_000_000
