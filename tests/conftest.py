"""
Hypothesis profiles: `dev` while editing, `ci` derandomized, `soak` for `make soak`.

`hunt` is `ci` that stops at the first failure without making it smaller, for planted bugs.
"""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile(
    "ci",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "hunt", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate]
)
settings.register_profile("soak", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
