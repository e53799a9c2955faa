from pathlib import Path

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from clarity.adapters.signing.ed25519 import (
    Ed25519Signer,
    trusted_folder,
    trusted_keys,
)
from clarity.ports.errors import NotFound
from clarity.ports.signing import BadKey, NotTrusted
from tests.support.signing import MISNAMED, key_files

DIGEST = "0123456789abcdef" * 4


def signer(path: Path) -> Ed25519Signer:
    return Ed25519Signer.from_file(path)


def test_a_signature_over_the_bare_digest_is_not_a_right_one(tmp_path: Path):
    private, public = key_files(tmp_path)
    right = signer(private).sign(DIGEST)
    bare = attrs.evolve(right, value=signer(private).key.sign(DIGEST.encode()))

    with pytest.raises(NotTrusted):
        trusted_keys([public]).require(DIGEST, signatures=[bare])


def test_the_private_key_is_not_shown(tmp_path: Path):
    private, _ = key_files(tmp_path)

    assert "key" not in repr(signer(private)).lower().replace("ed25519signer", "")


def test_a_missing_key_file_is_not_found(tmp_path: Path):
    with pytest.raises(NotFound):
        signer(tmp_path / "none.pem")
    with pytest.raises(NotFound):
        trusted_keys([tmp_path / "none.pem"])


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path):
    private, public = key_files(tmp_path)
    other = generate_private_key(SECP256R1())
    files = {
        "text": b"not a key",
        "misnamed": MISNAMED,
        "other private": other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "other public": other.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        ),
        "encrypted": Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
        ),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    for path in [*(tmp_path / name for name in files), public]:
        with pytest.raises(BadKey, match="Ed25519"):
            signer(path)
    for path in [*(tmp_path / name for name in files), private]:
        with pytest.raises(BadKey, match="Ed25519"):
            trusted_keys([path])


def test_a_folder_of_keys_is_trusted_and_an_empty_one_is_not_passed_over(tmp_path: Path):
    private, _ = key_files(tmp_path, "elsewhere")
    stranger = signer(private)
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(NotFound):
        trusted_folder(str(tmp_path))
    key_files(tmp_path)
    (tmp_path / "key.pem").unlink()

    found = trusted_folder(str(tmp_path))

    assert len(found.keys) == 1
    with pytest.raises(NotTrusted):
        found.require(DIGEST, signatures=[stranger.sign(DIGEST)])
    assert trusted_folder("").require(DIGEST, signatures=[]) == ()
