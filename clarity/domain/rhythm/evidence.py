"""How much of a recording stands behind a rhythm value."""

import attrs
import numpy as np

from clarity.domain.findings import Definition, Finding
from clarity.domain.rhythm.grid import Floats

__all__ = ["Observed"]


@attrs.frozen
class Observed:
    """How much entered a value: the number of observed entries and their share."""

    n_valid: int
    coverage: float

    @classmethod
    def of(cls, values: Floats) -> "Observed":
        """What of `values` is not NaN."""
        n = int(np.count_nonzero(~np.isnan(values)))
        return cls(n, n / values.size if values.size else 0.0)

    def finding(self, definition: Definition, value: Floats, *, reason: str) -> Finding:
        """The finding of `definition` for a value that is NaN when undefined."""
        return definition.finding(
            float(value), n_valid=self.n_valid, coverage=self.coverage, reason=reason
        )
