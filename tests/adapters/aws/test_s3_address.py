"""Addresses in S3, right and wrong."""

import pytest

from clarity.adapters.aws.s3.address import BadBucketAddress, place_of
from clarity.adapters.aws.settings import Endpoint


def test_an_address_names_bucket_prefix_and_region():
    place = place_of("s3://clinic-models/pat/v1?region=eu-west-1")

    assert (place.bucket, place.prefix, place.create) == ("clinic-models", "pat/v1/", False)
    assert place.endpoint == Endpoint(region="eu-west-1")


def test_an_address_may_name_an_engine_a_deadline_and_that_the_bucket_is_made():
    place = place_of(
        "s3://b-1?region=eu-west-1&endpoint=http://127.0.0.1:9000&deadline_s=7&create=yes"
    )

    assert (place.bucket, place.prefix, place.create) == ("b-1", "", True)
    assert place.endpoint == Endpoint(region="eu-west-1", url="http://127.0.0.1:9000")
    assert place.limits.deadline_s == 7


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("s3://", "the bucket is missing"),
        ("s3:///prefix?region=eu-west-1", "the bucket is missing"),
        ("http://bucket?region=eu-west-1", "the bucket is missing"),
        ("s3://bucket/prefix", "the region is missing"),
        ("s3://bucket?region=", "the region is missing"),
        ("s3://bucket?region=eu-west-1&replica=x", "the options are"),
        ("s3://bucket?region=eu-west-1&create=no", "the options are"),
        ("s3://bucket?region=Mars!", "out of range"),
        ("s3://Bucket?region=eu-west-1", "out of range"),
        ("s3://b?region=eu-west-1", "out of range"),
        ("s3://bucket/a b?region=eu-west-1", "out of range"),
        ("s3://bucket/a//b?region=eu-west-1", "out of range"),
        ("s3://bucket?region=eu-west-1&deadline_s=0", "out of range"),
        ("s3://bucket?region=eu-west-1&deadline_s=soon", "out of range"),
        ("s3://bucket?region=eu-west-1&endpoint=file:///etc", "out of range"),
    ],
)
def test_what_is_no_address_is_refused_with_the_right_form(address: str, problem: str):
    with pytest.raises(BadBucketAddress, match=problem) as refusal:
        place_of(address)

    assert "s3://BUCKET/PREFIX?region=REGION" in str(refusal.value)
