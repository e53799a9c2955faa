"""An output folder that is used again: what is done stays, what is new joins, nothing is lost."""

from collections.abc import Iterable

import attrs
import numpy as np
import pytest

from clarity.application.orders import Kept, Moved, Rendered, Step, Summary
from clarity.ports.audit import AuditFilter
from clarity.ports.recordings import ReadOptions, Source
from clarity.ports.report import RESULTS
from tests.application.test_reports import BothStreams, night, order, steps_of, table
from tests.application.world import CLINIC, NURSE, OSLO, World, recording
from tests.support.recordings import depresjon_table, long_table, source_of, wide_table

GOOD = depresjon_table(3_000)
LATER = GOOD.replace("2003-05-", "2003-06-")
ADA, BEN, CY = (source_of(GOOD, f"files/{name}.csv") for name in ("ada", "ben", "cy"))


@attrs.define
class Output:
    """An output folder: the documents of everybody, by folder."""

    folders: dict[str, dict[str, bytes]] = attrs.field(factory=dict)
    summary: Summary | None = None

    def take(self, steps: Iterable[Step]) -> list[Step]:
        """The documents of the steps lie in the folder; gives the steps."""
        taken = []
        for step in steps:
            match step:
                case Rendered(entry=entry, documents=documents):
                    self.folders[entry.folder] = {one.name: one.content for one in documents}
                case Moved(folder=folder):
                    self.folders[folder] = self.folders.pop("")
                case Summary():
                    self.summary = step
            taken.append(step)
        return taken

    def run(self, world: World, *sources: Source, **other: object) -> list[Step]:
        """The order is done over what lies here."""
        return self.take(steps_of(world, *sources, earlier=self.earlier, **other))

    @property
    def earlier(self) -> dict[str, bytes]:
        return {name: documents[RESULTS] for name, documents in self.folders.items()}

    @property
    def overview(self) -> list[str]:
        """Who stands in the summary, in order."""
        return [row["participant"] for row in table(self.summary.documents, "summary.csv")]


@pytest.fixture
def out() -> Output:
    return Output()


def kinds(steps: Iterable[Step]) -> list[str]:
    return [type(step).__name__ for step in steps]


def events(world: World) -> int:
    return len(world.trail.records(AuditFilter(tenant=CLINIC), limit=1_000, cursor=None).records)


def test_the_same_order_again_reads_nothing_and_leaves_no_record(world: World, out: Output):
    out.run(world, ADA, BEN)
    documents, before = out.summary.documents, events(world)

    steps = out.run(world, ADA, BEN)

    assert kinds(steps) == ["Read", "Kept", "Read", "Kept", "Summary"]
    assert out.summary.documents == documents
    assert [entry.participant for entry in out.summary.entries] == ["ada", "ben"]
    assert events(world) == before


@pytest.mark.parametrize("after", range(1, 7))
def test_an_interrupted_order_is_completed_and_ends_as_one_that_was_not(
    world: World, out: Output, after: int
):
    whole = Output()
    whole.run(world, ADA, BEN, CY)
    with_break = world.reports.run(order(ADA, BEN, CY))
    out.take(step for _, step in zip(range(after), with_break, strict=False))

    steps = out.run(world, ADA, BEN, CY)

    assert sum(isinstance(step, Kept) for step in steps) == after // 2
    assert out.folders == whole.folders
    assert out.summary.documents == whole.summary.documents


@pytest.mark.parametrize(
    "told",
    [
        {"settings": {"--device": "other"}},
        {"options": ReadOptions(zone=OSLO, device="AW4")},
        {"diary": (night("ada"),)},
    ],
)
def test_another_way_of_doing_it_is_another_report(
    world: World, out: Output, told: dict[str, object]
):
    out.run(world, ADA)

    assert "Kept" not in kinds(out.run(world, ADA, **told))


def test_the_content_of_a_table_of_wear_counts_and_not_its_name(world: World, out: Output):
    counts = source_of(wide_table({"7": [1, 2, 3]}), "counts.csv")

    done = [
        kinds(out.run(world, counts, options=ReadOptions(zone=OSLO, wear=worn_from(minute))))[-2]
        for minute in (0, 0, 90)
    ]

    assert done == ["Rendered", "Kept", "Rendered"]


def worn_from(minute: int) -> Source:
    """Wear flags of three days, off before that minute of each."""
    flags = np.arange(1_440) >= minute
    return source_of(wide_table({"7": [1, 2, 3]}, flags), "wear.csv")


def test_the_same_diary_again_is_the_same_report(world: World, out: Output):
    for _ in range(2):
        steps = out.run(world, ADA, diary=(night(None),))

    assert kinds(steps) == ["Read", "Kept", "Summary"]


def test_a_diary_that_cannot_be_used_is_refused_again(world: World, out: Output):
    out.run(world, ADA, BEN)

    for _ in range(2):
        out.run(world, ADA, BEN, diary=(night(None),))
        assert [one.code for one in out.summary.refused] == ["diary.whose"] * 2


def test_what_was_erased_from_the_store_is_stored_anew(world: World, out: Output):
    out.run(world, ADA)
    with world.store.writing() as connection:
        for kind in ("chunk", "result", "idempotency"):
            connection.execute(f"DELETE FROM {kind}")

    assert kinds(out.run(world, ADA)) == ["Read", "Rendered", "Summary"]


def test_what_was_changed_in_the_store_is_brought_back_by_the_file(world: World, out: Output):
    out.run(world, ADA)
    (other,) = world.ingest.read(
        source_of(GOOD.replace(",7\n", ",8\n", 1), "ada.csv"), options=ReadOptions(zone=OSLO)
    )
    world.stored(other)

    (drawn,) = [step for step in out.run(world, ADA) if isinstance(step, Rendered)]

    assert drawn.entry.replaced == 1


def test_a_file_that_changed_is_read_again(world: World, out: Output):
    out.run(world, ADA)

    (drawn,) = [
        step
        for step in out.run(world, source_of(GOOD + "2003-05-12 00:00:00,2003-05-12,1\n", ADA.name))
        if isinstance(step, Rendered)
    ]

    assert drawn.entry.folder == ""
    assert drawn.report.series.end.day == 12


def test_a_study_that_lies_elsewhere_now_is_the_same_study(world: World, out: Output):
    out.run(world, ADA, BEN)

    moved = [source_of(GOOD, f"elsewhere/{name}.csv") for name in ("ada", "ben")]
    out.run(world, *moved)

    assert out.summary.refused == ()
    assert out.overview == ["ada", "ben"]


def test_another_study_whose_file_has_the_name_is_refused(world: World, out: Output):
    out.run(world, ADA)

    out.run(world, source_of(LATER, "other/ada.csv"))

    assert [one.code for one in out.summary.refused] == ["ingest.same-name"]
    assert out.overview == ["ada"]


def test_new_people_join_those_who_are_there(world: World, out: Output):
    out.run(world, BEN, CY)

    steps = out.run(world, ADA)

    assert kinds(steps) == ["Read", "Rendered", "Summary"]
    assert set(out.folders) == {"ada", "ben", "cy"}
    assert out.overview == ["ada", "ben", "cy"]
    assert [entry.participant for entry in out.summary.others] == ["ben", "cy"]


@pytest.mark.parametrize("others", [(BEN,), (ADA, BEN), (BEN, CY)])
def test_one_who_had_the_folder_alone_makes_room(
    world: World, out: Output, others: tuple[Source, ...]
):
    out.run(world, ADA)
    alone = dict(out.folders[""])

    out.run(world, *others)

    assert "" not in out.folders
    assert out.folders["ada"] == alone
    assert "report.html" in {one.name for one in out.summary.documents}
    assert "ada" in out.overview


def test_one_who_has_the_folder_alone_keeps_it(world: World, out: Output):
    out.run(world, ADA)

    assert kinds(out.run(world, source_of("no table", "bad.csv"))) == ["Refused", "Summary"]
    assert set(out.folders) == {""}
    assert [one.name for one in out.summary.documents] == ["summary.csv", "refused.csv"]


def test_numbers_in_labels_are_ordered_by_their_size(world: World, out: Output):
    out.run(world, *(source_of(GOOD, f"p{number}.csv") for number in (10, 9, 2)))

    assert out.overview == ["p2", "p9", "p10"]


def _spoil(world: World, statement: str) -> None:
    """The statement is done to the result of ada."""
    of_ada = "owner = (SELECT id FROM patient WHERE patient = 'ada')"
    with world.store.writing() as connection:
        connection.execute(f"{statement} WHERE {of_ada}")


def test_who_is_no_longer_in_the_store_is_left_out_and_said(world: World, out: Output):
    out.run(world, ADA, BEN)
    _spoil(world, "DELETE FROM result")

    out.run(world, CY)

    assert out.overview == ["ben", "cy"]
    assert out.summary.gone == ("ada",)
    assert set(out.folders) == {"ada", "ben", "cy"}


def test_a_result_that_is_damaged_is_left_out_until_its_file_comes_again_and_the_report_says_so(
    world: World, out: Output
):
    out.run(world, ADA, BEN)
    _spoil(world, "UPDATE result SET body = x'00'")

    out.run(world, CY)
    assert out.summary.gone == ("ada",)
    out.run(world, ADA)
    assert out.summary.refused == ()
    assert "ada" in out.overview
    assert (
        "was damaged; it was computed again and replaced"
        in out.folders["ada"]["report.html"].decode()
    )


def test_another_tenant_of_the_store_has_no_part_in_the_overview(world: World, out: Output):
    out.run(world, ADA)
    elsewhere = attrs.evolve(NURSE, tenant=attrs.evolve(CLINIC, value="elsewhere"))

    out.run(world, BEN, actor=elsewhere)

    assert out.overview == ["ben"]


def test_a_document_that_clarity_did_not_write_is_left_alone(world: World, out: Output):
    out.folders["ada"] = {RESULTS: b"{}"}

    out.run(world, ADA, BEN)

    assert out.folders["ada"] == {RESULTS: b"{}"}
    assert set(out.folders) == {"ada", "ada-2", "ben"}


WEEKS = long_table({"21005": [1, 2], "21008": [1, 2]})


def test_of_a_file_of_several_people_only_those_are_done_who_are_missing(world: World, out: Output):
    source = source_of(WEEKS, "nhanes.csv")
    first = world.reports.run(order(source))
    out.take([next(first), next(first)])

    steps = out.run(world, source)

    assert kinds(steps) == ["Read", "Kept", "Rendered", "Summary"]
    assert steps[-2].report.participant == "21008"
    assert kinds(out.run(world, source)) == ["Read", "Kept", "Kept", "Summary"]


def test_a_person_of_whom_another_file_comes_later_is_reported_over_both(world: World, out: Output):
    two = (source_of(WEEKS, "a.csv"), source_of(WEEKS.replace(",1,", ",3,"), "b.csv"))

    steps = out.run(world, *two)

    drawn = [step for step in steps if isinstance(step, Rendered)]
    assert [one.report.participant for one in drawn] == ["21005", "21008"] * 2
    assert [one.report.source for one in drawn] == ["a.csv"] * 2 + ["a.csv, b.csv"] * 2
    assert set(out.folders) == {"21005", "21008"}
    assert kinds(out.run(world, *two)).count("Kept") == 2


def test_a_file_that_joins_those_that_are_done_is_reported_with_them(world: World, out: Output):
    first = source_of(WEEKS, "a.csv")
    out.run(world, first, source_of(GOOD, "ada.csv"))

    steps = out.run(world, first, source_of(WEEKS.replace(",1,", ",3,"), "b.csv"))

    drawn = [step for step in steps if isinstance(step, Rendered)]
    assert [one.report.source for one in drawn] == ["a.csv, b.csv"] * 2
    assert sum(isinstance(step, Kept) for step in steps) == 2


def test_streams_that_are_told_apart_keep_their_names(world: World, out: Output):
    reader = BothStreams(recording(days=5))
    reports = attrs.evolve(world.reports, ingest=attrs.evolve(world.ingest, recordings=reader))
    both = source_of("", "both")

    for _ in range(2):
        out.take(reports.run(order(both, earlier=out.earlier)))

    assert set(out.folders) == {"ada_activity", "ada_steps"}


def test_a_source_that_cannot_be_opened_is_refused_as_before(world: World, out: Output):
    out.run(world, ADA)

    def gone() -> None:
        raise FileNotFoundError(2, "gone")

    out.run(world, Source(name=ADA.name, open=gone))

    assert [one.code for one in out.summary.refused] == ["recording.unopenable"]
