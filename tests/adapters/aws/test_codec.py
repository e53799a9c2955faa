"""Every type that an entity may hold comes back bit for bit; damage is told."""

import base64
import copy
import io
import math
import struct
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.aws.dynamodb.codec import Undecodable, codec_of
from clarity.domain.timeline import NamelessZone
from tests.support.strategies import POISON_FLOATS, instants, texts, zones


@pytest.fixture(autouse=True)
def made_afresh():
    """Every test makes its codecs, so that a change of how they are made shows."""
    codec_of.cache_clear()


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Inner:
    text: str
    number: float | None


@attrs.frozen(kw_only=True)
class Everything:
    text: str
    whole: int
    number: float
    truth: bool
    raw: bytes
    amount: Decimal
    id: UUID
    color: Color
    day: date
    time: datetime
    zone: ZoneInfo
    maybe: datetime | None
    inner: Inner
    many: tuple[Inner, ...]
    pair: tuple[int, str]
    pairs: tuple[tuple[int, int], ...]
    names: frozenset[str]
    settings: Mapping[str, str | int | float | bool | None]


floats = (
    st.floats()
    | st.sampled_from(POISON_FLOATS)
    | st.floats(allow_subnormal=True, max_value=1e-300, min_value=0)
)
inners = st.builds(Inner, text=texts(), number=st.none() | floats)
parameters = st.none() | st.booleans() | st.integers() | floats | texts()
everythings = st.builds(
    Everything,
    text=texts(),
    whole=st.integers() | st.sampled_from([10**37, 10**38, -(10**38), 10**400]),
    number=floats,
    truth=st.booleans(),
    raw=st.binary(max_size=8),
    amount=st.decimals(allow_nan=False),
    id=st.uuids(),
    color=st.sampled_from(Color),
    day=st.dates(),
    time=instants(),
    zone=zones(),
    maybe=st.none() | instants(),
    inner=inners,
    many=st.lists(inners, max_size=3).map(tuple),
    pair=st.tuples(st.integers(), texts()),
    pairs=st.lists(st.tuples(st.integers(), st.integers()), max_size=3).map(tuple),
    names=st.frozensets(texts(), max_size=3),
    settings=st.dictionaries(texts(), parameters, max_size=4),
)


def bits(value: Everything) -> str:
    """A text in which 0.0 and -0.0, 1 and 1.0 and the two passes of a fold differ."""
    unordered = {"settings": {}, "names": frozenset()}
    ordered = (sorted(value.settings.items()), sorted(value.names))
    return f"{attrs.evolve(value, **unordered)!r} {ordered!r}"


@given(everythings)
def test_everything_comes_back_exactly_over_the_wire(value: Everything):
    codec = codec_of(Everything)
    before = copy.deepcopy(value)

    item = codec.encode(value)
    wire = orjson.loads(orjson.dumps(item, default=_base64))
    back = codec.decode(wire)

    assert bits(back) == bits(value)
    assert bits(value) == bits(before)


@given(everythings)
def test_bytes_may_come_decoded_already(value: Everything):
    codec = codec_of(Everything)

    assert codec.decode(codec.encode(value)).raw == value.raw


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (0.1, {"N": "0.1"}),
        (0.0, {"N": "0.0"}),
        (-0.0, {"S": "-0x0.0p+0"}),
        (math.inf, {"S": "inf"}),
        (math.nan, {"S": "nan"}),
        (1e125, {"N": "1e+125"}),
        (1e126, {"S": (1e126).hex()}),
        (1e-130, {"N": "1e-130"}),
        (9e-131, {"S": (9e-131).hex()}),
    ],
)
def test_a_float_is_a_number_where_dynamodb_keeps_it(number: float, form: dict[str, str]):
    @attrs.frozen
    class One:
        number: float

    assert codec_of(One).encode(One(number)) == {"number": form}


def test_a_map_has_no_empty_name():
    @attrs.frozen
    class One:
        settings: Mapping[str, int]

    item = codec_of(One).encode(One({"": 1, "$": 2, "a": 3}))

    assert item == {"settings": {"M": {"$": {"N": "1"}, "$$": {"N": "2"}, "a": {"N": "3"}}}}
    assert codec_of(One).decode(item) == One({"": 1, "$": 2, "a": 3})


UTC_FILE = (
    b"TZif"
    + bytes(16)
    + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    + struct.pack(">lbb", 0, 0, 0)
    + b"UTC\0"
)
"""The smallest file of a time zone (RFC 8536): version 1, one type, no transitions."""


@attrs.frozen
class Moment:
    at: datetime


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2003, 5, 1, 2, 30, tzinfo=UTC), "2003-05-01T02:30:00+00:00"),
        (
            datetime(2003, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Oslo"), fold=1),
            "2003-10-26T02:30:00+01:00*[Europe/Oslo]",
        ),
        (
            datetime(2003, 5, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
            "2003-05-01T00:00:00+05:45",
        ),
    ],
)
def test_a_time_is_written_with_offset_fold_and_zone(at: datetime, text: str):
    assert codec_of(Moment).encode(Moment(at)) == {"at": {"S": text}}


def test_when_the_rules_of_a_zone_have_changed_the_instant_is_kept():
    item = {"at": {"S": "2003-05-01T02:30:00+05:00[Europe/Oslo]"}}

    at = codec_of(Moment).decode(item).at

    assert at == datetime(2003, 4, 30, 21, 30, tzinfo=UTC)
    assert at.tzinfo == ZoneInfo("Europe/Oslo")


def test_a_zone_without_a_name_cannot_be_stored():
    nameless = ZoneInfo.from_file(io.BytesIO(UTC_FILE))

    with pytest.raises(NamelessZone):
        codec_of(Moment).encode(Moment(datetime(2003, 5, 1, tzinfo=nameless)))


DAMAGE = [
    {},
    {"at": {}},
    {"at": {"S": 1}},
    {"at": {"S": "yesterday"}},
    {"at": {"N": "1"}},
    {"at": {"S": "2003-05-01T00:00:00+00:00[Mars/Base]"}},
    {"at": None},
]


@pytest.mark.parametrize("item", DAMAGE)
def test_damage_is_told(item: dict):
    with pytest.raises(Undecodable):
        codec_of(Moment).decode(item)


@attrs.frozen
class Checked:
    truth: bool
    text: str
    color: Color
    setting: str | int


GOOD = {
    "truth": {"BOOL": True},
    "text": {"S": "t"},
    "color": {"S": "red"},
    "setting": {"N": "1"},
}


@pytest.mark.parametrize(
    "damage",
    [
        {"truth": {"BOOL": "yes"}},
        {"text": {"S": 1}},
        {"color": {"S": "green"}},
        {"setting": {"X": 1}},
        {"setting": {}},
        {"setting": {"M": {}}},
        {"setting": {"M": {"what": {"N": "1"}}}},
    ],
)
def test_a_field_of_another_form_is_told(damage: dict):
    with pytest.raises(Undecodable):
        codec_of(Checked).decode({**GOOD, **damage})


@pytest.mark.parametrize("hint", [complex, list[int], str | Color, Mapping[int, str], object])
def test_a_type_without_a_wire_form_is_refused_when_the_codec_is_made(hint: object):
    cls = attrs.make_class("Odd", {"field": attrs.field(type=hint)})

    with pytest.raises(TypeError):
        codec_of(cls)


def test_a_codec_is_made_once():
    assert codec_of(Moment) is codec_of(Moment)


def test_fields_kept_elsewhere_are_given_back_by_the_caller():
    codec = codec_of(Inner, without=("number",))

    item = codec.encode(Inner("a", 2.0))

    assert item == {"text": {"S": "a"}}
    assert codec.decode(item, number=3.0) == Inner("a", 3.0)
