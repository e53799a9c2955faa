from collections.abc import Mapping
from datetime import date

import attrs
import numpy as np
import pytest

from clarity.application.analyze import KIND, NothingStored
from clarity.application.known_people import PatientUnknown
from clarity.domain.access import NotAllowed
from clarity.domain.actigraphy.days import MixedRecordings
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.actigraphy.wear import TROIANO_2007
from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.result import AnalysisResult, Written
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.audit import Operation
from clarity.domain.findings import Parameter
from clarity.domain.streams import StreamKind, Unit, UnitMismatch
from clarity.ports.entities import key_of
from clarity.ports.errors import Corrupt, Unavailable
from clarity.ports.query import Query
from tests.application.faults import Around, SilentSink, Unreadable, failing_at
from tests.application.world import (
    ADA,
    BEN,
    NURSE,
    REQUEST,
    STRANGER,
    World,
    days_of,
    later,
    recording,
)


@attrs.frozen(kw_only=True)
class Sum(Analysis):
    """Tells the sum of the values; counts how often it ran."""

    runs: list[ActivitySeries] = attrs.field(factory=list)
    name: str = "test.sum"
    made: str = "1"
    factor: float = 1.0

    @property
    def id(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        return self.made

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        return {"factor": self.factor}

    def run(self, series: ActivitySeries) -> Written:
        self.runs.append(series)
        return Written(notices=(f"{self.factor * np.nansum(series.values):g}",))


class Refusing(Sum):
    """Refuses every recording."""

    def run(self, series: ActivitySeries) -> Written:
        raise UnitMismatch("test", "mims", series.unit.value)


def analyzed(world: World, *analyses: Analysis, days=None, **other):
    return world.analyze(*analyses, **other).run(
        days or days_of(), actor=NURSE, correlation=REQUEST
    )


def results(world: World) -> list[AnalysisResult]:
    return [one.entity for one in world.repository.query(Query(AnalysisResult, ADA)).items]


def test_every_analysis_contributes_to_the_result(world: World):
    world.stored()

    result = analyzed(world, Sum(name="a"), Sum(name="b", factor=2.0)).result

    assert result.kind == KIND
    total = 3 * sum(range(48))
    assert [notice for notice in result.notices if "Wear" not in notice] == [
        f"{total}",
        f"{2 * total}",
    ]
    assert result.window.start == later(0)
    assert result.window.end == later(3)
    assert result.epoch_s == 1_800


def test_the_result_says_where_it_came_from(world: World):
    world.stored()
    world.clock.advance(5)

    made_by = analyzed(world, Sum(), version="3.2").result.provenance

    assert made_by.analyses == (("clarity.wear", WearAssessment().version), ("test.sum", "1"))
    assert made_by.clarity_version == "3.2"
    assert made_by.computed_at == world.clock.now()
    assert len(made_by.input_digest) == len(made_by.fingerprint) == 64


def test_the_same_again_comes_from_the_store(world: World):
    world.stored()
    analysis = Sum()
    first = analyzed(world, analysis)
    world.clock.advance(3_600)

    second = analyzed(world, analysis)

    assert second == first
    assert len(analysis.runs) == 1
    assert len(results(world)) == 1
    assert world.operations() == ["ingest", "read", "analyze", "read"]


def test_a_damaged_result_is_computed_again_and_replaced_and_that_is_said(
    world: World, caplog: pytest.LogCaptureFixture
):
    world.stored()
    first = analyzed(world, Sum())
    with world.store.writing() as connection:
        connection.execute("UPDATE result SET body = x'00'")

    again = analyzed(world, Sum())

    assert again == attrs.evolve(first, replaced_damaged=True)
    assert [(one.msg, one.patient) for one in caplog.records if one.levelname == "WARNING"] == [
        ("damaged-result-replaced", ADA)
    ]
    made, replaced = (e.touched[0] for e in world.events() if e.operation is Operation.ANALYZE)
    assert (made.before, replaced.before) == ("", made.after)
    assert analyzed(world, Sum()) == first


def test_in_a_store_that_is_damaged_itself_nothing_is_replaced(world: World):
    world.stored()
    broken = attrs.evolve(world, repository=Unreadable(world.repository))

    with pytest.raises(Corrupt, match="the store is damaged"):
        analyzed(broken, Sum())

    assert world.operations() == ["ingest", "read"]


def test_another_opening_of_the_use_case_takes_it_from_the_store_too(world: World):
    world.stored()
    first = analyzed(world, Sum())

    again = Sum()

    assert analyzed(world, again) == first
    assert again.runs == []


@pytest.mark.parametrize(
    ("analysis", "other"),
    [
        (Sum(factor=2.0), {}),
        (Sum(made="2"), {}),
        (Sum(name="test.other"), {}),
        (Sum(), {"version": "1.1"}),
        (Sum(), {"wear": WearAssessment(rule=TROIANO_2007)}),
    ],
    ids=["parameters", "version", "name", "clarity version", "wear rule"],
)
def test_whatever_could_change_the_answer_changes_the_fingerprint(world: World, analysis, other):
    world.stored()
    usual = analyzed(world, Sum()).result

    changed = analyzed(world, analysis, **other).result

    assert changed.provenance.fingerprint != usual.provenance.fingerprint
    assert changed.provenance.input_digest == usual.provenance.input_digest
    assert len(results(world)) == 2


def test_new_data_is_analyzed_anew(world: World):
    world.stored()
    first = analyzed(world, Sum()).result
    world.stored(recording(np.full(48, 1.0), digest="bb" * 32))

    second = analyzed(world, Sum()).result

    assert second.provenance.input_digest != first.provenance.input_digest
    assert second.notices != first.notices


def test_a_window_is_a_result_of_its_own(world: World):
    world.stored()
    whole = analyzed(world, Sum())

    part = analyzed(world, Sum(), days=attrs.evolve(days_of(), last=date(2026, 3, 3)))

    assert part.series.values.size == 2 * 48
    assert part.result.provenance.fingerprint != whole.result.provenance.fingerprint


def test_missing_ends_are_cut_off_before_analysis(world: World):
    values = np.full(3 * 48, np.nan)
    values[10:60] = 3.0
    world.stored(recording(values))

    series = analyzed(world, Sum()).series

    assert series.values.size == 50


def test_all_days_are_analyzed_however_many_pages_they_fill(world: World):
    world.stored(recording(np.ones(205 * 24), epoch_s=3_600))

    assert np.nansum(analyzed(world, Sum()).series.values) == 205 * 24


def test_the_built_in_analyses_run_over_what_is_stored(world: World):
    world.stored(recording(days=5))

    result = analyzed(world, *built_in()).result

    assert result.finding("RA").value is not None


def test_nothing_stored_is_said(world: World):
    world.stored(recording(days=1))
    known = len(world.events())

    with pytest.raises(NothingStored, match="ingest a recording first"):
        analyzed(world, Sum(), days=attrs.evolve(days_of(), stream=StreamKind.SLEEP))

    (event,) = world.events()[known:]
    assert (event.operation, event.touched) == (Operation.READ, ())


def test_who_is_unknown_gets_no_chain_by_being_analyzed(world: World):
    with pytest.raises(PatientUnknown):
        analyzed(world, Sum())

    assert world.events() == []


def test_a_recording_that_breaks_the_contract_of_an_analysis_leaves_no_result(world: World):
    world.stored()

    with pytest.raises(UnitMismatch):
        analyzed(world, Refusing())

    assert results(world) == []
    assert world.operations() == ["ingest", "read"]


def test_days_that_do_not_fit_together_are_refused_in_words(world: World):
    world.stored(recording(days=1))
    world.stored(recording(days=1, start=later(1), device="another", digest="bb" * 32))

    with pytest.raises(MixedRecordings, match="differ in"):
        analyzed(world, Sum())


def test_nobody_analyzes_for_another_tenant(world: World):
    world.stored()

    with pytest.raises(NotAllowed):
        world.analyze(Sum()).run(days_of(), actor=STRANGER, correlation=REQUEST)

    assert world.operations() == ["ingest"]


def test_when_the_trail_cannot_be_written_nothing_is_analyzed(world: World):
    world.stored()
    analysis = Sum()

    with pytest.raises(Unavailable):
        analyzed(attrs.evolve(world, sink=SilentSink()), analysis)

    assert analysis.runs == []


def test_when_the_result_cannot_be_stored_none_is_given(world: World):
    world.stored()
    broken = attrs.evolve(world, repository=Around(world.repository, before=failing_at(1)))

    with pytest.raises(Unavailable):
        analyzed(broken, Sum())

    assert results(world) == []


def test_of_two_that_compute_at_once_both_give_the_result_that_was_stored(world: World):
    world.stored()
    won = []

    def other_wins(number: int) -> None:
        world.clock.advance(9)
        won.append(analyzed(world, Sum()).result)

    lost = analyzed(
        attrs.evolve(world, repository=Around(world.repository, before=other_wins)), Sum()
    ).result

    assert lost == won[0]
    assert results(world) == [lost]
    assert world.operations().count("analyze") == 1


def test_results_of_one_patient_are_not_taken_for_another(world: World):
    world.stored(patient=ADA)
    world.stored(patient=BEN)
    analysis = Sum()
    analyzed(world, analysis)

    other = world.analyze(analysis).run(days_of(BEN), actor=NURSE, correlation=REQUEST).result

    assert len(analysis.runs) == 2
    stored = world.repository.get(BEN, key_of(other))
    assert stored.entity == other


def test_steps_are_analyzed_as_far_as_they_can_be(world: World):
    world.stored(recording(days=5, unit=Unit.STEPS_PER_MIN))
    days = attrs.evolve(days_of(), stream=StreamKind.STEPS)

    result = analyzed(world, *built_in(), days=days).result

    assert result.nights == ()
    assert result.finding("RA").unit == "1"
