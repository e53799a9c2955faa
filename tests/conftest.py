"""
Hypothesis profiles: `dev` while editing, `ci` derandomized with twice the examples, `soak` for
`make soak`.

`hunt` is `ci` that stops at the first failure without making it smaller, for planted bugs.
"""

import importlib.util
import os

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "hunt", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate]
)
settings.register_profile("soak", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


DESELECTED = pytest.StashKey[str]()


def _no_gpu() -> str:
    """Why nothing can run on a CUDA device here; empty where something can."""
    if importlib.util.find_spec("torch") is None:
        return "torch is not installed"
    import torch

    return "" if torch.cuda.is_available() else "torch.cuda.is_available() is false"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests on a CUDA device are left out where there is none."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    reason = _no_gpu() if on_gpu else ""
    if reason:
        items[:] = [item for item in items if item not in on_gpu]
        config.hook.pytest_deselected(items=on_gpu)
        config.stash[DESELECTED] = f"{len(on_gpu)} tests on a GPU deselected: {reason}"


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Which tests were left out, and why."""
    return config.stash.get(DESELECTED, "")
