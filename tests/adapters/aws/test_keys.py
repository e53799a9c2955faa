"""No two ids share a key, and keys sort as their parts do."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.aws.dynamodb import keys
from clarity.adapters.aws.dynamodb.codec import Undecodable
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.entities import Entity, Key, key_of
from clarity.ports.errors import TooLarge
from tests.support import strategies
from tests.support.strategies import identifiers, patients, texts

NOON = datetime(2003, 5, 1, 12, tzinfo=UTC)

letters = texts() | st.text("#$%a\U0010fffd\U0010fffe\U0010ffff ", max_size=4)


@given(letters)
def test_what_is_escaped_comes_back(text: str):
    assert keys.unescaped(keys.escaped(text)) == text


@given(st.text("#$%aOAPt0123456789\U0010fffe\U0010ffff") | texts())
def test_a_text_that_is_no_key_is_undecodable_and_nothing_else(text: str):
    for read in (keys.unescaped, keys.key_of_text, keys.patient_of_owner):
        with suppress(Undecodable):
            assert read(text) is not None


@pytest.mark.parametrize("text", ["$!", "$z", "$\ue000", "\U0010fffe2", "\U0010fffex"])
def test_what_no_letter_is_escaped_as_is_undecodable(text: str):
    with pytest.raises(Undecodable):
        keys.unescaped(text)


@pytest.mark.parametrize("sk", ["", "O", "O#", "O#activity#monday", "Z#a", "A#a#t99#f", "O#$!#x"])
def test_what_no_key_looks_like_is_undecodable(sk: str):
    with pytest.raises(Undecodable):
        keys.key_of_text(sk)


@given(letters)
def test_an_escaped_text_holds_no_separator_and_no_last_code_point(text: str):
    escaped = keys.escaped(text)

    assert keys.SEPARATOR not in escaped
    assert "\U0010ffff" not in escaped


@given(st.tuples(letters, letters), st.tuples(letters, letters))
def test_keys_sort_as_their_parts(one: tuple[str, str], other: tuple[str, str]):
    texts_ = [keys.key_text(Key("result", (kind, NOON, fp))) for kind, fp in (one, other)]
    encoded = [text.encode() for text in texts_]

    assert (encoded[0] < encoded[1]) == (one < other)
    assert (texts_[0] < texts_[1]) == (one < other)


@given(letters, letters)
def test_a_prefix_stays_a_prefix(text: str, rest: str):
    assert keys.escaped(text + rest).startswith(keys.escaped(text))


@given(patients(), patients())
def test_two_patients_never_share_a_partition(one: PatientRef, other: PatientRef):
    for of in (keys.owner_pk, keys.chain_pk):
        assert (of(one) == of(other)) == (one == other)


@given(identifiers(), identifiers(), letters, letters)
def test_idempotency_keys_of_two_tenants_never_meet(a: str, b: str, one: str, other: str):
    same = (a, one) == (b, other)

    digests = [keys.idempotency_digest(name) for name in (one, other)]
    pks = [
        keys.idempotency_pk(TenantId(tenant), digest)
        for tenant, digest in zip((a, b), digests, strict=True)
    ]
    formers = [keys.former_idempotency_pk(TenantId(t), n) for t, n in ((a, one), (b, other))]

    assert (pks[0] == pks[1]) == same
    assert (formers[0] == formers[1]) == same


def test_the_partitions_of_one_patient_differ_by_what_they_hold():
    patient = PatientRef(TenantId("t"), PatientId("p"))

    partitions = {
        keys.owner_pk(patient),
        keys.chain_pk(patient),
        keys.roster_pk(patient.tenant),
        keys.idempotency_pk(patient.tenant, keys.idempotency_digest("p")),
        keys.former_idempotency_pk(patient.tenant, "p"),
    }

    assert len(partitions) == 5


def test_a_day_is_eight_digits():
    assert keys.key_text(Key("chunk", ("activity", date(2003, 5, 7)))) == "O#activity#20030507"
    assert keys.part_text(date(33, 5, 7)) == "00330507"


@given(strategies.instants(), strategies.instants())
def test_instants_sort_as_they_follow_each_other(one: datetime, other: datetime):
    texts_ = [keys.key_text(Key("result", ("a", at, "f"))) for at in (one, other)]

    assert (texts_[0] < texts_[1]) == (one.timestamp() < other.timestamp())


@pytest.mark.parametrize(
    "at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)], ids=["min", "max"]
)
def test_the_first_and_the_last_instants_have_keys_of_one_length(at: datetime):
    ahead, behind = timezone(timedelta(hours=14)), timezone(-timedelta(hours=14))

    texts_ = [keys.part_text(at.replace(tzinfo=zone)) for zone in (ahead, UTC, behind)]

    assert texts_ == sorted(texts_)
    assert {len(text) for text in texts_} == {19}


@given(entity=strategies.entities())
def test_a_sort_key_gives_its_key_back(entity: Entity):
    assert keys.key_of_text(keys.key_text(key_of(entity))) == key_of(entity)


@given(result=strategies.results())
def test_a_result_of_schema_1_or_2_lies_before_all_others_and_is_named_by_what_its_key_had(
    result: AnalysisResult,
):
    key = key_of(result)
    (former,) = keys.former_key_texts(key)

    assert former == keys.former_key_text(key, 1) == keys.former_key_text(key, 2)
    assert former < keys.key_text(key) == keys.former_key_text(key, 3)
    assert keys.key_of_text(former) == Key("result", (key.parts[0], key.parts[2]))


def test_other_kinds_never_lay_elsewhere():
    assert keys.former_key_texts(Key("chunk", ("activity", date(2003, 5, 7)))) == ()


def test_records_sort_before_the_head():
    assert keys.seq_sk(1) < keys.seq_sk(2) < keys.seq_sk(10) < keys.HEAD


def test_a_key_that_is_too_long_is_refused():
    with pytest.raises(TooLarge):
        keys.key_text(Key("result", ("k" * 1_025, NOON, "f")))
