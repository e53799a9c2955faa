"""
Named scoring profiles: each algorithm as published, as vendors scale it, and as a reference has it.

Profiles of the variant `QUIRK` reproduce pyActigraphy 1.2.2 including its deviations from the
papers; use them to compare with studies made with it. They leave no epoch unknown: missing values
are zeros (Cole-Kripke) or wake (the others).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import attrs

from clarity.domain.actigraphy.requirements import Requirement
from clarity.domain.errors import DomainError
from clarity.domain.sleep.scoring import Gaps, Sadeh, Scorer, WeightedSum
from clarity.domain.streams import Unit

__all__ = [
    "ACTIWARE_40_15S",
    "COLE_KRIPKE",
    "COLE_KRIPKE_30S_MAX",
    "COLE_KRIPKE_ACTILIFE",
    "COLE_KRIPKE_ACTIVITY_INDEX",
    "OAKLEY_THRESHOLDS",
    "PROFILES",
    "QUIRK",
    "SADEH",
    "SADEH_ACTILIFE",
    "SCRIPPS",
    "UnknownProfile",
    "named_profile",
    "oakley",
    "scoring_profile",
]

QUIRK: Final = "pyactigraphy-1.2.2"
"""Variant that reproduces pyActigraphy 1.2.2 exactly."""

MINUTE_S: Final = 60

_COLE: Final = "Cole et al. 1992, Sleep 15:461-469, doi:10.1093/sleep/15.5.461"
_SADEH: Final = "Sadeh et al. 1994, Sleep 17:201-207, doi:10.1093/sleep/17.3.201"
_KRIPKE: Final = "Kripke et al. 2010, J Sleep Res 19:612-619, doi:10.1111/j.1365-2869.2010.00835.x"
_OAKLEY: Final = (
    "Oakley 1997, technical report, Mini-Mitter; validated by Kushida et al. 2001, "
    "Sleep Med 2:389-396, doi:10.1016/S1389-9457(00)00098-8"
)
_ACTIVITY_INDEX: Final = (
    _COLE + "; activity index: Bai et al. 2016, doi:10.1371/journal.pone.0160644"
)

_MINUTE_COUNTS: Final = Requirement(unit=Unit.COUNTS, epoch_s=60)
_ANY_COUNTS: Final = Requirement(unit=Unit.COUNTS)

COLE_KRIPKE: Final = WeightedSum(
    name="cole-kripke/paper",
    citation=_COLE,
    needs=_MINUTE_COUNTS,
    weights=(0.106, 0.054, 0.058, 0.076, 0.230, 0.074, 0.067),
    before=4,
    threshold=1.0,
)
"""Counts per minute, unscaled; sleep below 1."""

COLE_KRIPKE_30S_MAX: Final = attrs.evolve(
    COLE_KRIPKE,
    name="cole-kripke-30s-max/paper",
    needs=Requirement(unit=Unit.COUNTS, epoch_s=30),
    weights=(0.0050, 0.0030, 0.0014, 0.0028, 0.0121, 0.0008, 0.0050),
    block=2,
)
"""The larger 30-s count of each minute; one score per minute."""

COLE_KRIPKE_ACTILIFE: Final = attrs.evolve(
    COLE_KRIPKE,
    name="cole-kripke/actilife",
    divisor=100.0,
    cap=300.0,
    gaps=Gaps.ZERO_BEYOND,
)
"""ActiGraph counts per minute / 100, capped at 300; zeros beyond both ends."""

COLE_KRIPKE_ACTIVITY_INDEX: Final = attrs.evolve(
    COLE_KRIPKE,
    name="cole-kripke/activity-index",
    citation=_ACTIVITY_INDEX,
    needs=Requirement(unit=Unit.ACTIVITY_INDEX, epoch_s=60),
    weights=tuple(0.243 * w for w in (4.64, 6.87, 3.75, 5.07, 16.19, 5.84, 4.024)),
    threshold=0.5,
    gaps=Gaps.ZERO_BEYOND,
)
"""The activity index per minute; sleep below 0.5; zeros beyond both ends."""

SADEH: Final = Sadeh(
    name="sadeh/paper",
    citation=_SADEH,
    needs=_MINUTE_COUNTS,
    threshold=0.0,
    tie_sleeps=True,
)
"""Counts per minute, unscaled; sleep from 0 on."""

SADEH_ACTILIFE: Final = attrs.evolve(
    SADEH,
    name="sadeh/actilife",
    threshold=-4.0,
    tie_sleeps=False,
    divisor=100.0,
    cap=300.0,
    gaps=Gaps.ZERO_BEYOND,
)
"""ActiGraph counts per minute / 100, capped at 300; sleep above -4; zeros beyond both ends."""

SCRIPPS: Final = WeightedSum(
    name="scripps/paper",
    citation=_KRIPKE,
    needs=_MINUTE_COUNTS,
    weights=tuple(
        0.204 * w
        for w in (
            *(0.0064, 0.0074, 0.0112, 0.0112, 0.0118, 0.0118, 0.0128, 0.0188, 0.0280, 0.0664),
            *(0.0300, 0.0112, 0.0100),
        )
    ),
    before=10,
    threshold=1.0,
)
"""Counts per minute; sleep below 1."""

OAKLEY_THRESHOLDS: Final[Mapping[str, float | None]] = MappingProxyType(
    {"20": 20.0, "40": 40.0, "80": 80.0, "auto": None}
)
"""Actiware's wake thresholds: 20 (high sensitivity to wake), 40, 80, automatic."""

_OAKLEY_WEIGHTS: Final[Mapping[int, tuple[float, ...]]] = MappingProxyType(
    {
        15: (0.04,) * 4 + (0.2,) * 4 + (4.0,) + (0.2,) * 4 + (0.04,) * 4,
        30: (0.04,) * 2 + (0.2,) * 2 + (2.0,) + (0.2,) * 2 + (0.04,) * 2,
        60: (0.04, 0.2, 1.0, 0.2, 0.04),
    }
)


_PAPER: Final = "paper"


def _oakley(epoch_s: int, threshold: str) -> WeightedSum:
    weights = _OAKLEY_WEIGHTS[epoch_s]
    return WeightedSum(
        name=f"oakley-{threshold}-{epoch_s}s/{_PAPER}",
        citation=_OAKLEY,
        needs=Requirement(unit=Unit.COUNTS, epoch_s=epoch_s),
        weights=weights,
        before=len(weights) // 2,
        threshold=OAKLEY_THRESHOLDS[threshold],
        tie_sleeps=True,
    )


def _quirk_name(profile: Scorer) -> str:
    return f"{profile.name.partition('/')[0]}/{QUIRK}"


def _oakley_quirk(paper: WeightedSum) -> WeightedSum:
    """A sum equal to the threshold is wake there, and gaps are wake."""
    name = _quirk_name(paper)
    return attrs.evolve(paper, name=name, tie_sleeps=False, gaps=Gaps.WAKE)


_OAKLEYS: Final = tuple(
    _oakley(epoch_s, threshold) for epoch_s in _OAKLEY_WEIGHTS for threshold in OAKLEY_THRESHOLDS
)

_QUIRKS: Final[tuple[Scorer, ...]] = (
    # counts per minute are divided by 30; the first and last four minutes are wake
    attrs.evolve(
        COLE_KRIPKE,
        name=f"cole-kripke/{QUIRK}",
        divisor=30.0,
        gaps=Gaps.ZERO,
        edge_wake=4,
    ),
    # the weight of the scored minute is 0.0012 where the paper has 0.0121
    attrs.evolve(
        COLE_KRIPKE_30S_MAX,
        name=f"cole-kripke-30s-max/{QUIRK}",
        weights=(0.0050, 0.0030, 0.0014, 0.0028, 0.0012, 0.0008, 0.0050),
        gaps=Gaps.ZERO,
        edge_wake=4,
    ),
    # LG is that of the NEXT epoch, NAT counts from above 50, any epoch is taken for a minute
    attrs.evolve(
        SADEH,
        name=f"sadeh/{QUIRK}",
        needs=_ANY_COUNTS,
        tie_sleeps=False,
        nat_above=True,
        log_ahead=1,
        gaps=Gaps.WAKE,
    ),
    # the same with ActiLife's threshold, but neither its scaling nor its cap
    attrs.evolve(
        SADEH,
        name=f"sadeh-actilife/{QUIRK}",
        needs=_ANY_COUNTS,
        threshold=-4.0,
        tie_sleeps=False,
        nat_above=True,
        log_ahead=1,
        gaps=Gaps.WAKE,
    ),
    # any epoch is taken for a minute; the first and last ten are wake
    attrs.evolve(
        SCRIPPS,
        name=f"scripps/{QUIRK}",
        needs=_ANY_COUNTS,
        gaps=Gaps.WAKE,
        edge_wake=10,
    ),
    *(_oakley_quirk(profile) for profile in _OAKLEYS),
)

PROFILES: Final[Mapping[str, Scorer]] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            COLE_KRIPKE,
            COLE_KRIPKE_30S_MAX,
            COLE_KRIPKE_ACTILIFE,
            COLE_KRIPKE_ACTIVITY_INDEX,
            SADEH,
            SADEH_ACTILIFE,
            SCRIPPS,
            *_OAKLEYS,
            *_QUIRKS,
        )
    }
)
"""Every profile by its name, `algorithm/variant`."""


@attrs.define(eq=False)
class UnknownProfile(DomainError):
    """No scoring profile has that name."""

    code: ClassVar[str] = "sleep.unknown-profile"
    name: str

    def __str__(self) -> str:
        return f"there is no scoring profile {self.name!r}; choose one of {', '.join(PROFILES)}"


def scoring_profile(algorithm: str, *, variant: str = _PAPER) -> Scorer:
    """
    The profile of an algorithm; as published unless another variant is asked for.

    Args:
        algorithm: `cole-kripke`, `sadeh`, `scripps`, `oakley-40-60s` ...
        variant: `paper`, a vendor's (`actilife`) or `QUIRK`.

    Raises:
        UnknownProfile: there is none.
    """
    name = f"{algorithm}/{variant}"
    if name not in PROFILES:
        raise UnknownProfile(name)
    return PROFILES[name]


def named_profile(name: str, *, epoch_s: int) -> Scorer:
    """
    The profile that a person names: `sadeh/actilife`, `sadeh` as published, or `oakley-40`.

    Args:
        name: of `PROFILES`, without its variant for the paper's; Oakley's also without its epoch.
        epoch_s: of the recording, s; 15 and 30 have weights of Oakley's own, else those of 60 go.

    Raises:
        UnknownProfile: there is none.
    """
    oakleys, _, threshold = name.partition("-")
    if oakleys == "oakley" and threshold in OAKLEY_THRESHOLDS:
        return oakley(epoch_s if epoch_s in _OAKLEY_WEIGHTS else MINUTE_S, threshold)
    algorithm, _, variant = name.partition("/")
    return scoring_profile(algorithm, variant=variant or _PAPER)


def oakley(epoch_s: int, threshold: str) -> WeightedSum:
    """
    Oakley's algorithm as Actiware has it: wake when the sum exceeds the threshold.

    Args:
        epoch_s: 15, 30 or 60 s; the weights differ.
        threshold: one of `OAKLEY_THRESHOLDS`.

    Raises:
        UnknownProfile: no weights are published for that epoch, or there is no such threshold.

    Source:
        Oakley, 1997; Actiware manual, appendix A (weights, automatic threshold).
    """
    if epoch_s not in _OAKLEY_WEIGHTS or threshold not in OAKLEY_THRESHOLDS:
        raise UnknownProfile(f"oakley-{threshold}-{epoch_s}s/{_PAPER}")
    return _oakley(epoch_s, threshold)


ACTIWARE_40_15S: Final = oakley(15, "40")
"""Actiware's medium threshold on 15-s epochs."""
