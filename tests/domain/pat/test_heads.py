"""No word about a head is lost, and none is kept that is about no head."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.pat.heads import HeadTwice, HeadUnknown, described
from clarity.domain.pat.manifest import HeadSpec

NAMES = st.lists(st.sampled_from(["mood", "sleep", "steps", "age"]), unique=True)


def spec(name: str) -> HeadSpec:
    return HeadSpec(name=name, task="made up", threshold=0.25)


@given(heads=NAMES, data=st.data())
def test_every_head_has_what_was_said_of_it_and_the_others_an_unknown_meaning(
    heads: list[str], data: st.DataObject
):
    said = data.draw(st.permutations(heads))[: data.draw(st.integers(0, len(heads)))]

    found = described(heads, [spec(name) for name in said])

    assert found == tuple(spec(h) if h in said else HeadSpec(name=h) for h in heads)


def test_what_is_said_of_no_head_is_refused_with_the_heads_that_there_are():
    with pytest.raises(HeadUnknown) as refused:
        described(["mood", "sleep"], [spec("sleep"), spec("modd")])

    assert str(refused.value) == (
        "'modd' is described and is no head of the network; its heads are mood, sleep: "
        "correct the name, or add the head with --head NAME=FILE"
    )


def test_what_is_said_of_a_network_without_heads_is_refused():
    with pytest.raises(HeadUnknown, match="it has no heads"):
        described([], [spec("mood")])


def test_a_head_that_is_described_twice_is_refused():
    with pytest.raises(HeadTwice, match=r"two descriptions have the name 'mood' .* are mood"):
        described(["mood"], [spec("mood"), spec("mood")])


def test_two_heads_of_one_name_are_refused():
    with pytest.raises(HeadTwice, match="two heads have the name 'mood'"):
        described(["mood", "sleep", "mood"], [])


def test_a_long_name_from_a_file_is_cut_in_the_message():
    with pytest.raises(HeadUnknown) as refused:
        described(["mood"], [spec("a" * 10_000)])

    assert f"'{'a' * 80}'" in str(refused.value)
