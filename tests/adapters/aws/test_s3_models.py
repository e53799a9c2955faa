"""Models in S3: what others left there, what gets lost on the way, what happens in between."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from clarity.adapters.aws.s3 import model_registry, model_store
from clarity.adapters.aws.s3._bundles import index_of
from clarity.adapters.aws.s3._records import moves_bytes
from clarity.adapters.aws.s3.bucket import Bucket
from clarity.adapters.aws.s3.model_registry import S3ModelRegistry
from clarity.adapters.aws.s3.model_store import S3ModelStore
from clarity.adapters.aws.s3.models import open_models
from clarity.adapters.aws.settings import Limits
from clarity.domain.pat.bundle import LARGEST_BUNDLE, Bundle, BundleSignature, BundleTooLarge
from clarity.ports.errors import AlreadyExists, Corrupt, NotFound, StaleVersion, Unavailable
from tests.contracts.model_registry.harness import known, moved
from tests.support.clocks import HandClock
from tests.support.dynamodb import Counted, Spans, credentials
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, fault_proxy, scripted
from tests.support.s3 import BUCKET, connection_to, fresh_bucket

ROOT = Path(__file__).resolve().parents[3]
ONE = Bundle(manifest=b"{}", files={"card.md": b"card", "model.onnx": b"one"})
ONCE = Limits(connect_timeout_s=5, read_timeout_s=20, deadline_s=60, attempts=1)


@attrs.frozen
class Models:
    """Store and registry over one bucket."""

    store: S3ModelStore
    registry: S3ModelRegistry

    @property
    def bucket(self) -> Bucket:
        return self.store.bucket

    @property
    def index(self) -> str:
        return f"bundles/{ONE.digest}.json"

    def folder(self) -> str:
        return f"files/{ONE.digest}/{self.content()['upload']}/"

    def content(self) -> dict[str, object]:
        return json.loads(self.bucket.read(self.index, most=10**6).data)

    def keys(self) -> list[str]:
        return [listed.key for listed in self.bucket.listed()]


def models_over(bucket: Bucket, folder: Path, clock: HandClock | None = None) -> Models:
    store = S3ModelStore(bucket=bucket, clock=clock or HandClock(), folder=folder / "fetched")
    return Models(store, S3ModelRegistry(bucket=bucket))


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return models_over(fresh_bucket("ministack"), tmp_path)


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    fresh_bucket("ministack")
    with fault_proxy(running("ministack")) as faulty:
        yield faulty


def behind(proxy: FaultProxy, models: Models, limits: Limits) -> Models:
    """The same place, through the proxy."""
    bucket = Bucket(connection_to(proxy.engine.url, limits), BUCKET, models.bucket.prefix)
    proxy.requests.clear()
    return models_over(bucket, models.store.folder)


@pytest.mark.parametrize("number", range(4))
def test_a_bundle_is_not_there_before_all_of_it_is(models: Models, proxy: FaultProxy, number: int):
    broken = behind(proxy, models, ONCE)
    proxy.plan = scripted("PUT", *[None] * number, Fault.RESET_BEFORE)

    with pytest.raises(Unavailable):
        broken.store.put(ONE)

    assert models.store.stored() == ()
    with pytest.raises(NotFound):
        models.store.get(ONE.digest)
    models.store.put(ONE)
    assert models.store.get(ONE.digest) == ONE


def test_files_of_an_upload_that_failed_are_removed(models: Models, proxy: FaultProxy):
    broken = behind(proxy, models, ONCE)
    proxy.plan = scripted("PUT", None, None, Fault.SERVER_ERROR)

    with pytest.raises(Unavailable):
        broken.store.put(ONE)

    assert models.keys() == []


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.GARBAGE, Fault.CONFLICT])
def test_an_index_whose_answer_was_lost_is_there_with_its_files(
    models: Models, proxy: FaultProxy, fault: Fault
):
    line = behind(proxy, models, Limits())
    proxy.plan = scripted("PUT", None, None, None, fault)

    line.store.put(ONE)

    assert models.store.get(ONE.digest) == ONE
    assert len(models.keys()) == 4


def test_a_removal_whose_answer_was_lost_leaves_nothing(models: Models, proxy: FaultProxy):
    models.store.put(ONE)
    line = behind(proxy, models, Limits())
    proxy.plan = scripted("DELETE", Fault.DROP_AFTER)

    line.store.remove(ONE.digest)

    assert models.keys() == []


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.GARBAGE, Fault.CONFLICT])
def test_a_version_whose_answer_was_lost_is_registered_once(
    models: Models, proxy: FaultProxy, fault: Fault
):
    line = behind(proxy, models, Limits())
    proxy.plan = scripted("PUT", fault)

    line.registry.register(known("1.0.0"))

    assert models.registry.shelf("toy").versions == (known("1.0.0"),)
    with pytest.raises(AlreadyExists):
        line.registry.register(known("1.0.0"))


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.GARBAGE, Fault.CONFLICT])
def test_a_move_whose_answer_was_lost_is_won_once(models: Models, proxy: FaultProxy, fault: Fault):
    line = behind(proxy, models, Limits())
    proxy.plan = scripted("PUT", fault, fault)

    line.registry.move(moved(1))

    assert models.registry.shelf("toy").history("champion").moves == (moved(1),)
    with pytest.raises(StaleVersion):
        line.registry.move(moved(1))


def test_an_upload_that_died_leaves_files_that_go_with_the_bundle_a_day_later(tmp_path: Path):
    clock = HandClock(at=datetime.now(UTC))
    models = models_over(fresh_bucket("ministack"), tmp_path, clock)
    models.bucket.write(f"files/{ONE.digest}/dead/model.onnx", b"on")
    models.store.put(ONE)

    models.store.remove(ONE.digest)
    assert models.keys() == [f"files/{ONE.digest}/dead/model.onnx"]
    clock.advance(timedelta(days=2).total_seconds())
    models.store.remove(ONE.digest)

    assert models.keys() == []


def test_what_is_no_digest_is_not_removed(models: Models):
    models.store.put(ONE)

    for digest in ("", "..", ONE.digest[:10]):
        models.store.remove(digest)

    assert models.store.get(ONE.digest) == ONE


def test_other_bytes_than_were_put_are_never_handed_on(models: Models):
    models.store.put(ONE)
    file = models.folder() + "model.onnx"

    for content in (b"two", b"", b"one more", b"on"):
        models.bucket.write(file, content)
        with pytest.raises(Corrupt):
            models.store.get(ONE.digest)


def test_a_bundle_that_lacks_a_file_is_damaged(models: Models):
    models.store.put(ONE)
    models.bucket.remove(models.folder() + "card.md")

    with pytest.raises(Corrupt, match="lacks"):
        models.store.get(ONE.digest)


def test_a_bundle_under_the_digest_of_another_is_damaged(models: Models):
    other = attrs.evolve(ONE, manifest=b"[]")
    models.store.put(other)
    index = json.loads(models.bucket.read(f"bundles/{other.digest}.json", most=10**6).data)
    for name, data in {**other.files, "manifest.json": other.manifest}.items():
        models.bucket.write(f"files/{ONE.digest}/{index['upload']}/{name}", data)
    models.bucket.write(models.index, json.dumps(index).encode())

    with pytest.raises(Corrupt, match="another manifest"):
        models.store.get(ONE.digest)


def test_a_bundle_of_more_bytes_than_any_model_is_not_read(models: Models):
    models.store.put(ONE)
    content = models.content()
    content["files"][0]["size_bytes"] = LARGEST_BUNDLE
    models.bucket.write(models.index, json.dumps(content).encode())

    with pytest.raises(BundleTooLarge):
        models.store.get(ONE.digest)


def changed(content: dict[str, object], **changes: object) -> bytes:
    return json.dumps({**content, **changes}).encode()


FILE = {"name": "card.md", "size_bytes": 1, "sha256": "0" * 64}


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"upload": "../other"},
        {"since": "2026-01-05T12:00:00"},
        {"since": "then"},
        {"files": [{**FILE, "name": "../x.md"}]},
        {"files": [{**FILE, "size_bytes": -1}]},
        {"files": [{**FILE, "size_bytes": "1"}]},
        {"files": [{**FILE, "sha256": "0"}]},
        {"files": [{**FILE, "more": 1}]},
        {"files": 7},
        {"signatures": {"0" * 64: "*"}},
        {"signatures": {"key": ""}},
        {"signatures": []},
    ],
    ids=str,
)
def test_a_damaged_index_is_told_and_not_passed_over(models: Models, changes: dict[str, object]):
    models.store.put(ONE)
    models.bucket.write(models.index, changed(models.content(), **changes))

    for call in (
        lambda: models.store.get(ONE.digest),
        lambda: models.store.put(ONE),
        models.store.stored,
    ):
        with pytest.raises(Corrupt):
            call()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"schema": 2}', b"\xff", b"[" * 100_000, bytes(2**20 + 1)],
    ids=["empty", "list", "nothing", "newer", "bytes", "deep", "long"],
)
def test_bytes_that_are_no_index_and_no_record_are_told(models: Models, content: bytes):
    models.store.put(ONE)
    models.registry.register(known("1.0.0"))
    models.registry.move(moved(1))

    for key in ("models/toy/versions/1.0.0.json", "models/toy/aliases/champion.json"):
        right = models.bucket.read(key, most=10**6).data
        models.bucket.write(key, content)
        with pytest.raises(Corrupt):
            models.registry.shelf("toy")
        models.bucket.write(key, right)
    models.bucket.write(models.index, content)
    with pytest.raises(Corrupt):
        models.store.get(ONE.digest)


def test_a_bundle_without_a_manifest_is_damaged(models: Models):
    models.store.put(ONE)
    content = models.content()
    content["files"] = [file for file in content["files"] if file["name"] != "manifest.json"]
    models.bucket.write(models.index, json.dumps(content).encode())

    with pytest.raises(Corrupt):
        models.store.get(ONE.digest)


def test_a_record_beyond_any_length_is_told(models: Models, monkeypatch: pytest.MonkeyPatch):
    models.registry.register(known("1.0.0"))
    monkeypatch.setattr(model_registry, "LARGEST_RECORD", 10)

    with pytest.raises(Corrupt):
        models.registry.shelf("toy")


def test_a_missing_move_is_told(models: Models):
    models.bucket.write("models/toy/aliases/champion.json", moves_bytes([(moved(2), "0")]))

    with pytest.raises(Corrupt):
        models.registry.shelf("toy")


def test_foreign_objects_are_no_models(models: Models):
    models.bucket.write("bundles/readme.txt", b"")
    models.bucket.write("models/toy/readme.txt", b"")
    models.bucket.write("models/toy/versions/deep/1.json", b"")

    assert models.store.stored() == ()
    assert models.registry.names() == ()
    assert models.registry.shelf("toy").versions == ()


def test_a_shelf_that_did_not_change_costs_one_request(models: Models, proxy: FaultProxy):
    models.registry.register(known("1.0.0"))
    models.registry.move(moved(1))
    line = behind(proxy, models, Limits())
    proxy.plan = lambda *_: None
    first = line.registry.shelf("toy")
    proxy.requests.clear()

    assert line.registry.shelf("toy") == first
    assert proxy.requests.total() == 1


def test_what_goes_away_after_it_was_listed_is_passed_over(
    models: Models, monkeypatch: pytest.MonkeyPatch
):
    models.registry.register(known("1.0.0"))
    models.registry.move(moved(1))
    models.store.put(ONE)
    listed = list(models.bucket.listed())
    models.bucket.remove_all([one.key for one in listed])
    monkeypatch.setattr(Bucket, "listed", lambda *_: listed)

    assert models.registry.shelf("toy").versions == ()
    assert models.registry.shelf("toy").histories == ()
    assert models.store.stored() == ()


def test_those_who_are_never_first_give_up(models: Models, monkeypatch: pytest.MonkeyPatch):
    models.store.put(ONE)
    for module in (model_store, model_registry):
        monkeypatch.setattr(module, "ROUNDS", 0)

    for call in (
        lambda: models.store.put(ONE),
        lambda: models.store.get(ONE.digest),
        lambda: models.store.remove(ONE.digest),
        lambda: models.registry.register(known("1.0.0")),
        lambda: models.registry.move(moved(1)),
    ):
        with pytest.raises(Unavailable):
            call()


def test_a_move_that_was_too_late_after_it_looked_is_refused(
    models: Models, monkeypatch: pytest.MonkeyPatch
):
    models.registry.move(moved(1))
    replace = Bucket.replace

    def too_late(bucket: Bucket, key: str, data: bytes, *, etag: str) -> None:
        monkeypatch.undo()
        models.registry.move(moved(2, actor="faster"))
        replace(bucket, key, data, etag=etag)

    monkeypatch.setattr(Bucket, "replace", too_late)
    with pytest.raises(StaleVersion):
        models.registry.move(moved(2))

    history = models.registry.shelf("toy").history("champion")
    assert history.moves == (moved(1), moved(2, actor="faster"))


def test_one_whose_place_was_taken_meanwhile_signs_what_is_there(
    models: Models, monkeypatch: pytest.MonkeyPatch
):
    signature = BundleSignature("0" * 64, b"s")
    create = Bucket.create

    def too_late(bucket: Bucket, key: str, data: bytes) -> None:
        monkeypatch.undo()
        models.store.put(ONE)
        create(bucket, key, data)

    monkeypatch.setattr(Bucket, "create", too_late)
    models.store.put(attrs.evolve(ONE, signatures=[signature]))

    assert models.store.get(ONE.digest).signatures == (signature,)
    assert len(models.keys()) == 4


def test_what_is_fetched_leaves_no_file_behind(models: Models):
    models.store.put(ONE)
    models.store.get(ONE.digest)

    assert list(models.store.folder.iterdir()) == []


MEASURED = """
import resource, sys
from pathlib import Path
from tests.support.clocks import HandClock
from tests.support.s3 import bucket_at
from clarity.adapters.aws.s3.model_store import S3ModelStore

bucket = bucket_at(sys.argv[1], sys.argv[2])
store = S3ModelStore(bucket=bucket, clock=HandClock(), folder=Path(sys.argv[3]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bundle = store.get(sys.argv[4])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_fetching_holds_a_bundle_in_memory_once(models: Models, tmp_path: Path):
    size_mb = 96
    bundle = Bundle(manifest=b"{}", files={"model.onnx": bytes(size_mb * 2**20)})
    models.store.put(bundle)
    place = (running("ministack").url, models.bucket.prefix, tmp_path, bundle.digest)

    told = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, place)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert int(told) < 1.3 * size_mb


def test_an_upload_is_named_by_its_index():
    index = index_of(ONE, upload="0" * 32, since=HandClock().now())

    assert [file.name for file in index.files] == ["card.md", "manifest.json", "model.onnx"]
    assert index.size_bytes == ONE.size_bytes


def test_models_at_an_address_are_open_inside_the_block(tmp_path: Path):
    credentials()
    url = running("ministack").url
    address = f"s3://opened-models/here?region=eu-west-1&endpoint={url}"
    told = {"clock": HandClock(), "metrics": Counted(), "tracer": Spans()}

    with open_models(f"{address}&create=yes", tmp_path, **told) as there:
        there.store.put(ONE)
    with open_models(address, tmp_path, **told) as there:
        assert there.store.get(ONE.digest) == ONE
        assert there.registry.names() == ()

    with pytest.raises(Unavailable, match="closed"):
        there.store.get(ONE.digest)
