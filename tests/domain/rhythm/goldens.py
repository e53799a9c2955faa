"""The six synthetic recordings with numbers that the project did not compute."""

import json
from functools import cache
from typing import Any

import attrs
import numpy as np

from tests.support.shared import shared

CASES = (
    "synth_regular_7d",
    "synth_irregular_7d",
    "synth_weekend_14d",
    "synth_offsetstart_7d",
    "synth_gaps_7d",
    "synth_30s_7d",
)


@attrs.frozen
class Golden:
    name: str
    activity: np.ndarray
    start_minute: int
    epoch_s: int
    masks: dict[str, np.ndarray]
    first: dict[str, Any]
    second: dict[str, Any]

    @property
    def clock(self):
        return {"start_minute": self.start_minute, "epoch_s": self.epoch_s}

    def variant(self, name):
        """`counts` as recorded, `bin4` 1 above 4 counts and 0 else."""
        if name == "counts":
            return self.activity
        return np.where(np.isnan(self.activity), np.nan, self.activity > 4)

    def having(self, prefix):
        """(rest of the key, number) of every golden that begins with `prefix`."""
        return [(k[len(prefix) :], v) for k, v in self.first.items() if k.startswith(prefix)]


@cache
def golden(name):
    folder = shared("goldens/actigraphy")
    facts = json.loads((folder / f"{name}.json").read_text())
    second = json.loads((folder / f"{name}.second.json").read_text())
    hour, minute, _ = facts["start"].split()[1].split(":")
    with np.load(folder / f"{name}.npz") as arrays:
        masks = {k[5:]: arrays[k].astype(float) for k in arrays if k.startswith("mask_")}
        activity = arrays["activity"]
    return Golden(
        name,
        activity,
        int(hour) * 60 + int(minute),
        facts["epoch_seconds"],
        masks,
        facts["golden"],
        second["golden"],
    )
