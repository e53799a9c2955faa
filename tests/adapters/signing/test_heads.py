import stat
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from clarity.adapters.signing.heads import Ed25519HeadVerifier, FileHeadSigner, MemoryHeadSigner
from clarity.ports.errors import Unavailable
from clarity.ports.heads import BadHeadKey
from tests.support.signing import MISNAMED


def test_the_key_is_made_on_first_use_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "clarity.db.signing-key.pem"
    signer = FileHeadSigner(path)
    assert not path.exists()

    signer.public_key()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_others_could_read_is_closed(tmp_path: Path):
    path = tmp_path / "key.pem"
    before = FileHeadSigner(path).public_key()
    path.chmod(0o644)

    after = FileHeadSigner(path).public_key()

    assert after == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_that_make_the_key_at_once_use_one(tmp_path: Path):
    start, keys = threading.Barrier(8), []

    def make() -> None:
        start.wait()
        keys.append(FileHeadSigner(tmp_path / "key.pem").public_key())

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", [b"", b"no key", MISNAMED])
def test_a_file_that_is_no_key_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "key.pem"
    path.write_bytes(content)

    with pytest.raises(BadHeadKey):
        FileHeadSigner(path).sign(b"message")


def test_a_key_of_another_kind_is_told(tmp_path: Path):
    other = X25519PrivateKey.generate()
    path = tmp_path / "key.pem"
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(BadHeadKey):
        FileHeadSigner(path).sign(b"message")
    with pytest.raises(BadHeadKey):
        Ed25519HeadVerifier().require(b"", signature=b"", public_key=public)


def test_a_key_that_cannot_be_reached_is_unavailable(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(Unavailable):
        FileHeadSigner(tmp_path / "file" / "key.pem").public_key()
    with pytest.raises(Unavailable):
        FileHeadSigner(tmp_path).public_key()


def test_a_key_in_memory_is_not_shown():
    assert repr(MemoryHeadSigner()) == "MemoryHeadSigner()"
