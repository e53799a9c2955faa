import pytest

from clarity.domain.pat.artifact import (
    DigestMismatch,
    UnreadableModel,
    require_digest,
    sha256_of,
)

# NIST FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_bytes_with_the_recorded_digest_are_passed_on():
    assert sha256_of(b"abc") == ABC
    assert require_digest(b"abc", sha256=ABC) == b"abc"
    assert require_digest(b"abc", sha256=ABC.upper()) == b"abc"


@pytest.mark.parametrize("recorded", ["", ABC[:-1], "0" * 64, "ä"])
def test_any_other_digest_is_refused_and_both_are_named(recorded):
    with pytest.raises(DigestMismatch, match="ba7816bf8f01") as refusal:
        require_digest(b"abc", sha256=recorded)

    assert "not opened" in str(refusal.value)


def test_an_unreadable_model_says_what_to_do():
    assert str(UnreadableModel("the file", "is empty")).startswith("the file is empty; fetch")
