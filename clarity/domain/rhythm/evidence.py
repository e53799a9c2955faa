"""How much of a recording stands behind a rhythm value."""

import attrs
import numpy as np
import numpy.typing as npt

from clarity.domain.findings import Definition, Finding
from clarity.domain.rhythm.grid import Floats

__all__ = ["Observed", "without_gaps"]


@attrs.frozen
class Observed:
    """How much entered a value: the number of observed entries and their share of those spanned."""

    n_valid: int
    coverage: float

    @classmethod
    def of(cls, values: Floats, spanned: npt.ArrayLike | None = None) -> "Observed":
        """
        What of `values` is not NaN, as a share of what the recording spans.

        Args:
            values: one entry per epoch, bin or pair; NaN = missing.
            spanned: bool, entries that the recording could have had; None when those are all of
                `values`.
        """
        n = int(np.count_nonzero(~np.isnan(values)))
        possible = values.size if spanned is None else int(np.count_nonzero(spanned))
        return cls(n, n / possible if possible else 0.0)

    def finding(self, definition: Definition, value: Floats, *, reason: str) -> Finding:
        """The finding of `definition` for a value that is NaN when undefined."""
        return definition.finding(
            float(value), n_valid=self.n_valid, coverage=self.coverage, reason=reason
        )


def without_gaps(values: Floats, spanned: npt.ArrayLike | None) -> Floats:
    """
    The recording had nothing of it been missing: 0 where it spans, NaN elsewhere.

    Args:
        values: (n,) per epoch.
        spanned: (n,) bool, epochs that the recording spans; None for all.
    """
    if spanned is None:
        return np.zeros(values.shape)
    return np.where(np.asarray(spanned, dtype=np.bool_), 0.0, np.nan)
