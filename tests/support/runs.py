"""How often a randomized test runs: few times while editing, more in CI, many behind `make soak`."""

from hypothesis import settings

__all__ = ["runs"]

SOAK_FROM = 5_000
"""The `soak` profile tries at least so many examples; `ci` is the one that is derandomized."""


def runs(*, ci: int, soak: int) -> int:
    """`soak` in the soak profile, `ci` in the ci profile, a twentieth of that while editing."""
    profile = settings()
    if profile.max_examples >= SOAK_FROM:
        return soak
    return ci if profile.derandomize else max(1, ci // 20)
