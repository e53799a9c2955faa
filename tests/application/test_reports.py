import csv
import io
from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs
import pytest

from clarity.application.ask_model import ModelQuestion
from clarity.application.belonging import LabelBy
from clarity.application.orders import Order, Read, Rendered, Step, Summary
from clarity.application.reports import ReportRecordings
from clarity.domain.analysis.sleep import SleepAnalysis
from clarity.domain.models import ModelSelector, ModelUnknown
from clarity.domain.sleep.diary import DiaryNight
from clarity.domain.streams import Unit
from clarity.domain.timeline import TimeWindow
from clarity.ports.recordings import Format, ReadOptions, Recording, Recordings, Source
from clarity.ports.report import DOCUMENTS, Document, Refused
from tests.application.faults import Around, failing_at
from tests.application.world import CLINIC, NURSE, OSLO, REQUEST, World, recording
from tests.support.recordings import depresjon_table, long_table, plain_table, source_of

GOOD = depresjon_table(3_000)
BAD = "this is no table"


def order(*sources: Source, **other) -> Order:
    told = {"options": ReadOptions(zone=OSLO), "actor": NURSE, "correlation": REQUEST}
    return Order(sources=sources, **{**told, **other})


def reports_of(world: World, asked: Mapping[str, object]) -> ReportRecordings:
    """With the analysis of sleep where there is a diary."""
    analyses = (SleepAnalysis(),) if "diary" in asked else ()
    return attrs.evolve(world.reports, analyze=world.analyze(*analyses))


def steps_of(world: World, *sources: Source, **other) -> list[Step]:
    return list(reports_of(world, other).run(order(*sources, **other)))


def summary_of(steps: list[Step]) -> Summary:
    (summary,) = [step for step in steps if isinstance(step, Summary)]
    return summary


def rendered(steps: list[Step]) -> list[Rendered]:
    return [step for step in steps if isinstance(step, Rendered)]


def table(documents: tuple[Document, ...], name: str) -> list[dict[str, str]]:
    text = next(one.content for one in documents if one.name == name).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def people(world: World) -> list[str]:
    return [str(patient.patient) for patient in world.trail.patients(CLINIC)]


def test_one_file_is_stored_then_drawn_then_summed_up(world: World):
    steps = steps_of(world, source_of(GOOD, "ada.csv"))

    assert [type(step) for step in steps] == [Read, Rendered, Summary]
    (drawn,) = rendered(steps)
    assert drawn.entry.folder == ""
    assert drawn.report.participant == "ada"
    assert tuple(one.name for one in drawn.documents) == DOCUMENTS
    assert summary_of(steps).entries == (drawn.entry,)


def test_everybody_is_reported_before_the_next_file_is_read(world: World):
    steps = world.reports.run(order(source_of(GOOD, "ada.csv"), source_of(GOOD, "ben.csv")))

    assert next(steps) == Read("ada.csv", 1)
    assert people(world) == []
    assert next(steps).report.participant == "ada"
    assert people(world) == ["ada"]


def test_a_bad_file_among_good_ones_is_refused_and_keeps_none_from_being_done(world: World):
    steps = steps_of(
        world,
        source_of(GOOD, "ada.csv"),
        source_of(BAD, "bad.csv"),
        source_of(GOOD, "ben.csv"),
    )

    (refused,) = [step for step in steps if isinstance(step, Refused)]
    assert (refused.source, refused.code) == ("bad.csv", "recording.unknown-format")
    assert "bad.csv" in refused.reason
    summary = summary_of(steps)
    assert [entry.participant for entry in summary.entries] == ["ada", "ben"]
    assert summary.refused == (refused,)
    (row,) = table(summary.documents, "refused.csv")
    assert tuple(row.values()) == attrs.astuple(refused)
    assert people(world) == ["ada", "ben"]


def test_when_all_are_refused_there_is_a_summary_of_what_was_refused(world: World):
    summary = summary_of(steps_of(world, source_of(BAD, "bad.csv")))

    assert summary.entries == ()
    assert len(summary.refused) == 1
    assert [one.name for one in summary.documents] == ["refused.csv"]
    assert people(world) == []


def test_files_of_one_participant_are_merged_and_reported_once(world: World):
    later = depresjon_table(3_000).replace("2003-05-", "2003-06-")

    steps = steps_of(
        world,
        source_of(GOOD, "one/ada.csv"),
        source_of(later, "two/ada.csv"),
        label_by=LabelBy.FILE,
    )

    (drawn,) = rendered(steps)
    assert drawn.report.source == "ada.csv"
    assert drawn.report.series.start.month == 5
    assert drawn.report.series.end.month == 6


def test_values_that_replace_stored_ones_are_told(world: World):
    other = GOOD.replace(",7\n", ",8\n", 1)

    steps = steps_of(
        world, source_of(GOOD, "ada.csv"), source_of(other, "again/ada.csv"), patient="ada"
    )

    (drawn,) = rendered(steps)
    assert drawn.report.notices[-1] == "1 epochs replaced other values stored before"
    assert drawn.entry.replaced == 1
    (row,) = table(summary_of(steps).documents, "summary.csv")
    assert row["replaced_epochs"] == "1"


def test_what_reading_mended_is_told(world: World):
    lines = GOOD.splitlines(keepends=True)
    lines[5:5] = [lines[5]]

    (drawn,) = rendered(steps_of(world, source_of("".join(lines), "ada.csv")))

    assert drawn.report.notices[-1] == "1 samples repeat an epoch; one of each was kept"


def test_several_people_in_one_file_get_a_report_each(world: World):
    week = {"21005": [1, 2], "21008": [1, 2]}

    steps = steps_of(world, source_of(long_table(week), "nhanes.csv"))

    assert [(one.report.participant, one.entry.folder) for one in rendered(steps)] == [
        ("21005", "21005"),
        ("21008", "21008"),
    ]
    assert people(world) == ["21005", "21008"]


def test_a_label_that_was_given_replaces_that_of_the_file(world: World):
    steps = steps_of(world, source_of(GOOD, "ada.csv"), source_of(GOOD, "ben.csv"), patient="P-01")

    assert [one.report.participant for one in rendered(steps)] == ["P-01"]
    assert people(world) == ["P-01"]


def test_a_label_that_was_given_never_makes_one_person_of_several(world: World):
    week = {"21005": [1, 2], "21008": [1, 2]}

    steps = steps_of(world, source_of(long_table(week), "nhanes.csv"), patient="study")

    assert [one.report.participant for one in rendered(steps)] == ["study-21005", "study-21008"]


def test_a_person_whose_label_is_no_identifier_is_refused_and_the_others_are_done(world: World):
    week = {"21005": [1, 2], "soft\u00adhyphen": [1], "21008": [1, 2]}

    steps = steps_of(world, source_of(long_table(week), "nhanes.csv"))

    (refused,) = summary_of(steps).refused
    assert (refused.source, refused.participant) == ("nhanes.csv", "soft\u00adhyphen")
    assert refused.code == "identity.bad-identifier"
    assert (
        people(world) == ["21005", "21008"] == [one.report.participant for one in rendered(steps)]
    )


def test_a_person_of_a_file_whom_the_store_refuses_keeps_none_of_the_others_out(world: World):
    week = {name: [1, 2] for name in ("21005", "21006", "21007")}
    broken = attrs.evolve(world, repository=Around(world.repository, before=failing_at(3)))

    steps = steps_of(broken, source_of(long_table(week), "nhanes.csv"))

    (refused,) = summary_of(steps).refused
    assert (refused.participant, refused.code) == ("21006", "port.unavailable")
    assert [one.report.participant for one in rendered(steps)] == ["21005", "21007"]
    (row,) = table(summary_of(steps).documents, "refused.csv")
    assert row["participant"] == "21006"


@attrs.frozen
class BothStreams(Recordings):
    """Reads every file as counts and as steps of one person, or as counts alone of `(activity)`."""

    counts: Recording

    def formats(self) -> tuple[Format, ...]:
        return ()

    def sniff(self, head: bytes) -> Format | None:
        return None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        if source.name == "other":
            return (attrs.evolve(self.counts, participant="ada (activity)"),)
        in_steps = attrs.evolve(self.counts.series, unit=Unit.STEPS_PER_MIN)
        return (self.counts, attrs.evolve(self.counts, series=in_steps))


def test_several_streams_of_one_person_are_told_apart(world: World):
    reader = BothStreams(recording(days=5))
    reports = attrs.evolve(world.reports, ingest=attrs.evolve(world.ingest, recordings=reader))

    steps = list(reports.run(order(source_of("", "other"), source_of("", "both"))))

    assert [(one.report.participant, one.entry.folder) for one in rendered(steps)] == [
        ("ada (activity)", "ada_activity"),
        ("ada (activity) (activity)", "ada_activity_activity"),
        ("ada (steps)", "ada_steps"),
    ]


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (("a b", "a_b", "A b"), ("a_b", "a_b-2", "A_b-3")),
        (("a_b-2", "a b", "a_b"), ("a_b-2", "a_b", "a_b-3")),
        (("..", "æ", "p"), ("participant", "participant-2", "p")),
        (("index.html", "clarity.db"), ("index_html", "clarity_db")),
        (("../up", "up"), ("up", "up-2")),
    ],
)
def test_different_people_never_share_a_folder_nor_take_that_of_a_document(
    world: World, names: tuple[str, ...], folders: tuple[str, ...]
):
    week = {name: [1, 2] for name in names}

    steps = steps_of(world, source_of(long_table(week), "table.csv"))

    assert tuple(one.entry.folder for one in rendered(steps)) == folders


def test_files_of_one_person_from_different_devices_are_refused_together(world: World):
    first = source_of(GOOD, "one/ada.csv")
    second = source_of(plain_table(3_000).replace("2003-05-", "2003-06-"), "two/ada.csv")
    third = source_of(GOOD, "ben.csv")

    steps = steps_of(world, first, second, third, label_by=LabelBy.FILE)

    assert [one.report.participant for one in rendered(steps)] == ["ben"]
    (refused,) = summary_of(steps).refused
    assert (refused.source, refused.code) == ("ada.csv", "stream.mixed-recordings")


def test_a_store_that_refuses_a_file_is_told_as_a_refusal(world: World):
    broken = attrs.evolve(world, repository=Around(world.repository, before=failing_at(1)))

    steps = steps_of(broken, source_of(GOOD, "ada.csv"), source_of(GOOD, "ben.csv"))

    (refused,) = summary_of(steps).refused
    assert (refused.source, refused.code) == ("ada.csv", "port.unavailable")
    assert [one.report.participant for one in rendered(steps)] == ["ben"]


def test_the_same_files_again_give_the_same_documents(world: World):
    first = steps_of(world, source_of(GOOD, "ada.csv"))
    world.clock.advance(86_400)

    second = steps_of(world, source_of(GOOD, "ada.csv"))

    assert rendered(second) == rendered(first)
    assert summary_of(second).documents == summary_of(first).documents


def test_what_was_chosen_stands_in_the_report(world: World):
    (drawn,) = rendered(
        steps_of(world, source_of(GOOD, "ada.csv"), settings={"--tz": "Europe/Oslo"})
    )

    assert dict(drawn.report.settings) == {"--tz": "Europe/Oslo"}


def night(participant: str | None, day: int = 7, *, hours: int = 8) -> DiaryNight:
    """From 22:00 on of that day of the recordings."""
    bed = datetime(2003, 5, day, 22, tzinfo=OSLO)
    return DiaryNight(
        participant=participant, window=TimeWindow(start=bed, end=bed + timedelta(hours=hours))
    )


def sources_of_nights(step: Rendered) -> set[str]:
    return {one.source.value for one in step.report.result.nights}


def test_a_diary_without_names_is_that_of_the_only_person(world: World):
    steps = steps_of(world, source_of(GOOD, "ada.csv"), diary=(night(None),))

    (drawn,) = rendered(steps)
    assert "diary" in sources_of_nights(drawn)
    assert "diary" in {row["source"] for row in table(drawn.documents, "nights.csv")}
    assert any("those of the diary" in text for text in drawn.report.result.notices)


def test_everybody_has_the_nights_with_their_name(world: World):
    two = (source_of(GOOD, "ada.csv"), source_of(GOOD, "ben.csv"))

    ada, ben = rendered(steps_of(world, *two, diary=(night("ben"),)))

    assert "diary" not in sources_of_nights(ada)
    assert "diary" in sources_of_nights(ben)


@pytest.mark.parametrize("other", [GOOD, BAD])
def test_a_diary_without_names_is_of_nobody_among_several(world: World, other: str):
    two = (source_of(GOOD, "ada.csv"), source_of(other, "ben.csv"))

    steps = steps_of(world, *two, diary=(night(None),))

    assert rendered(steps) == []
    assert "diary.whose" in {refused.code for refused in summary_of(steps).refused}


def test_people_of_a_diary_without_a_recording_are_counted_and_not_named(world: World):
    diary = (night("ada"), night("eve"), night("eve", 8))

    steps = steps_of(world, source_of(GOOD, "ada.csv"), diary=diary)

    (refused,) = summary_of(steps).refused
    assert (len(rendered(steps)), refused.code) == (1, "diary.unknown-participant")
    assert refused.reason.startswith("1 participants")
    assert "eve" not in refused.reason.split()


def test_a_diary_that_contradicts_itself_is_refused_for_its_person(world: World):
    steps = steps_of(world, source_of(GOOD, "ada.csv"), diary=(night("ada"), night("ada", hours=9)))

    (refused,) = summary_of(steps).refused
    assert refused.code == "diary.contradiction"


def test_another_diary_is_another_result_and_the_same_one_is_remembered(world: World):
    source = source_of(GOOD, "ada.csv")
    prints = [
        rendered(steps_of(world, source, diary=diary))[0].report.result.provenance.fingerprint
        for diary in ((), (night("ada"),), (night("ada"),), (night("ada", hours=7),))
    ]

    assert prints[1] == prints[2]
    assert len(set(prints)) == 3
    assert world.operations().count("analyze") == 3


def test_a_model_that_is_not_there_is_said_before_anything_is_done(world: World):
    asked = ModelQuestion(selector=ModelSelector("pat-s"))
    steps = world.reports.run(order(source_of(GOOD, "ada.csv"), model=asked))

    with pytest.raises(ModelUnknown, match="pat-s@champion"):
        next(steps)
    assert people(world) == []
