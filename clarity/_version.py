"""The version of clarity, where every ring may read it."""

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1.0"
