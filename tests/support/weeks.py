"""Synthetic weeks: seeded, filled, in counts unless said otherwise."""

from datetime import date

import numpy as np

from clarity.domain.actigraphy.week import PatWeek
from clarity.domain.streams import Placement, Unit

__all__ = ["week"]


def week(seed: int = 0, *, unit: Unit = Unit.COUNTS, scale: float = 1.0) -> PatWeek:
    """Quiet nights and busy days, different for every seed."""
    rng = np.random.default_rng(seed)
    awake = (np.arange(1_440) > 420) & (np.arange(1_440) < 1_380)
    return PatWeek(
        values=rng.gamma(1.0, 200.0, size=(7, 1_440)) * awake * scale,
        first_date=date(2026, 1, 5),
        valid_days=7,
        imputed_fraction=0.0,
        unit=unit,
        device="made up",
        placement=Placement.WRIST,
    )
