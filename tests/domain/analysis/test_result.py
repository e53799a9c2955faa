from datetime import UTC, datetime, timedelta

import attrs
import pytest

from clarity.domain.analysis.result import AnalysisResult, Provenance
from clarity.domain.exact import WrongType
from clarity.domain.findings import Definition
from clarity.domain.timeline import NaiveTime, TimeWindow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IS = Definition(metric="IS", unit="1", algorithm="nonparametric/IS", citation="Witting 1990")


def result() -> AnalysisResult:
    return AnalysisResult(
        kind="rest-activity",
        window=TimeWindow(start=NOW, end=NOW + timedelta(days=7)),
        epoch_s=60,
        findings=(IS.finding(0.5, n_valid=168, coverage=1.0, reason="too short"),),
        nights=(),
        spans=(),
        notices=(),
        provenance=Provenance(
            input_digest="00",
            analyses={"b": "2", "a": "1"},
            clarity_version="0",
            computed_at=NOW,
            fingerprint="11",
        ),
    )


def test_a_finding_is_found_by_its_metric() -> None:
    assert result().finding("IS").value == 0.5


def test_a_metric_that_no_analysis_speaks_of_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="RA"):
        result().finding("RA")


def test_provenance_lists_the_analyses_in_order() -> None:
    assert result().provenance.analyses == (("a", "1"), ("b", "2"))


@pytest.mark.parametrize(
    "analyses", [5, ["abc"], {1: "1", "a": "1"}], ids=lambda one: type(one).__name__
)
def test_analyses_that_are_no_mapping_of_texts_are_refused_by_name(analyses: object) -> None:
    with pytest.raises(WrongType) as refused:
        attrs.evolve(result().provenance, analyses=analyses)

    told = (refused.value.field, refused.value.expected)
    assert told == ("Provenance.analyses", "Mapping[str, str]")


def test_a_result_says_in_which_zone_it_was_computed() -> None:
    with pytest.raises(NaiveTime, match=r"^computed_at has no time zone"):
        attrs.evolve(result().provenance, computed_at=NOW.replace(tzinfo=None))
