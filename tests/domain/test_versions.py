from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.versions import BadVersion, SemanticVersion

# Semantic Versioning 2.0.0, section 11, and its own example of pre-releases.
RISING = (
    "0.9.0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.9.0",
    "1.10.0",
    "1.11.0",
    "v9",
    "v10",
    "11.0.1",
)
identifiers = st.from_regex(r"[0-9A-Za-z-]{1,8}", fullmatch=True)
numbers = st.integers(0, 999_999_999)
versions = st.builds(
    SemanticVersion, numbers, numbers, numbers, st.lists(identifiers, max_size=4).map(tuple)
)


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(RISING)))
def test_versions_are_in_semantic_order(lower: str, higher: str):
    assert SemanticVersion.parse(lower) < SemanticVersion.parse(higher)
    assert not SemanticVersion.parse(higher) <= SemanticVersion.parse(lower)


@given(version=versions)
def test_a_version_is_read_as_it_is_written(version: SemanticVersion):
    assert version == SemanticVersion.parse(str(version))


@given(a=versions, b=versions)
def test_of_two_different_versions_one_is_lower(a: SemanticVersion, b: SemanticVersion):
    assert (a < b) + (b < a) == int(a != b)


def test_missing_parts_are_zero():
    assert SemanticVersion.parse("v10") == SemanticVersion(10, 0, 0)


@pytest.mark.parametrize(
    "text", ["", "v", "1.", "1.2.3.4", "a", "1.2.3-", "1 ", "1.2.3-a..b", "-1", "1" * 10, "\u0661"]
)
def test_what_is_no_version_is_refused(text: str):
    with pytest.raises(BadVersion, match=r"1\.2\.3"):
        SemanticVersion.parse(text)


def test_a_version_has_no_order_among_other_things():
    with pytest.raises(TypeError):
        sorted([SemanticVersion(1), "1.0.0"])
