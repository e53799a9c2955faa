from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.models import (
    CHALLENGER,
    CHAMPION,
    AliasHistory,
    AliasMove,
    BadModelName,
    Direction,
    ModelRef,
    ModelSelector,
    ModelShelf,
    ModelUnknown,
    ModelVersion,
    NothingToRollBack,
    Stage,
    VersionInUse,
)
from clarity.domain.timeline import NaiveTime
from clarity.domain.versions import BadVersion, SemanticVersion

AT = datetime(2026, 1, 5, tzinfo=UTC)
DIGEST = "a" * 64


def known(version: str) -> ModelVersion:
    ref = ModelRef("pat-s", SemanticVersion.parse(version), DIGEST)
    return ModelVersion(ref=ref, added_at=AT, added_by="ann")


def history(*versions: str, alias: str = CHAMPION) -> AliasHistory:
    """Moves to these versions; `<` before one says that it was a rollback."""
    return AliasHistory(
        model="pat-s",
        alias=alias,
        moves=tuple(
            AliasMove(
                model="pat-s",
                alias=alias,
                revision=revision,
                version=SemanticVersion.parse(version.removeprefix("<")),
                direction=Direction.ROLLBACK if version.startswith("<") else Direction.PROMOTE,
                actor="ann",
                at=AT,
            )
            for revision, version in enumerate(versions, start=1)
        ),
    )


SHELF = ModelShelf(
    model="pat-s",
    versions=[known("10"), known("9"), known("8"), known("7")],
    histories=[history("8", "9"), history("10", alias=CHALLENGER)],
)


def test_versions_stand_in_semantic_order():
    assert [str(v.ref.version) for v in SHELF.versions] == ["7.0.0", "8.0.0", "9.0.0", "10.0.0"]


def test_aliases_stand_by_name():
    assert [h.alias for h in SHELF.histories] == [CHALLENGER, CHAMPION]


@pytest.mark.parametrize(
    ("text", "version"),
    [("pat-s", "9.0.0"), ("pat-s@challenger", "10.0.0"), ("pat-s:v8", "8.0.0")],
)
def test_a_selector_finds_the_champion_an_alias_or_a_version(text: str, version: str):
    assert str(SHELF.wanted(ModelSelector.parse(text)).ref.version) == version


@pytest.mark.parametrize("text", ["pat-s", "pat-s@challenger", "pat-s:8.0.0"])
def test_a_selector_is_read_as_it_is_written(text: str):
    selector = ModelSelector.parse(text)

    assert ModelSelector.parse(str(selector)) == selector


@pytest.mark.parametrize("text", ["pat-s@nobody", "pat-s:1.0.0"])
def test_what_is_not_registered_is_unknown_and_the_text_says_how_to_add_it(text: str):
    with pytest.raises(ModelUnknown, match="clarity models add"):
        SHELF.wanted(ModelSelector.parse(text))


def test_a_version_that_an_alias_points_at_but_nobody_knows_is_unknown():
    shelf = attrs.evolve(SHELF, versions=[])

    with pytest.raises(ModelUnknown):
        shelf.wanted(ModelSelector.parse("pat-s"))


@pytest.mark.parametrize("name", ["", "PAT", "../x", "-a", "a_b", "a" * 64, "a/b"])
def test_a_name_that_is_no_plain_word_is_refused(name: str):
    with pytest.raises(BadModelName, match="lower-case"):
        ModelSelector.parse(name)
    with pytest.raises(BadModelName):
        ModelSelector.parse(f"pat-s@{name}")


def test_a_bad_version_is_refused():
    for text in ("pat-s:new", "pat-s:1.0.0:2.0.0"):
        with pytest.raises(BadVersion):
            ModelSelector.parse(text)


@pytest.mark.parametrize(
    ("version", "stage"),
    [
        ("7", Stage.REGISTERED),
        ("8", Stage.RETIRED),
        ("9", Stage.PRODUCTION),
        ("10", Stage.STAGING),
    ],
)
def test_the_stage_follows_from_the_aliases(version: str, stage: Stage):
    assert SHELF.stage_of(SemanticVersion.parse(version)) is stage


def test_the_aliases_of_a_version_are_named():
    assert SHELF.aliases_of(SemanticVersion(9)) == (CHAMPION,)
    assert SHELF.aliases_of(SemanticVersion(7)) == ()


@pytest.mark.parametrize(
    ("moves", "previous"),
    [
        (("1", "2"), "1.0.0"),
        (("1", "2", "3"), "2.0.0"),
        (("1", "2", "3", "<2"), "1.0.0"),
        (("1", "2", "<1", "3"), "1.0.0"),
        (("1", "1", "2"), "1.0.0"),
        (("1", "2", "2"), "1.0.0"),
        (("1", "2", "1", "<2"), "1.0.0"),
        (("1", "1", "2", "<1", "<1", "3"), "1.0.0"),
    ],
)
def test_a_rollback_leads_to_the_promotion_before(moves: tuple[str, ...], previous: str):
    assert str(history(*moves).previous()) == previous


@pytest.mark.parametrize(
    "moves", [(), ("1",), ("1", "1"), ("1", "2", "<1"), ("1", "1", "2", "<1"), ("1", "1", "<1")]
)
def test_without_an_earlier_promotion_there_is_nothing_to_roll_back_to(moves: tuple[str, ...]):
    with pytest.raises(NothingToRollBack, match="pat-s@champion"):
        history(*moves).previous()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_rollbacks_lead_back_through_every_change_of_version_to_the_first(numbers: list[int]):
    moves = [str(number) for number in numbers]
    passed = [numbers[-1]]
    with suppress(NothingToRollBack):
        while True:
            previous = history(*moves).previous()
            passed.append(previous.major)
            moves.append(f"<{previous}")

    assert passed[::-1] == [number for number, _ in groupby(numbers)]


def test_an_alias_that_never_moved_points_nowhere():
    nowhere = SHELF.history("nobody")

    assert nowhere.current is None
    assert nowhere.revision == 0


def test_moves_without_a_number_are_refused():
    moves = history("1", "2").moves

    said = "the moves of an alias are numbered from 1 without a gap"
    with pytest.raises(ValueError, match=f"^{said}$"):
        AliasHistory(model="pat-s", alias=CHAMPION, moves=moves[1:])


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(NaiveTime) as refused:
        attrs.evolve(known("1"), added_at=AT.replace(tzinfo=None))

    assert refused.value.where == "added_at"


def test_a_digest_is_64_hexadecimal_digits():
    with pytest.raises(ValueError, match="digest"):
        ModelRef("pat-s", SemanticVersion(1), "A" * 64)


def test_a_version_in_use_says_what_to_do():
    assert "promote another" in str(VersionInUse("pat-s:1.0.0", CHAMPION))
    assert str(known("1").ref) == "pat-s:1.0.0"


def test_a_shelf_puts_versions_in_semantic_order():
    shelf = ModelShelf(model="pat-s", versions=[known("10"), known("9"), known("9.1")])

    assert [str(version.ref) for version in shelf.versions] == [
        "pat-s:9.0.0",
        "pat-s:9.1.0",
        "pat-s:10.0.0",
    ]


@pytest.mark.parametrize(
    ("selector", "named"), [("pat-s:3", "pat-s:3.0.0"), ("pat-s@nightly", "pat-s@nightly")]
)
def test_what_is_not_registered_is_named_with_the_way_to_add_it(selector, named):
    with pytest.raises(ModelUnknown) as refused:
        SHELF.wanted(ModelSelector.parse(selector))

    assert str(refused.value) == (
        f"no model {named} is registered and none is invented; add one with "
        "`clarity models add FILE --name NAME --version VERSION --scaler ... --licence ...` "
        "and put it into service with `clarity models promote NAME:VERSION`"
    )


def test_a_bad_name_says_what_names_look_like():
    with pytest.raises(BadModelName) as refused:
        ModelSelector("PAT S")

    assert str(refused.value) == (
        "the name of a model is 1 to 63 lower-case letters, digits and hyphens and starts with a "
        "letter; a version is chosen with NAME:VERSION, an alias with NAME@ALIAS"
    )
