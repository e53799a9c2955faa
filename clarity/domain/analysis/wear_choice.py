"""What may be chosen about wear."""

from enum import StrEnum

__all__ = ["WearChoice"]


class WearChoice(StrEnum):
    """By which rule wear is assessed, if at all."""

    CHOI = "choi"
    TROIANO = "troiano"
    NONE = "none"
