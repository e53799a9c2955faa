"""Files of one name in different folders are of one person only when somebody says so."""

import pytest

from clarity.application.belonging import LabelBy, SameName, by_name, digest_of
from clarity.application.orders import Order
from clarity.ports.recordings import ReadOptions, Source
from tests.application.test_reports import GOOD, order, people, rendered, steps_of, summary_of
from tests.application.world import NURSE, REQUEST, World
from tests.support.recordings import long_table, packed, source_of
from tests.support.worlds import opened

OTHER = GOOD.replace("2003-05-", "2003-06-")
WEEK = long_table({"21005": [1, 2], "21008": [1, 2]})


def test_files_that_share_but_a_name_are_refused_with_nothing_stored(world: World):
    steps = steps_of(world, source_of(GOOD, "x/rec.csv"), source_of(OTHER, "y/rec.csv"))

    refused = summary_of(steps).refused
    assert [(one.source, one.code) for one in refused] == [
        ("x/rec.csv", "ingest.same-name"),
        ("y/rec.csv", "ingest.same-name"),
    ]
    assert people(world) == []


def test_they_keep_no_others_from_being_done(world: World):
    two = (source_of(GOOD, "x/rec.csv"), source_of(OTHER, "y/rec.csv"))

    steps = steps_of(world, *two, source_of(GOOD, "y/ada.csv"))

    assert [one.report.participant for one in rendered(steps)] == ["ada"]


@pytest.mark.parametrize("names", [("x/rec.csv", "y/rec.csv.gz"), ("x/rec.csv.gz", "y/rec.csv")])
def test_a_packed_file_has_the_name_of_what_is_in_it(world: World, names: tuple[str, str]):
    contents = [packed(GOOD) if name.endswith(".gz") else GOOD for name in names]

    steps = steps_of(world, *map(source_of, contents, names))

    assert {one.code for one in summary_of(steps).refused} == {"ingest.same-name"}
    assert rendered(steps) == []


def test_names_that_become_one_label_by_other_endings_are_refused_later(world: World):
    steps = steps_of(world, source_of(GOOD, "x/rec.csv"), source_of(OTHER, "y/rec.csv.txt"))

    (refused,) = summary_of(steps).refused
    assert (refused.source, refused.code) == ("y/rec.csv.txt", "ingest.same-name")
    assert [one.report.series.start.month for one in rendered(steps)] == [5]


def test_equal_content_is_no_proof_of_one_person(world: World):
    steps = steps_of(world, source_of(GOOD, "x/rec.csv"), source_of(GOOD, "y/rec.csv"))

    assert len(summary_of(steps).refused) == 2


def test_files_of_one_name_in_one_folder_are_one_person(world: World):
    steps = steps_of(world, source_of(GOOD, "x/rec.csv"), source_of(packed(OTHER), "x/rec.csv.gz"))

    (drawn,) = rendered(steps)
    assert drawn.report.source == "rec.csv, rec.csv.gz"


def test_files_that_say_whose_they_are_may_share_a_name(world: World):
    steps = steps_of(world, source_of(WEEK, "x/nhanes.csv"), source_of(WEEK, "y/nhanes.csv"))

    assert [one.report.participant for one in rendered(steps)] == ["21005", "21008"]
    assert summary_of(steps).refused == ()


@pytest.mark.parametrize(
    ("told", "labels"),
    [
        ({"label_by": LabelBy.FILE}, ["rec"]),
        ({"label_by": LabelBy.FOLDER}, ["x", "y"]),
        ({"patient": "ada"}, ["ada"]),
        ({"options": ReadOptions(participant="ada")}, ["ada"]),
    ],
)
def test_the_caller_says_whose_they_are(world: World, told: dict[str, object], labels: list[str]):
    two = (source_of(GOOD, "x/rec.csv"), source_of(OTHER, "y/rec.csv"))

    steps = steps_of(world, *two, **told)

    assert [one.report.participant for one in rendered(steps)] == labels
    assert people(world) == labels


def test_folders_of_one_name_in_different_places_are_no_proof_of_one_person(world: World):
    two = (source_of(GOOD, "here/p01/a.csv"), source_of(OTHER, "there/p01/b.csv"))

    steps = steps_of(world, *two, source_of(GOOD, "here/p02/a.csv"), label_by=LabelBy.FOLDER)

    assert [one.code for one in summary_of(steps).refused] == ["ingest.same-folder"] * 2
    assert [one.report.participant for one in rendered(steps)] == ["p02"]


def test_files_of_one_folder_are_of_one_person(world: World):
    two = (source_of(GOOD, "p01/a.csv"), source_of(OTHER, "p01/b.csv"))

    (drawn,) = rendered(steps_of(world, *two, label_by=LabelBy.FOLDER))

    assert (drawn.report.participant, drawn.report.source) == ("p01", "a.csv, b.csv")


def test_the_folder_of_a_source_goes_before_that_of_its_name():
    asked = order(
        Source(name="rec.csv", folder="/study/ada", open=lambda: None),
        Source(name="rec.csv", folder="/study/ben", open=lambda: None),
        label_by=LabelBy.FOLDER,
    )

    assert [asked.reading(source).participant for source in asked.sources] == ["ada", "ben"]
    assert len(asked.groups) == 2


def test_a_file_in_no_folder_keeps_the_name_of_the_file():
    asked = order(Source(name="rec.csv", open=lambda: None), label_by=LabelBy.FOLDER)

    assert asked.reading(asked.sources[0]).participant is None


def test_files_are_put_together_in_their_order():
    names = ("b/rec.csv", "a/x.csv", "a/rec.csv.zip", "x.agd", "p.01.csv", "p.02.csv")
    sources = [Source(name=name, open=lambda: None) for name in names]

    together = [[source.name for source in some] for some in by_name(sources)]

    assert together == [
        ["b/rec.csv", "a/rec.csv.zip"],
        ["a/x.csv", "x.agd"],
        ["p.01.csv"],
        ["p.02.csv"],
    ]


def test_a_file_that_cannot_be_read_has_no_digest():
    def gone() -> None:
        raise FileNotFoundError

    assert digest_of(Source(name="rec.csv", open=gone)) == ""


def test_the_refusal_says_what_to_do():
    text = str(SameName())

    assert all(way in text for way in ("--label-by folder", "--label-by file", "--patient"))


@pytest.mark.parametrize(
    ("names", "told", "code"),
    [
        (("x/rec.csv", "y/rec.csv"), {}, "ingest.same-name"),
        (("x/p01/a.csv", "y/p01/b.csv"), {"label_by": LabelBy.FOLDER}, "ingest.same-folder"),
        (("x/rec.csv", "y/rec.csv"), {"label_by": LabelBy.FILE}, None),
    ],
)
@pytest.mark.parametrize("other", [GOOD, OTHER])
def test_a_bulk_import_refuses_the_later_of_files_that_share_a_name(
    other: str, names: tuple[str, str], told: dict[str, object], code: str | None
):
    asked = Order(
        sources=(source_of(GOOD, names[0]), source_of(other, names[1])),
        options=ReadOptions(),
        **told,
        actor=NURSE,
        correlation=REQUEST,
    )
    with opened() as bulk:
        outcomes = [one for _, one in bulk.app.import_recordings.run(asked)]

    assert [getattr(one, "code", None) for one in outcomes] == [None, code]
