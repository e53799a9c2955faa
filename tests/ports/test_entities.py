"""Keys and fields of what is stored."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.profile import Profile
from clarity.ports.entities import (
    CHUNK,
    ENTITIES,
    PROFILE,
    RESULT,
    BadKey,
    Entity,
    EntitySpec,
    Key,
    key_of,
    of_email,
    spec_for,
    spec_of,
    unique_of,
)
from tests.support import strategies

OSLO = ZoneInfo("Europe/Oslo")
NAIVE = datetime.fromisoformat("2003-05-01T12:00:00")

parts = st.lists(strategies.texts(4), max_size=3).map(tuple)
keys = st.builds(Key, st.text("ab/%#", max_size=3), parts)


def _drawn(spec: EntitySpec) -> st.SearchStrategy[Entity]:
    return {
        CHUNK: strategies.chunks(),
        RESULT: strategies.results(),
        PROFILE: strategies.profiles(),
    }[spec]


@given(first=keys, second=keys)
def test_two_keys_never_have_one_text(first: Key, second: Key):
    def flat(key: Key) -> tuple[str, ...]:
        return (key.kind, *key.parts)

    assert (str(first) == str(second)) == (flat(first) == flat(second))


def test_the_text_of_a_key_is_readable():
    assert str(Key("chunk", ("activity", date(2003, 5, 7)))) == "chunk/activity/2003-05-07"
    end = datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=1)
    assert str(Key("result", ("a/b#c%", end, "ff"))) == (
        "result/a%2Fb%23c%25/2003-10-26T01:30:00+00:00/ff"
    )


def test_an_instant_is_one_key_in_every_zone():
    first, second = (datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=fold) for fold in (0, 1))
    in_utc = datetime(2003, 10, 26, 0, 30, tzinfo=UTC)

    assert Key("result", ("a", first, "ff")) == Key("result", ("a", in_utc, "ff"))
    assert Key("result", ("a", first, "ff")) != Key("result", ("a", second, "ff"))


@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.kind)
@given(data=st.data())
def test_every_field_of_an_entity_has_a_value_of_its_type(spec: EntitySpec, data: st.DataObject):
    entity = data.draw(_drawn(spec))

    assert spec_of(type(entity)) is spec
    assert {type(known.of(entity)) for known in spec.fields.values()} <= {
        known.type for known in spec.fields.values()
    }
    assert all(type(known.of(entity)) is known.type for known in spec.fields.values())
    assert spec_for(key_of(entity)) is spec
    parts = tuple(spec.fields[name].of(entity) for name in spec.key)
    assert key_of(entity) == Key(spec.kind, parts)


@given(chunk=strategies.chunks(), result=strategies.results())
def test_a_field_is_not_read_off_another_entity(chunk: Entity, result: Entity):
    with pytest.raises(TypeError, match="DayChunk"):
        CHUNK.fields["day"].of(result)
    with pytest.raises(TypeError, match="AnalysisResult"):
        RESULT.fields["kind"].of(chunk)


@given(profile=strategies.profiles())
def test_of_a_profile_the_address_alone_is_unique_and_never_shown(profile: Profile):
    (one,) = unique_of(profile)

    assert one == of_email(profile.details.email)
    assert (one.field, one.value) == ("email", profile.details.email.folded)
    assert "value" not in repr(one)


@given(entity=strategies.chunks() | strategies.results())
def test_of_other_entities_nothing_is_unique(entity: Entity):
    assert unique_of(entity) == ()


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (Key("other", ()), "no kind of entity"),
        (Key("chunk", ("activity",)), "a key of chunk has the parts stream, day"),
        (Key("chunk", ("activity", "2003-05-01")), "stream, day"),
        (Key("result", ("a", "b", "c")), "kind, window_end, fingerprint"),
        (Key("result", ("a", date(2003, 5, 1), "c")), "kind, window_end, fingerprint"),
        (Key("result", ("a", NAIVE, "c")), "kind, window_end, fingerprint"),
    ],
)
def test_a_key_of_no_kind_says_what_is_wrong(key: Key, problem: str):
    with pytest.raises(BadKey, match=problem):
        spec_for(key)
