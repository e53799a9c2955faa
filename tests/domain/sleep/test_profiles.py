"""The published constants of every scoring profile, by value and with their source."""

import attrs
import pytest

from clarity.domain.sleep import profiles as p
from clarity.domain.sleep import scoring
from clarity.domain.sleep.scoring import Gaps, Sadeh, WeightedSum
from clarity.domain.streams import Unit

COLE_1992 = (0.106, 0.054, 0.058, 0.076, 0.230, 0.074, 0.067)
"""Table 1 there, minutes from four before to two after; doi:10.1093/sleep/15.5.461."""

COLE_1992_30S = (0.0050, 0.0030, 0.0014, 0.0028, 0.0121, 0.0008, 0.0050)
"""The larger 30-s count of each minute; the same table."""

BAI_2016 = (1.12752, 1.66941, 0.91125, 1.23201, 3.93417, 1.41912, 0.977832)
"""0.243 x (4.64, 6.87, 3.75, 5.07, 16.19, 5.84, 4.024), as scikit-digital-health has them."""

KRIPKE_2010 = (
    *(0.0013056, 0.0015096, 0.0022848, 0.0022848, 0.0024072, 0.0024072, 0.0026112, 0.0038352),
    *(0.005712, 0.0135456, 0.00612, 0.0022848, 0.00204),
)
"""0.204 x the weights of ten minutes before to two after; doi:10.1111/j.1365-2869.2010.00835.x."""

OAKLEY_1997 = {
    15: (*[0.04] * 4, *[0.2] * 4, 4.0, *[0.2] * 4, *[0.04] * 4),
    30: (*[0.04] * 2, *[0.2] * 2, 2.0, *[0.2] * 2, *[0.04] * 2),
    60: (0.04, 0.2, 1.0, 0.2, 0.04),
}
"""Actiware manual, appendix A: two minutes on both sides whatever the epoch."""

WAKE_THRESHOLDS = {"20": 20.0, "40": 40.0, "80": 80.0, "auto": None}
"""Actiware: high, medium and low sensitivity to wake, and the automatic one."""


def sums(profile: WeightedSum) -> dict[str, object]:
    """Everything that decides a score, without name and citation."""
    return attrs.asdict(
        profile, recurse=False, filter=lambda field, _: field.name not in {"name", "citation"}
    )


MINUTES = (Unit.COUNTS, 60)


@pytest.mark.parametrize(
    ("name", "weights", "needs", "other"),
    [
        ("cole-kripke/paper", COLE_1992, MINUTES, {}),
        (
            "cole-kripke/actilife",
            COLE_1992,
            MINUTES,
            {"divisor": 100.0, "cap": 300.0, "gaps": Gaps.ZERO_BEYOND},
        ),
        (
            "cole-kripke/activity-index",
            BAI_2016,
            (Unit.ACTIVITY_INDEX, 60),
            {"threshold": 0.5, "gaps": Gaps.ZERO_BEYOND},
        ),
        ("cole-kripke-30s-max/paper", COLE_1992_30S, (Unit.COUNTS, 30), {"block": 2}),
        (
            "cole-kripke/pyactigraphy-1.2.2",
            COLE_1992,
            MINUTES,
            {"divisor": 30.0, "gaps": Gaps.ZERO, "edge_wake": 4},
        ),
        (
            "cole-kripke-30s-max/pyactigraphy-1.2.2",
            (0.0050, 0.0030, 0.0014, 0.0028, 0.0012, 0.0008, 0.0050),
            (Unit.COUNTS, 30),
            {"block": 2, "gaps": Gaps.ZERO, "edge_wake": 4},
        ),
        ("scripps/paper", KRIPKE_2010, MINUTES, {"before": 10}),
        (
            "scripps/pyactigraphy-1.2.2",
            KRIPKE_2010,
            (Unit.COUNTS, None),
            {"before": 10, "gaps": Gaps.WAKE, "edge_wake": 10},
        ),
    ],
)
def test_a_weighted_sum_has_its_published_weights(
    name: str,
    weights: tuple[float, ...],
    needs: tuple[Unit, int | None],
    other: dict[str, object],
) -> None:
    expected = {
        "before": 4,
        "threshold": 1.0,
        "tie_sleeps": False,
        "block": 1,
        "divisor": 1.0,
        "cap": None,
        "gaps": Gaps.UNKNOWN,
        "edge_wake": 0,
        **other,
    }

    found = sums(p.PROFILES[name])

    assert found.pop("weights") == pytest.approx(weights, rel=1e-12)
    needed = found.pop("needs")
    assert (needed.unit, needed.epoch_s, needed.placement) == (*needs, None)
    assert found == expected


@pytest.mark.parametrize("threshold", WAKE_THRESHOLDS)
@pytest.mark.parametrize("epoch_s", OAKLEY_1997)
@pytest.mark.parametrize(
    ("variant", "ties", "gaps"),
    [("paper", True, Gaps.UNKNOWN), (p.QUIRK, False, Gaps.WAKE)],
)
def test_oakley_has_actiwares_weights_and_thresholds(
    epoch_s: int, threshold: str, variant: str, ties: bool, gaps: Gaps
) -> None:
    profile = p.PROFILES[f"oakley-{threshold}-{epoch_s}s/{variant}"]

    found = sums(profile)

    assert found.pop("needs").epoch_s == epoch_s
    assert found == {
        "weights": OAKLEY_1997[epoch_s],
        "before": len(OAKLEY_1997[epoch_s]) // 2,
        "threshold": WAKE_THRESHOLDS[threshold],
        "tie_sleeps": ties,
        "block": 1,
        "divisor": 1.0,
        "cap": None,
        "gaps": gaps,
        "edge_wake": 0,
    }
    assert profile.needs.unit is Unit.COUNTS


def test_the_automatic_threshold_is_88888_hundred_thousandths_of_the_mobile_mean() -> None:
    assert scoring.ACTIWARE_AUTO == 0.88888
    assert scoring.MOBILE_PER_15_S == 1.0
    assert p.OAKLEY_THRESHOLDS == WAKE_THRESHOLDS


@pytest.mark.parametrize(
    ("name", "epoch_s", "other"),
    [
        ("sadeh/paper", 60, {"tie_sleeps": True}),
        (
            "sadeh/actilife",
            60,
            {"threshold": -4.0, "divisor": 100.0, "cap": 300.0, "gaps": Gaps.ZERO_BEYOND},
        ),
        (
            "sadeh/pyactigraphy-1.2.2",
            None,
            {"nat_above": True, "log_ahead": 1, "gaps": Gaps.WAKE},
        ),
        (
            "sadeh-actilife/pyactigraphy-1.2.2",
            None,
            {"threshold": -4.0, "nat_above": True, "log_ahead": 1, "gaps": Gaps.WAKE},
        ),
    ],
)
def test_sadeh_has_its_thresholds_and_deviations(
    name: str, epoch_s: int | None, other: dict[str, object]
) -> None:
    """Sadeh 1994, doi:10.1093/sleep/17.3.201; the coefficients stand in the literal formula."""
    profile = p.PROFILES[name]

    assert isinstance(profile, Sadeh)
    found = sums(profile)
    needed = found.pop("needs")
    assert (needed.unit, needed.epoch_s) == (Unit.COUNTS, epoch_s)
    assert found == {
        "threshold": 0.0,
        "tie_sleeps": False,
        "nat_above": False,
        "log_ahead": 0,
        "divisor": 1.0,
        "cap": None,
        "gaps": Gaps.UNKNOWN,
        "edge_wake": 0,
        **other,
    }


def test_every_profile_stands_under_its_own_name_with_its_source() -> None:
    sources = {
        "cole": "10.1093/sleep/15.5.461",
        "sade": "10.1093/sleep/17.3.201",
        "scri": "10.1111/j.1365-2869.2010.00835.x",
        "oakl": "10.1016/S1389-9457(00)00098-8",
    }

    assert len(p.PROFILES) == 7 + 12 + 5 + 12
    for name, profile in p.PROFILES.items():
        assert profile.name == name
        assert sources[name[:4]] in profile.citation
    assert "10.1371/journal.pone.0160644" in p.COLE_KRIPKE_ACTIVITY_INDEX.citation


@pytest.mark.parametrize(
    ("name", "epoch_s", "found"),
    [
        ("sadeh", 60, "sadeh/paper"),
        ("sadeh/actilife", 60, "sadeh/actilife"),
        ("oakley-40", 15, "oakley-40-15s/paper"),
        ("oakley-40", 30, "oakley-40-30s/paper"),
        ("oakley-40", 60, "oakley-40-60s/paper"),
        ("oakley-40", 5, "oakley-40-60s/paper"),
        ("oakley-auto", 90, "oakley-auto-60s/paper"),
        ("oakley-40-30s", 60, "oakley-40-30s/paper"),
        ("oakley-40-30s/pyactigraphy-1.2.2", 60, "oakley-40-30s/pyactigraphy-1.2.2"),
    ],
)
def test_a_profile_is_found_by_the_name_that_a_person_gives(
    name: str, epoch_s: int, found: str
) -> None:
    assert p.named_profile(name, epoch_s=epoch_s) == p.PROFILES[found]


@pytest.mark.parametrize("name", ["", "oakley", "oakley-41", "oakley-40/actilife", "sadeh/x"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(p.UnknownProfile):
        p.named_profile(name, epoch_s=60)


@pytest.mark.parametrize(
    "changes",
    [{"weights": ()}, {"before": -1}, {"block": 0}, {"divisor": 0.0}, {"edge_wake": -1}],
)
def test_a_weighted_sum_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        attrs.evolve(p.COLE_KRIPKE, **changes)


@pytest.mark.parametrize("changes", [{"log_ahead": 2}, {"divisor": 0.0}, {"edge_wake": -1}])
def test_a_sadeh_that_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        attrs.evolve(p.SADEH, **changes)
