from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.cache_key import cache_key
from clarity.ports.entities import Key
from tests.support import strategies

parts = st.one_of(
    strategies.texts(6),
    strategies.days(),
    strategies.days().map(date.isoformat),
    st.sampled_from(["s1:a", "d10:2003-05-01", "1:", "v1", ""]),
)
keys = st.builds(Key, strategies.texts(4), st.lists(parts, max_size=3).map(tuple))
names = st.tuples(strategies.patients(), keys, st.integers(1, 3))


@given(a=names, b=names)
def test_two_names_are_one_only_if_all_their_parts_are(a, b):
    same = cache_key(a[0], a[1], schema=a[2]) == cache_key(b[0], b[1], schema=b[2])

    assert same == (a == b)


def test_moving_a_letter_over_a_border_makes_another_name():
    def named(tenant: str, patient: str, *rest: str | date) -> str:
        owner = PatientRef(TenantId(tenant), PatientId(patient))
        return cache_key(owner, Key("chunk", rest), schema=1)

    every = [
        named("a", "bc", "x"),
        named("ab", "c", "x"),
        named("a", "b", "cx"),
        named("a", "bc", "x", ""),
        named("a", "bc", "2003-05-01"),
        named("a", "bc", date(2003, 5, 1)),
    ]

    assert len(set(every)) == len(every)
