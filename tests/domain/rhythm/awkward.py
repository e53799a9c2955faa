"""Recordings that tempt a metric into an exception, a silent 1 or a NaN."""

import numpy as np

AWKWARD = {
    "empty": np.zeros(0),
    "one epoch": np.array([3.0]),
    "an hour": np.arange(60.0),
    "a day": np.arange(1440.0),
    "a day and a half": np.arange(2160.0),
    "all zero": np.zeros(7 * 1440),
    "constant": np.full(7 * 1440, 0.1),
    "all missing": np.full(7 * 1440, np.nan),
    "one value in a week": np.where(np.arange(7 * 1440) == 5000, 2.0, np.nan),
    "nights missing": np.where(np.arange(7 * 1440) % 1440 < 480, np.nan, np.arange(7 * 1440.0)),
    "constant with holes": np.where(np.arange(7 * 1440) % 7 == 0, np.nan, 0.1),
}
