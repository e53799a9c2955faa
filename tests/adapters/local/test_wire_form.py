"""The wire form of entities: nothing is lost, the first form is read for ever, damage is found."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.local.items import EntityCodec, Item
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.analysis.result import AnalysisResult, Layer, Provenance, Spans
from clarity.domain.findings import Finding, Parameter
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.nights import Night, WindowSource
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.domain.streams import DayChunk
from clarity.domain.timeline import NamelessZone, TimeWindow
from clarity.ports.entities import CHUNK, ENTITIES, RESULT, Entity, EntitySpec, key_of, spec_of
from clarity.ports.errors import Corrupt, TooNew
from clarity.ports.query import Query
from clarity.ports.repository import Put
from tests.adapters.local.stores import opened
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence
from tests.support import strategies
from tests.support.golden_entities import GOLDEN as GOLDEN_ITEMS

GOLDEN = Path(__file__).with_name("golden")
OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture(autouse=True)
def _made_afresh() -> None:
    """What a codec generates is made in the test that uses it, so that a change of it is seen."""
    _codec.cache_clear()


@cache
def _codec() -> EntityCodec:
    return EntityCodec(ShuffleZstdCodec())


def _golden_result() -> AnalysisResult:
    start = datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=1)
    return AnalysisResult(
        kind="rest-activity",
        window=TimeWindow(start=start, end=datetime(2003, 11, 2, tzinfo=UTC)),
        epoch_s=60,
        findings=(
            Finding(
                metric="IS",
                value=1 / 3,
                unit="1",
                n_valid=168,
                coverage=1.0,
                algorithm="nonparametric/IS",
                parameters={"bin_min": 60, "trim": None, "lowest": -math.inf, "exact": True},
                citation="a paper",
            ),
        ),
        nights=(
            Night(
                date=date(2003, 10, 26),
                start=start,
                end=datetime(2003, 10, 26, 9, tzinfo=OSLO),
                source=WindowSource.DETECTED,
                scoring="cole-kripke",
                in_bed_min=390.0,
                tst_min=360.0,
                waso_min=29.5,
                latency_min=0.0,
                terminal_wake_min=0.0,
                unknown_min=0.5,
                awakenings=3,
                onset=start,
                offset=None,
                n_valid=390,
                coverage=0.99,
            ),
        ),
        spans=(Spans(layer=Layer.SLEEP, algorithm="a", spans=((0, 480), (1_440, 1_900))),),
        notices=("one hour happened twice",),
        provenance=Provenance(
            input_digest="00",
            analyses={"clarity.rhythm": "1"},
            clarity_version="0.1.0",
            computed_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
            fingerprint="11",
        ),
    )


def _golden_result_2() -> AnalysisResult:
    """What the second schema brought: evenings without a night, and main rests."""
    start = datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=1)
    rest = MainRest(
        date=date(2003, 10, 25),
        method=RestMethod.CRESPO,
        start=start,
        end=datetime(2003, 10, 26, 9, tzinfo=OSLO),
        n_valid=380,
        coverage=0.99,
    )
    none = MainRest(date=date(2003, 10, 27), method=RestMethod.ROENNEBERG, reason="no rest")
    evening = NoNight(date=date(2003, 10, 27), reason="no rest")
    return attrs.evolve(_golden_result(), no_nights=(evening,), rests=(rest, none))


def _golden_chunk() -> DayChunk:
    values = [0.0, 1.0, math.nan, 900.0] * 12
    return attrs.evolve(chunk(), values=values, device="Actiwatch AW4 \N{MIDDLE DOT} é")


GOLDENS = {
    "chunk": _golden_chunk(),
    "result": _golden_result(),
    "profile": GOLDEN_ITEMS["profile-1"],
}
LATER = {("result", 2): _golden_result_2(), ("result", 3): _golden_result_2()}
"""Goldens of later schemas, which say more."""


def _encoded(entity: Entity) -> tuple[EntitySpec, Item]:
    spec = spec_of(type(entity))
    return spec, _codec().encode(ADA, key_of(entity), spec, entity)


def _decoded(entity: Entity, item: Item) -> Entity:
    return _codec().decode(ADA, key_of(entity), spec_of(type(entity)), item)


@given(entity=strategies.entities())
def test_what_is_encoded_is_decoded_exactly(entity: Entity):
    _, item = _encoded(entity)

    assert strategies.same(_decoded(entity, item), entity)


@given(entity=strategies.entities())
def test_the_same_entity_has_the_same_bytes(entity: Entity):
    assert _encoded(entity) == _encoded(entity)


@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.kind)
def test_every_schema_ever_written_is_read(spec: EntitySpec):
    for schema in range(1, spec.schema + 1):
        wanted = LATER.get((spec.kind, schema), GOLDENS[spec.kind])
        raw = json.loads((GOLDEN / f"{spec.kind}-{schema}.json").read_text("utf-8"))
        item = Item(
            schema=schema,
            body=raw["body"].encode(),
            payload=bytes.fromhex(raw["payload"]),
            digest=bytes.fromhex(raw["digest"]),
        )
        assert strategies.same(_decoded(wanted, item), wanted)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (datetime(2003, 10, 26, 2, 30, tzinfo=OSLO), "2003-10-26T02:30:00+02:00[Europe/Oslo]"),
        (
            datetime(2003, 10, 26, 2, 30, tzinfo=OSLO, fold=1),
            "2003-10-26T02:30:00+01:00[Europe/Oslo]",
        ),
        (datetime(2003, 5, 1, 0, 0, 0, 7, tzinfo=UTC), "2003-05-01T00:00:00.000007+00:00"),
        (
            datetime(2003, 5, 1, tzinfo=timezone(-timedelta(hours=3, minutes=30))),
            "2003-05-01T00:00:00-03:30",
        ),
        (date(2003, 5, 1), "2003-05-01"),
        (OSLO, "Europe/Oslo"),
        (Layer.NON_WEAR, "non-wear"),
        (-0.0, -0.0),
        (math.inf, {"float": "inf"}),
        (2**63, {"int": "9223372036854775808"}),
        (-(2**63), -(2**63)),
        (True, True),
    ],
)
def test_the_wire_form_of_each_type(value: object, wire: object):
    assert _codec().converter.unstructure(value) == wire
    back = _codec().converter.structure(wire, type(value))
    assert repr(back) == repr(value)


@given(value=st.floats(allow_nan=True) | st.integers() | st.booleans() | st.none() | st.text("a{"))
def test_a_parameter_keeps_its_type(value: Parameter):
    wire = orjson.loads(orjson.dumps(_codec().converter.unstructure(value)))

    back = _codec().converter.structure(wire, Parameter)

    assert repr(back) == repr(value)


def test_a_zone_whose_rules_have_changed_since_keeps_the_instant():
    written = "2003-07-01T12:00:00+05:00[Europe/Oslo]"

    read = _codec().converter.structure(written, datetime)

    assert read == datetime(2003, 7, 1, 9, tzinfo=OSLO)
    assert read.tzinfo == OSLO


@pytest.mark.parametrize(
    ("type_", "wire"),
    [
        (float, "1.5"),
        (float, None),
        (int, 1.0),
        (int, True),
        (int, "1"),
        (str, 1),
        (bool, 1),
        (Parameter, [1]),
        (Parameter, {"other": "1"}),
        (datetime, "yesterday"),
        (Layer, "dream"),
    ],
)
def test_nothing_is_turned_from_one_type_into_another(type_: type, wire: object):
    with pytest.raises((ValueError, TypeError)):
        _codec().converter.structure(wire, type_)


def test_a_zone_without_a_name_cannot_be_stored():
    with (Path("/usr/share/zoneinfo/UTC")).open("rb") as file:
        nameless = ZoneInfo.from_file(file)

    with pytest.raises(NamelessZone):
        _codec().converter.unstructure(nameless)


@given(entity=strategies.entities(), data=st.data())
def test_a_flipped_bit_is_found(entity: Entity, data: st.DataObject):
    _, item = _encoded(entity)
    part = data.draw(st.sampled_from(["body", "payload", "digest"]))
    raw = bytearray(getattr(item, part) or b"\0")
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(Corrupt):
        _decoded(entity, attrs.evolve(item, **{part: bytes(raw)}))


def _item(spec: EntitySpec, body: bytes, payload: bytes = b"") -> Item:
    """An item whose digest fits, whatever it says."""
    from clarity.adapters.local.items import _digest

    digest = _digest(spec.schema, body, payload)
    return Item(schema=spec.schema, body=body, payload=payload, digest=digest)


@given(
    spec=st.sampled_from(ENTITIES),
    body=st.binary(max_size=30)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_a_fitting_digest_around_anything_is_still_damage(spec: EntitySpec, body: bytes):
    with pytest.raises(Corrupt):
        _codec().decode(ADA, key_of(GOLDENS[spec.kind]), spec, _item(spec, body))


@pytest.mark.parametrize("change", [{"epoch_s": 61}, {"zone": "Mars/Olympus"}, {"extra": 1}])
def test_a_chunk_that_breaks_a_rule_of_the_domain_is_damage(change: dict[str, object]):
    _, item = _encoded(_golden_chunk())
    body = orjson.dumps(orjson.loads(item.body) | change)

    with pytest.raises(Corrupt):
        _decoded(_golden_chunk(), _item(CHUNK, body, item.payload))


def test_an_item_of_a_later_schema_is_too_new():
    _, item = _encoded(_golden_result())

    with pytest.raises(TooNew) as refused:
        _decoded(_golden_result(), attrs.evolve(item, schema=RESULT.schema + 1))

    assert (refused.value.known, refused.value.found) == (RESULT.schema, RESULT.schema + 1)


def test_an_item_of_an_earlier_schema_is_upgraded_step_by_step():
    wanted = _golden_result()
    _, item = _encoded(wanted)
    later = attrs.evolve(RESULT, schema=RESULT.schema + 2)
    codec = EntityCodec(
        ShuffleZstdCodec(),
        upgrades={
            ("result", RESULT.schema): lambda body: body | {"kind": body["kind"] + "+"},
            ("result", RESULT.schema + 1): lambda body: body | {"kind": body["kind"] + "!"},
        },
    )

    read = codec.decode(ADA, key_of(wanted), later, item)

    assert strategies.same(read, attrs.evolve(wanted, kind="rest-activity+!"))


def test_a_row_moved_under_another_key_is_found():
    with opened(None) as (repository, _):
        result = _golden_result()
        repository.commit([Put(result, 0)], evidence=evidence())
        with repository.store.writing() as connection:
            connection.execute("UPDATE result SET fingerprint = '22'")

        with pytest.raises(Corrupt, match="under the key of another"):
            repository.query(Query(AnalysisResult, ADA))


def test_a_day_moved_to_another_patient_is_found():
    with opened(None) as (repository, _):
        repository.commit([Put(chunk(), 0)], evidence=evidence(ADA))
        repository.commit([], evidence=evidence(BEN))
        with repository.store.writing() as connection:
            connection.execute("UPDATE chunk SET owner = (SELECT max(id) FROM patient)")

        with pytest.raises(Corrupt):
            repository.get(BEN, key_of(chunk()))


def test_a_day_that_is_no_date_is_found():
    with opened(None) as (repository, _):
        repository.commit([Put(chunk(), 0)], evidence=evidence())
        with repository.store.writing() as connection:
            connection.execute("UPDATE chunk SET day = 'someday'")

        with pytest.raises(Corrupt, match="key of a stored chunk"):
            repository.query(Query(DayChunk, ADA))


def _write_goldens() -> None:
    """Only for a schema that is new: what is committed once is never written again."""
    for kind, first in GOLDENS.items():
        spec, item = _encoded(LATER.get((kind, spec_of(type(first)).schema), first))
        raw = {
            "body": item.body.decode(),
            "payload": item.payload.hex(),
            "digest": item.digest.hex(),
        }
        path = GOLDEN / f"{kind}-{spec.schema}.json"
        path.write_text(json.dumps(raw, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    _write_goldens()
