"""One stored item per kind and schema version: what was once written is read for ever."""

import json
from pathlib import Path

import pytest

from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.entities import ENTITIES, spec_of
from tests.bench.dynamodb import wire
from tests.support.golden_entities import GOLDEN

FOLDER = Path(__file__).parent / "golden_items"
OWNER = PatientRef(TenantId("clinic"), PatientId("ada"))
ITEMS = EntityItems(ShuffleZstdCodec())
PACKED = {"d", "values"}
"""Attributes that a later compressor may write otherwise."""


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_an_item_of_every_version_is_read_exactly(name: str):
    item = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    entity = GOLDEN[name]

    stored = ITEMS.decode(spec_of(type(entity)), item)

    assert stored.version == 3
    assert repr(stored.entity) == repr(entity)
    assert stored.entity == entity


@pytest.mark.parametrize("name", [f"{spec.kind}-{spec.schema}" for spec in ENTITIES])
def test_the_latest_form_is_written_as_it_was(name: str):
    item = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))

    written = ITEMS.encode(OWNER, GOLDEN[name]).item

    kept = {key: value for key, value in wire(written).items() if key not in PACKED}
    assert kept == {key: item[key] for key in kept}


def test_every_kind_has_an_item_of_each_of_its_schemas():
    schemas = [(spec.kind, range(1, spec.schema + 1)) for spec in ENTITIES]
    assert set(GOLDEN) == {f"{kind}-{number}" for kind, numbers in schemas for number in numbers}
