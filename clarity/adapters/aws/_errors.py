"""
What botocore raises, translated once into the closed set of `clarity.ports.errors`.

A code that no row names becomes `Unexpected`, which is never retried. Texts of the service are not
passed on: a validation message may quote a key, and keys name people.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import attrs
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from clarity.adapters.aws._absent import BucketMissing, TableInUse, TableMissing, UnknownOperation
from clarity.ports.errors import (
    AlreadyExists,
    Denied,
    NotFound,
    PortError,
    Throttled,
    TimedOut,
    TooLarge,
    Unavailable,
    Unexpected,
)

__all__ = [
    "DAMAGED",
    "BodyDamaged",
    "Cancelled",
    "ClockOff",
    "ConditionFailed",
    "DeadlinePassed",
    "Reason",
    "translated",
]

RETRY_AFTER_S: Final = 1.0
"""What a throttled caller is told to wait; the services send no figure of their own."""

ITEM_LIMIT: Final = 400 * 1024
"""Most bytes of one DynamoDB item, names included (service quota)."""

COLLECTION_LIMIT: Final = 10 * 1024**3
"""Most bytes of the items of one partition, where a table has local indexes (service quota)."""

OVERSIZE: Final = "has exceeded the maximum allowed size"
"""How the service tells an item that is too large from other mistakes of a request."""

CONDITION: Final = "ConditionalCheckFailed"
"""Why an action whose condition did not hold made its transaction fail."""

PASSED_OVER: Final = frozenset({"None", CONDITION, "TransactionConflict"})
"""Reasons that are not the fault of the request or the service: adapters look again and decide."""

JsonObject = dict[str, Any]


class BodyDamaged(Exception):
    """The bytes that arrived are not those that were sent."""


class DeadlinePassed(Exception):
    """The time for the whole call is used up; no further attempt is made."""


@attrs.define(eq=False)
class ClockOff(Denied):
    """The service refuses a signature for the time at which it was made."""

    code: ClassVar[str] = "aws.clock-off"

    def __str__(self) -> str:
        return f"{self.what} is refused, as this machine's clock differs; set it"


@attrs.frozen
class Reason:
    """
    Why one action of a transaction did not happen.

    Attributes:
        code: the service's word; `None` for actions that were not to blame.
        item: what is stored under the key of a failed condition, when the service tells.
    """

    code: str
    item: Mapping[str, JsonObject] | None = None

    @property
    def condition_failed(self) -> bool:
        """The action's own condition did not hold."""
        return self.code == CONDITION


@attrs.define(eq=False)
class Cancelled(Exception):
    """
    A transaction was refused as a whole; one reason per action, in order.

    Internal to the family: commits turn it into an answer.
    """

    reasons: tuple[Reason, ...]

    @property
    def condition_failed(self) -> bool:
        """An action's own condition did not hold; otherwise others were at the same items."""
        return any(reason.condition_failed for reason in self.reasons)


@attrs.define(eq=False)
class ConditionFailed(Exception):
    """
    A conditional request was refused: what is there is not what it was based on, or is changing.

    Internal to the family: adapters look again and decide.
    """


def _throttled(_: str) -> PortError:
    return Throttled(RETRY_AFTER_S)


def _missing(what: str) -> PortError:
    return TableMissing(f"a table or index of {what}")


def _in_use(what: str) -> PortError:
    return TableInUse(f"a table of {what}")


def _no_bucket(what: str) -> PortError:
    return BucketMissing(f"the bucket of {what}")


def _damaged(what: str) -> PortError:
    return Unavailable(f"{what} (what was sent was damaged on its way)")


def _large(what: str) -> PortError:
    return TooLarge(f"an item of {what}", ITEM_LIMIT, ITEM_LIMIT + 1)


def _collection(what: str) -> PortError:
    return TooLarge(f"a partition of {what}", COLLECTION_LIMIT, COLLECTION_LIMIT + 1)


def _duplicate(what: str) -> PortError:
    return Unexpected(f"{what}: an item was inserted twice")


def _invalid(what: str) -> PortError:
    return Unexpected(f"{what}: the service takes the request for malformed")


def _collision(what: str) -> PortError:
    return Unavailable(f"{what}: another writer holds the same items")


def _no_credentials(what: str) -> PortError:
    return Denied(f"{what} (no credentials could be found)")


def _slow(what: str) -> PortError:
    return TimedOut(what, 0.0)


CODES: Final[Mapping[str, Callable[[str], PortError]]] = {
    "AccessDenied": Denied,
    "AccessDeniedException": Denied,
    "ExpiredToken": Denied,
    "ExpiredTokenException": Denied,
    "IncompleteSignature": Denied,
    "InvalidAccessKeyId": Denied,
    "InvalidClientTokenId": Denied,
    "InvalidSignatureException": Denied,
    "InvalidToken": Denied,
    "MissingAuthenticationToken": Denied,
    "MissingAuthenticationTokenException": Denied,
    "RequestExpired": ClockOff,
    "RequestTimeTooSkewed": ClockOff,
    "SignatureDoesNotMatch": Denied,
    "UnrecognizedClientException": Denied,
    "LimitExceededException": _throttled,
    "ProvisionedThroughputExceededException": _throttled,
    "RequestLimitExceeded": _throttled,
    "SlowDown": _throttled,
    "ThrottledException": _throttled,
    "Throttling": _throttled,
    "ThrottlingException": _throttled,
    "TooManyRequestsException": _throttled,
    "TransactionCanceledException": _collision,
    "TransactionInProgressException": _collision,
    "TransactionConflictException": _collision,
    "ReplicatedWriteConflictException": _collision,
    "InternalError": Unavailable,
    "InternalFailure": Unavailable,
    "InternalServerError": Unavailable,
    "ServiceUnavailable": Unavailable,
    "ServiceUnavailableException": Unavailable,
    "OperationAbortedException": Unavailable,
    "PriorRequestNotComplete": Unavailable,
    "RequestTimeout": _slow,
    "RequestTimeoutException": _slow,
    "ItemCollectionSizeLimitExceededException": _collection,
    "EntityTooLarge": _large,
    "BadDigest": _damaged,
    "XAmzContentSHA256Mismatch": _damaged,
    "BucketAlreadyOwnedByYou": AlreadyExists,
    "OperationAborted": _collision,
    "NoSuchBucket": _no_bucket,
    "NoSuchKey": NotFound,
    "ResourceInUseException": _in_use,
    "ResourceNotFoundException": _missing,
    "UnknownOperationException": UnknownOperation,
}
"""Every code that is expected: its error."""

TEXTS: Final[Mapping[tuple[str, str], Callable[[str], PortError]]] = {
    ("InvalidSignatureException", "Signature expired"): ClockOff,
    ("InvalidSignatureException", "Signature not yet current"): ClockOff,
    ("ValidationException", OVERSIZE): _large,
}
"""Codes that mean several things, with what the text says: their error; before `CODES`."""

REASONS: Final[Mapping[str, Callable[[str], PortError]]] = {
    "AccessDenied": Denied,
    "DuplicateItem": _duplicate,
    "InternalServerError": Unavailable,
    "ItemCollectionSizeLimitExceeded": _collection,
    "ProvisionedThroughputExceeded": _throttled,
    "RequestLimitExceeded": _throttled,
    "ResourceNotFound": _missing,
    "ThrottlingError": _throttled,
    "ValidationError": _invalid,
}
"""Why a transaction was cancelled, beside `PASSED_OVER`: its error."""

REFUSED: Final = frozenset(
    {
        "412",
        "ConditionalCheckFailedException",
        "ConditionalRequestConflict",
        "PreconditionFailed",
    }
)
"""
What S3 and DynamoDB say when the condition of a request did not hold, or another request was at it;
the SDK tells the status when the text that came with it is unreadable.
"""

SERVER_ERROR: Final = 500

OVERDUE: Final = (DeadlinePassed, sdk.ConnectTimeoutError, sdk.ReadTimeoutError)
"""No answer in time."""

DAMAGED: Final = (
    BodyDamaged,
    ResponseParserError,
    sdk.FlexibleChecksumError,
    sdk.IncompleteReadError,
    sdk.ResponseStreamingError,
)
"""An answer came and is not the one that was sent."""

CAUSES: Final[Sequence[tuple[tuple[type[Exception], ...], Callable[[str], PortError]]]] = (
    (DAMAGED, lambda what: Unavailable(f"{what} (the answer was damaged on its way)")),
    ((sdk.HTTPClientError, sdk.ConnectionError), Unavailable),
    ((sdk.NoCredentialsError, sdk.PartialCredentialsError), _no_credentials),
    ((sdk.CredentialRetrievalError, sdk.TokenRetrievalError), _no_credentials),
)
"""What the library raises when there is no answer; the first that fits."""


def translated(
    error: Exception, what: str, *, limit_s: float = 0.0
) -> PortError | Cancelled | ConditionFailed:
    """
    The error of the port that `error` stands for.

    Args:
        error: what the client library raised.
        what: the dependency and operation in words, no ids.
        limit_s: the time that a call may take, told when it was used up.
    """
    if isinstance(error, sdk.ClientError):
        return _from_answer(error, what)
    if isinstance(error, OVERDUE):
        return TimedOut(what, limit_s)
    for kinds, refused in CAUSES:
        if isinstance(error, kinds):
            return refused(what)
    return Unexpected(f"{what}: {type(error).__name__}")


def _from_answer(error: sdk.ClientError, what: str) -> PortError | Cancelled | ConditionFailed:
    answer: JsonObject = dict(error.response)
    told = answer.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code == "TransactionCanceledException" and answer.get("CancellationReasons"):
        return _cancelled(answer, what)
    if code in REFUSED:
        return ConditionFailed()
    known = _known(code, message)
    if known is not None:
        return known(what)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= SERVER_ERROR:
        return Unavailable(what)
    return Unexpected(f"{what}: {code or 'no code'}")


def _known(code: str, message: str) -> Callable[[str], PortError] | None:
    """What a code means, where it matters what comes with it; None for a code of no row."""
    for (expected, text), error in TEXTS.items():
        if code == expected and text in message:
            return error
    return CODES.get(code)


def _cancelled(answer: JsonObject, what: str) -> PortError | Cancelled:
    """A condition that failed says what is true of the data, so it goes before all else."""
    told = answer["CancellationReasons"]
    cancelled = Cancelled(tuple(Reason(r.get("Code") or "None", r.get("Item")) for r in told))
    if cancelled.condition_failed:
        return cancelled
    for one, reason in zip(told, cancelled.reasons, strict=True):
        if reason.code not in PASSED_OVER:
            return _of_reason(reason.code, str(one.get("Message", "")), what)
    return cancelled


def _of_reason(code: str, message: str, what: str) -> PortError:
    if code == "ValidationError" and OVERSIZE in message:
        return _large(what)
    if code in REASONS:
        return REASONS[code](what)
    return Unexpected(f"{what}: cancelled for {code}")
