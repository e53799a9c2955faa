"""`Bucket`: named bytes under one prefix, written on conditions."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import IO, Any, Final, TypeVar

import attrs
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from clarity.adapters.aws._errors import BodyDamaged
from clarity.adapters.aws.s3._requests import Answer, ObjectOp
from clarity.adapters.aws.s3.connection import S3Connection
from clarity.ports.errors import AlreadyExists, TooLarge

__all__ = ["Bucket", "Held", "Listed"]

T = TypeVar("T")

PIECE: Final = 1024 * 1024
"""Bytes of a large object that are in memory at once."""

MOST_KEYS: Final = 1_000
"""Most keys of one deletion (service quota)."""

NO_CONSTRAINT: Final = "us-east-1"
"""The region that S3 refuses to hear named."""


@attrs.frozen
class Held:
    """
    An object that was read.

    Attributes:
        data: its bytes.
        etag: what a change based on them names.
    """

    data: bytes = attrs.field(repr=False)
    etag: str


@attrs.frozen
class Listed:
    """
    An object that is there.

    Attributes:
        key: its name, without the prefix of the bucket.
        etag: another one whenever its bytes are others.
        size_bytes: how many they are.
        modified: when it was written, by the clock of S3, aware.
    """

    key: str
    etag: str
    size_bytes: int
    modified: datetime


@attrs.frozen
class Bucket:
    """
    The objects whose keys begin with a prefix; keys are told without it.

    Attributes:
        connection: to S3.
        name: of the bucket.
        prefix: empty, or what ends in a slash.
    """

    connection: S3Connection
    name: str
    prefix: str = ""

    def make(self) -> None:
        """The bucket is there, made in the region of the connection if it was not."""
        region = self.connection.region
        place = {} if region == NO_CONSTRAINT else {"LocationConstraint": region}
        parameters: dict[str, Any] = {"CreateBucketConfiguration": place} if place else {}
        op = ObjectOp(
            operation="create_bucket",
            parameters={"Bucket": self.name, **parameters},
            decode=_nothing,
        )
        try:
            self.connection.run(op)
        except AlreadyExists:
            return

    def reached(self) -> str:
        """
        Where it is, after asking it.

        Raises:
            PortError: it is missing, refused or could not be reached.
        """
        self.connection.run(self._list_op({"Prefix": self.prefix, "MaxKeys": 1}))
        return f"s3://{self.name}/{self.prefix} in {self.connection.place}"

    def read(self, key: str, *, most: int) -> Held:
        """
        The object.

        Raises:
            NotFound: there is none.
            TooLarge: it has more than `most` bytes; they were not read.
        """

        def held(answer: Answer) -> Held:
            if answer["ContentLength"] > most:
                raise TooLarge("an object in S3", most, answer["ContentLength"])
            return Held(_body(answer).read(), answer["ETag"])

        return self.connection.run(self._get(key, held))

    def fetch(self, key: str, file: IO[bytes], *, most: int) -> str:
        """
        The object lies in `file`, piece by piece; gives its SHA-256 (hex).

        Of an object of more than `most` bytes only the beginning is fetched.

        Raises:
            NotFound: there is none.
        """

        def digest(answer: Answer) -> str:
            file.seek(0)
            file.truncate()
            found = hashlib.sha256()
            body = _body(answer)
            for piece in body.iter_chunks(PIECE):
                found.update(piece)
                file.write(piece)
                if file.tell() > most:
                    body.close()
                    break
            return found.hexdigest()

        return self.connection.run(self._get(key, digest))

    def create(self, key: str, data: bytes) -> None:
        """
        A new object with these bytes.

        Raises:
            ConditionFailed: there is one; it stays as it is. It may be this very one, when the
                answer to an earlier attempt was lost.
        """
        self._put(key, data, {"IfNoneMatch": "*"})

    def replace(self, key: str, data: bytes, *, etag: str) -> None:
        """
        The object has these bytes.

        Raises:
            ConditionFailed: it has another etag by now; it stays as it is. It may have these very
                bytes, when the answer to an earlier attempt was lost.
            NotFound: it is gone.
        """
        self._put(key, data, {"IfMatch": etag})

    def write(self, key: str, data: bytes) -> None:
        """The object has these bytes, whatever was there."""
        self._put(key, data, {})

    def remove(self, key: str, *, etag: str = "") -> None:
        """
        The object is gone; an absent one is no error.

        Raises:
            ConditionFailed: an etag was given and it has another one by now.
        """
        condition = {"IfMatch": etag} if etag else {}
        self.connection.run(
            ObjectOp(
                operation="delete_object",
                parameters={**self._at(key), **condition},
                decode=_nothing,
            )
        )

    def remove_all(self, keys: Iterable[str]) -> None:
        """The objects are gone; absent ones are no error."""
        left = iter(keys)
        while some := tuple(islice(left, MOST_KEYS)):
            self._remove_some(some)

    def listed(self, beginning: str = "") -> Iterator[Listed]:
        """The objects whose keys begin so, in the order of their keys."""
        asked = {"Prefix": self.prefix + beginning}
        while True:
            answer = self.connection.run(self._list_op(asked))
            yield from map(self._described, answer.get("Contents", ()))
            if not answer["IsTruncated"]:
                return
            asked["ContinuationToken"] = answer["NextContinuationToken"]

    def _list_op(self, asked: Mapping[str, object]) -> ObjectOp[Answer]:
        return ObjectOp(
            operation="list_objects_v2",
            parameters={"Bucket": self.name, **asked},
            decode=_whole_list,
        )

    def _remove_some(self, keys: Sequence[str]) -> None:
        objects = [{"Key": self.prefix + key} for key in keys]
        self.connection.run(
            ObjectOp(
                operation="delete_objects",
                parameters={"Bucket": self.name, "Delete": {"Objects": objects, "Quiet": True}},
                decode=_all_removed,
            )
        )

    def _get(self, key: str, decode: Callable[[Answer], T]) -> ObjectOp[T]:
        return ObjectOp(operation="get_object", parameters=self._at(key), decode=decode)

    def _put(self, key: str, data: bytes, condition: dict[str, str]) -> None:
        sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
        self.connection.run(
            ObjectOp(
                operation="put_object",
                parameters={**self._at(key), **condition, "Body": data, "ChecksumSHA256": sha256},
                decode=_nothing,
            )
        )

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self.name, "Key": self.prefix + key}

    def _described(self, content: dict[str, Any]) -> Listed:
        return Listed(
            content["Key"].removeprefix(self.prefix),
            content["ETag"],
            content["Size"],
            content["LastModified"],
        )


def _nothing(_: Answer) -> None:
    """An answer is enough."""


def _body(answer: Answer) -> StreamingBody:
    """What is read from; an answer without an etag is not of S3."""
    if "ETag" not in answer:
        raise BodyDamaged
    body: StreamingBody = answer["Body"]
    return body


def _whole_list(answer: Answer) -> Answer:
    """The list; an empty body, which the SDK takes for an empty list, is damage."""
    if "IsTruncated" not in answer:
        raise BodyDamaged
    return answer


def _all_removed(answer: Answer) -> None:
    for refused in answer.get("Errors", ()):
        raise ClientError({"Error": refused}, "DeleteObjects")
