"""One stored item per kind and schema version: what was once written is read for ever."""

import json
from binascii import a2b_base64
from pathlib import Path

import attrs
import pytest

from clarity.adapters.aws.dynamodb.forms import form_of
from clarity.adapters.aws.dynamodb.items import EntityItems, item_size
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.entities import CHUNK, ENTITIES, RESULT, EntitySpec, spec_of
from clarity.ports.errors import Corrupt
from tests.support.canned import wire
from tests.support.golden_entities import GOLDEN

FOLDER = Path(__file__).parent / "golden_items"
OWNER = PatientRef(TenantId("clinic"), PatientId("ada"))
ITEMS = EntityItems(ShuffleZstdCodec())
PACKED = {"d", "y"}
"""Attributes that a later compressor may write otherwise."""

ITEMS_OF = {
    "chunk-1": "chunk-1",
    "chunk-2": "chunk-1",
    "result-1": "result-1",
    "result-2": "result-2",
    "result-3": "result-3",
    "profile-1": "profile-1",
}
"""Every form of every kind, and the entity that it holds."""


def golden(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(ITEMS_OF))
def test_an_item_of_every_form_is_read_exactly(name: str):
    entity = GOLDEN[ITEMS_OF[name]]

    stored = ITEMS.decode(spec_of(type(entity)), golden(name))

    assert stored.version == 3
    assert repr(stored.entity) == repr(entity)
    assert stored.entity == entity


@pytest.mark.parametrize("spec", ENTITIES, ids=lambda spec: spec.kind)
def test_the_latest_form_is_written_as_it_was(spec: EntitySpec):
    item = golden(f"{spec.kind}-{form_of(spec).number}")

    written = ITEMS.encode(OWNER, GOLDEN[f"{spec.kind}-{spec.schema}"]).item

    kept = {key: value for key, value in wire(written).items() if key not in PACKED}
    assert kept == {key: item[key] for key in kept}
    assert {*kept, *PACKED & {*written}, "v"} == {*item}


def test_every_form_of_every_kind_has_an_item():
    forms = {f"{s.kind}-{n}" for s in ENTITIES for n in range(1, form_of(s).number + 1)}

    assert set(ITEMS_OF) == forms
    assert {form_of(spec).schema for spec in ENTITIES} == {spec.schema for spec in ENTITIES}


def test_the_header_of_a_day_is_a_third_smaller_than_in_the_form_before():
    sizes = [
        item_size(raw(golden(name))) - len(a2b_base64(golden(name)[packed]["B"]))
        for name, packed in (("chunk-1", "values"), ("chunk-2", "y"))
    ]

    assert sizes == [259, 176]


def raw(item: dict) -> dict:
    return {n: {"B": a2b_base64(a["B"])} if "B" in a else a for n, a in item.items()}


@pytest.mark.parametrize(
    "source", ["", "no hexadecimal", "0" * 63, "AB", "ab", "0" * 64, "\u0660\u0660"]
)
def test_a_source_of_any_text_comes_back(source: str):
    day = attrs.evolve(GOLDEN["chunk-1"], source=source)

    item = {**ITEMS.encode(OWNER, day).item, "v": {"N": "1"}}

    assert ITEMS.decode(CHUNK, item).entity.source == source
    assert ITEMS.decode(CHUNK, wire(item)).entity.source == source


def test_every_schema_of_every_kind_has_an_entity():
    wanted = {f"{s.kind}-{schema}" for s in ENTITIES for schema in range(1, s.schema + 1)}

    assert set(GOLDEN) == wanted


@pytest.mark.parametrize("name", ["result-1", "result-2"])
@pytest.mark.parametrize("field", ["notices", "d", "s", "epoch_s"])
def test_an_item_of_an_earlier_schema_that_lost_a_field_is_damaged(name: str, field: str):
    item = golden(name)
    del item[field]

    with pytest.raises(Corrupt):
        ITEMS.decode(RESULT, item)


def test_an_item_of_the_latest_schema_tells_all_its_fields():
    item = golden(f"result-{RESULT.schema}")
    del item["rests"]

    with pytest.raises(Corrupt):
        ITEMS.decode(RESULT, item)
