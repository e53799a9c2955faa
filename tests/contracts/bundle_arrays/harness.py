"""The adapters of port BundleArrays."""

from collections.abc import Callable
from typing import Final

from clarity.adapters.convert.npz import NpzArrays
from clarity.ports.model_files import BundleArrays

__all__ = ["OPENERS"]

OPENERS: Final[dict[str, Callable[[], BundleArrays]]] = {"npz": NpzArrays}
