"""
REL-10: whatever comes from outside is read or refused in words; only `ClarityError` escapes.

Every decoder gets right bytes that were changed with some knowledge of what they are. A change is
known by the name of its decoder and its number, so a failure is found again.
"""

import ast
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest

import clarity
from clarity.adapters.files.detected import FORMATS
from clarity.domain.errors import ClarityError
from clarity.ports.recordings import Recording
from tests.support.decoder import Decoder
from tests.support.file_decoders import FILE_DECODERS
from tests.support.model_decoders import MODEL_DECODERS
from tests.support.mutations import mutated
from tests.support.runs import runs
from tests.support.trail_decoders import TRAIL_DECODERS

DECODERS: Final = FILE_DECODERS | MODEL_DECODERS | TRAIL_DECODERS
CHANGES: Final = runs(ci=1_000, soak=100_000)

ROOT: Final = Path(clarity.__file__).parent


@cache
def decoder_named(name: str) -> Decoder:
    return DECODERS[name]()


@contextmanager
def told(what: str) -> Iterator[None]:
    """Whatever escapes says where it came from."""
    try:
        yield
    except BaseException as error:
        error.add_note(what)
        raise


def changed(decoder: Decoder, name: str, number: int) -> bytes:
    chance = random.Random(f"{name} {number}")
    layer = chance.choice(decoder.layers)
    return layer.wrapped(mutated(layer.samples, chance))


def outcome(decoder: Decoder, data: bytes) -> object:
    """What came out, or the refusal."""
    try:
        return decoder.decode(data)
    except ClarityError as refused:
        return refused


def assert_sound(found: object) -> None:
    """A refusal has words; recordings hold nothing but what a device can give."""
    if isinstance(found, ClarityError):
        assert found.code.count(".") == 1
        assert len(str(found)) > 20
        return
    for one in found if isinstance(found, tuple) else ():
        if isinstance(one, Recording):
            known = one.series.values[~np.isnan(one.series.values)]
            assert known.size
            assert np.abs(known).max() <= 1e9
            assert one.report.epochs == one.series.values.size


@pytest.mark.slow
@pytest.mark.parametrize("name", DECODERS)
def test_rel_10_changed_bytes_are_read_or_refused_in_words(name: str):
    decoder = decoder_named(name)
    for number in range(CHANGES):
        with told(f"{name}, change {number}"):
            assert_sound(outcome(decoder, changed(decoder, name, number)))


@pytest.mark.parametrize("name", DECODERS)
def test_every_decoder_reads_what_the_changes_begin_from(name: str):
    decoder = decoder_named(name)

    for layer in decoder.layers:
        for sample in layer.samples:
            assert_sound(decoder.decode(layer.wrapped(sample)))


def test_every_format_has_a_decoder_here():
    covered = {one for name in FILE_DECODERS for one in decoder_named(name).formats}

    assert covered == {format_.id for format_ in FORMATS}


PARSERS: Final = frozenset(
    {"json.loads", "orjson.loads", "JSONDecoder", "frombuffer", "b64decode", "fromhex", "unpack"}
    | {"unpack_from", "from_bytes", "ZipFile", "ParserCreate", "csv.reader", "read_array"}
    | {"load_pem_public_key", "load_pem_private_key", "decompress", "decompressobj", "GzipFile"}
    | {"ZstdDecompressor", "LZMADecompressor", "h5py.File", "InferenceSession", "sqlite3.connect"}
    | {"datetime.fromisoformat", "date.fromisoformat", "TextIOWrapper", "getincrementaldecoder"}
)
"""What makes values out of bytes, or out of a text that came as bytes."""

OUR_OWN: Final = {
    "adapters.aws._client": "answers of AWS, over TLS",
    "adapters.aws.dynamodb.codec": "items of our tables: tests/adapters/aws/test_codec.py",
    "adapters.aws.dynamodb.forms": "items of our tables: tests/adapters/aws/test_golden_items.py",
    "adapters.aws.dynamodb.items": "items of our tables: tests/adapters/aws/test_codec.py",
    "adapters.aws.dynamodb.keys": "keys of our tables: tests/adapters/aws/test_keys.py",
    "adapters.aws.dynamodb.memories": "keys of our tables: tests/adapters/aws/test_memories.py",
    "adapters.cli.audit": "a time on the command line: tests/adapters/cli/test_audit.py",
    "adapters.local._codec": "rows behind a digest: tests/adapters/local/test_wire_form.py",
    "adapters.local._idempotency": "rows of our store: tests/adapters/local/test_store.py",
    "adapters.local._query": "rows behind a digest: tests/adapters/local/test_wire_form.py",
    "adapters.local.items": "rows behind a digest: tests/adapters/local/test_wire_form.py",
    "adapters.local.jobs": "rows of our store: tests/adapters/local/test_jobs.py",
    "adapters.local.schema": "a constant",
    "adapters.report.dossier": "bodies of our trail, whose chain is verified before",
    "application.prediction_cache": "behind a digest: tests/application/test_prediction_cache.py",
}
"""Modules that parse what clarity wrote, and why or where damage of it is tried."""


def called(tree: ast.AST) -> Iterator[str]:
    """The dotted names in the code, and their last two and one parts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            *_, last, name = (*(" ", " "), *ast.unparse(node).split("."))
            yield from (name, f"{last}.{name}")


def parsing_modules() -> set[str]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in ROOT.rglob("*.py")
        if PARSERS & set(called(ast.parse(path.read_text())))
    }


def test_no_module_parses_bytes_without_a_decoder_here():
    covered = {module for name in DECODERS for module in decoder_named(name).modules}

    assert covered.isdisjoint(OUR_OWN)
    assert parsing_modules() == covered | OUR_OWN.keys()


@pytest.mark.parametrize("module", [name for name, why in OUR_OWN.items() if ": " in why])
def test_what_is_said_to_be_tried_elsewhere_is_there(module: str):
    path = ROOT.parent / OUR_OWN[module].partition(": ")[2]

    assert path.is_file()
