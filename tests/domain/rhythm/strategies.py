"""Recordings of activity for property tests, made from a seed so that they stay cheap to draw."""

import numpy as np
from hypothesis import strategies as st

EPOCH_S = 300
PER_DAY = 86400 // EPOCH_S


def _recording(seed, days, missing, start_minute):
    rng = np.random.default_rng(seed)
    n = int(days * PER_DAY)
    hour = (start_minute / 60 + np.arange(n) * EPOCH_S / 3600) % 24
    level = np.where((hour > 7) & (hour < 23), 200.0, 8.0)
    counts = np.floor(rng.gamma(0.6, level))
    holes = rng.random(n) < missing
    return np.where(holes, np.nan, counts)


@st.composite
def recordings(draw, *, missing=(0.0, 0.05, 0.5), min_days=2.0, max_days=6.0, whole_days=False):
    """(activity of 5 min epochs, start_minute)."""
    seed = draw(st.integers(0, 2**32 - 1))
    days = draw(st.integers(int(min_days), int(max_days)))
    part = 0.0 if whole_days else draw(st.sampled_from([0.0, 0.21, 0.5]))
    start = draw(st.sampled_from([0.0, 5.0, 497.0, 1439.5]))
    return _recording(seed, days + part, draw(st.sampled_from(missing)), start), start


def scales():
    """Factors that a device could scale its counts by."""
    return st.floats(1e-6, 1e6)
