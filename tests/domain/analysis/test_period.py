import numpy as np
import pytest

from clarity.domain.analysis.period import PeriodAnalysis
from clarity.domain.rhythm.free_period import free_period_cosinor
from tests.domain.analysis.made_up import NOON, recording


def cosine(period_h: float, *, days: int = 7) -> np.ndarray:
    """Crests at 15:00 of the first day and every `period_h` after it; the recording begins at noon."""
    hours = 12 + np.arange(days * 1_440) / 60
    return 100 + 40 * np.cos(2 * np.pi * (hours - 15) / period_h)


def told(series):
    return {finding.metric: finding for finding in PeriodAnalysis().run(series).findings}


@pytest.mark.parametrize("period_h", [22.5, 24.0, 25.75])
def test_the_period_of_a_cosine_is_found_with_level_height_and_crest(period_h: float):
    found = told(recording(cosine(period_h)))

    assert found["free_period"].value == pytest.approx(period_h, rel=1e-6)
    assert found["free_mesor"].value == pytest.approx(100, rel=1e-6)
    assert found["free_amplitude"].value == pytest.approx(40, rel=1e-5)
    assert found["free_acrophase"].value == pytest.approx(15, abs=1e-3)
    assert found["free_R2"].value == pytest.approx(1, abs=1e-9)
    assert [one.unit for one in found.values()] == ["h", "counts", "counts", "h", "1"]


def test_the_findings_are_those_of_the_cosinor_on_clock_days():
    series = recording(days=5)
    padded = np.concatenate([np.full(720, np.nan), series.values, np.full(720, np.nan)])

    fit = free_period_cosinor(padded, start_minute=0, epoch_s=60)

    found = told(series)
    assert found["free_period"].value == float(fit.period_h)
    assert found["free_R2"].value == float(fit.r2)
    assert found["free_period"].n_valid == 5 * 1_440
    assert found["free_period"].coverage == 5 / 6


@pytest.mark.parametrize(
    "values", [np.zeros(4 * 1_440), np.full(4 * 1_440, np.nan), cosine(40.0, days=21)]
)
def test_without_a_best_period_there_is_a_reason(values: np.ndarray):
    found = told(recording(values))

    assert {one.value for one in found.values()} == {None}
    assert {one.reason[:40] for one in found.values()} == {
        "no period between 20 h and 28 h fits bes"
    }


def test_epochs_that_divide_no_hour_are_told():
    written = PeriodAnalysis().run(recording(days=4, epoch_s=7_200))

    assert written.findings == ()
    assert written.notices[0].startswith("The period of the rhythm was not fitted: ")


def test_name_version_and_range_are_stated():
    analysis = PeriodAnalysis()

    assert (analysis.id, analysis.version) == ("clarity.period", "2")
    assert analysis.parameters == {"from_h": 20.0, "to_h": 28.0}
    one = told(recording(days=3, start=NOON))["free_period"]
    assert one.algorithm == "cosinor/free-period"
    assert one.parameters == analysis.parameters
    assert "Nelson 1979" in one.citation
