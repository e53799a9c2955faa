"""From a raw head score to a probability, where somebody measured how."""

from typing import Final

import attrs
import numpy as np

__all__ = ["Calibration", "Isotonic", "Platt", "calibrated"]

SMALLEST_SCORE: Final = 1e-7  # scores are float32; 0 and 1 have no finite logit


def _finite(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not np.isfinite(value):
        raise ValueError(f"{attribute.name} is a finite number")


def _share(_: object, attribute: "attrs.Attribute[tuple[float, ...]]", value: object) -> None:
    values = np.asarray(value, np.float64)
    rising = np.isfinite(values).all() and (np.diff(values) >= 0.0).all()
    if len(values) < 2 or not rising or values[0] < 0.0 or values[-1] > 1.0:
        raise ValueError(f"{attribute.name} are at least two numbers from 0 to 1 that never fall")


@attrs.frozen(kw_only=True)
class Platt:
    """
    A logistic curve over the logit of the score: 1 / (1 + exp(-(slope logit(s) + intercept))).

    Attributes:
        slope: positive, so that the order of people is kept.
        intercept: shift in logits.

    Source: Platt 1999, Advances in Large Margin Classifiers, 61-74; on logits as in Guo et al.
    2017, arXiv 1706.04599 (temperature scaling is slope 1/T, intercept 0).
    """

    slope: float = attrs.field(validator=[_finite, attrs.validators.gt(0.0)])
    intercept: float = attrs.field(validator=_finite)


@attrs.frozen(kw_only=True)
class Isotonic:
    """
    A curve that never falls, linear between knots and flat outside them.

    Attributes:
        scores: knots, 0 to 1, rising.
        probabilities: their probabilities, as many.

    Source: Zadrozny and Elkan 2002, doi:10.1145/775047.775151.
    """

    scores: tuple[float, ...] = attrs.field(converter=tuple, validator=_share)
    probabilities: tuple[float, ...] = attrs.field(converter=tuple, validator=_share)

    def __attrs_post_init__(self) -> None:
        """Every knot has a probability."""
        if len(self.scores) != len(self.probabilities):
            raise ValueError("every knot has one probability")


Calibration = Platt | Isotonic


def calibrated(score: float, calibration: Calibration) -> float:
    """
    The probability for a raw score; both in [0, 1], never NaN.

    Args:
        score: of a head, 0 to 1.
        calibration: how scores of that head relate to probabilities.
    """
    if isinstance(calibration, Isotonic):
        return float(np.interp(score, calibration.scores, calibration.probabilities))
    inside = min(max(score, SMALLEST_SCORE), 1.0 - SMALLEST_SCORE)
    logit = np.log(inside / (1.0 - inside))
    return float(0.5 * (1.0 + np.tanh(0.5 * (calibration.slope * logit + calibration.intercept))))
