"""The fixed positions that PAT adds to its tokens."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from clarity.domain.pat.variants import WIDTH

__all__ = ["positions"]

LONGEST_WAVELENGTH: Final = 10_000.0  # of the slowest channel, in units of 2 pi tokens


def positions(tokens: int) -> npt.NDArray[np.float64]:
    """
    Sinusoids of the token number: 48 sines, THEN 48 cosines (halves, not interleaved).

    Args:
        tokens: how many tokens, at least 1.

    Returns:
        (tokens, 96) float64 in [-1, 1].

    Source: published notebooks of arXiv 2411.15240; the wavelengths are those of Vaswani et al.
    2017 (arXiv 1706.03762, section 3.5), the order of channels is not.
    """
    half = WIDTH // 2
    rate = np.exp(2.0 * np.arange(half) * (-math.log(LONGEST_WAVELENGTH) / WIDTH))
    angle = np.arange(tokens, dtype=np.float64)[:, np.newaxis] * rate
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
