"""Every row of the error table, with errors as botocore raises them."""

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from clarity.adapters.aws._absent import BucketMissing, TableInUse, TableMissing, UnknownOperation
from clarity.adapters.aws._errors import (
    CODES,
    PASSED_OVER,
    REASONS,
    BodyDamaged,
    Cancelled,
    ClockOff,
    ConditionFailed,
    DeadlinePassed,
    Reason,
    translated,
)
from clarity.ports.errors import (
    AlreadyExists,
    Denied,
    NotFound,
    Throttled,
    TimedOut,
    TooLarge,
    Transient,
    Unavailable,
    Unexpected,
)

WHAT = "DynamoDB (get_item on main)"
URL = "http://127.0.0.1:1"

EXPECTED = {
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
    "LimitExceededException": Throttled,
    "ProvisionedThroughputExceededException": Throttled,
    "RequestLimitExceeded": Throttled,
    "SlowDown": Throttled,
    "ThrottledException": Throttled,
    "Throttling": Throttled,
    "ThrottlingException": Throttled,
    "TooManyRequestsException": Throttled,
    "TransactionCanceledException": Unavailable,
    "TransactionInProgressException": Unavailable,
    "TransactionConflictException": Unavailable,
    "ReplicatedWriteConflictException": Unavailable,
    "InternalError": Unavailable,
    "InternalFailure": Unavailable,
    "InternalServerError": Unavailable,
    "ServiceUnavailable": Unavailable,
    "ServiceUnavailableException": Unavailable,
    "OperationAbortedException": Unavailable,
    "PriorRequestNotComplete": Unavailable,
    "RequestTimeout": TimedOut,
    "RequestTimeoutException": TimedOut,
    "ItemCollectionSizeLimitExceededException": TooLarge,
    "EntityTooLarge": TooLarge,
    "BadDigest": Unavailable,
    "XAmzContentSHA256Mismatch": Unavailable,
    "OperationAborted": Unavailable,
    "BucketAlreadyOwnedByYou": AlreadyExists,
    "NoSuchBucket": BucketMissing,
    "NoSuchKey": NotFound,
    "ResourceNotFoundException": TableMissing,
    "ResourceInUseException": TableInUse,
    "UnknownOperationException": UnknownOperation,
}


def answered(code: str, *, message: str = "secret-patient-7", status: int = 400) -> sdk.ClientError:
    return sdk.ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "GetItem",
    )


def test_the_table_has_exactly_the_rows_that_are_tested():
    assert set(CODES) == set(EXPECTED)


@pytest.mark.parametrize(("code", "expected"), EXPECTED.items())
def test_a_known_code_becomes_its_error(code: str, expected: type[Exception]):
    error = translated(answered(code), WHAT)

    assert type(error) is expected


@pytest.mark.parametrize("code", [*EXPECTED, "Strange", ""])
def test_the_text_of_the_service_is_never_passed_on(code: str):
    error = translated(answered(code), WHAT)

    assert "secret-patient-7" not in f"{error} {error!r}"


@pytest.mark.parametrize(
    "code",
    ["ConditionalCheckFailedException", "PreconditionFailed", "ConditionalRequestConflict", "412"],
)
def test_a_condition_that_did_not_hold_is_for_the_adapter_to_look_at(code: str):
    assert type(translated(answered(code, status=412), WHAT)) is ConditionFailed


def test_an_unknown_code_is_unexpected_and_never_retried():
    error = translated(answered("Strange"), WHAT)

    assert type(error) is Unexpected
    assert not isinstance(error, Transient)
    assert "Strange" in str(error)


def test_an_unknown_code_with_a_server_status_is_unavailable():
    error = translated(answered("Strange", status=503), WHAT)

    assert type(error) is Unavailable


OVERSIZE = [
    "Item size has exceeded the maximum allowed size",
    "Item size to update has exceeded the maximum allowed size",
]


@pytest.mark.parametrize(
    "message",
    [
        "Signature expired: 20260105T115500Z is now earlier than 20260105T115501Z",
        "Signature not yet current: 20260105T121000Z is still later than 20260105T120959Z",
    ],
)
def test_a_clock_that_is_off_is_told_from_a_wrong_key(message: str):
    refused = translated(answered("InvalidSignatureException", message=message), WHAT)

    assert type(refused) is ClockOff
    assert str(refused) == f"{WHAT} is refused, as this machine's clock differs; set it"


@pytest.mark.parametrize("message", OVERSIZE)
def test_an_oversize_item_is_told_from_other_validation_errors(message: str):
    refused = translated(answered("ValidationException", message=message), WHAT)

    assert isinstance(refused, TooLarge)
    assert refused.limit == 400 * 1024
    assert type(translated(answered("ValidationException"), WHAT)) is Unexpected


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (sdk.ConnectTimeoutError(endpoint_url=URL), TimedOut),
        (sdk.ReadTimeoutError(endpoint_url=URL), TimedOut),
        (DeadlinePassed(), TimedOut),
        (sdk.EndpointConnectionError(endpoint_url=URL), Unavailable),
        (sdk.ConnectionClosedError(endpoint_url=URL), Unavailable),
        (sdk.SSLError(endpoint_url=URL, error="expired"), Unavailable),
        (sdk.ProxyConnectionError(proxy_url=URL), Unavailable),
        (BodyDamaged(), Unavailable),
        (ResponseParserError("secret"), Unavailable),
        (sdk.IncompleteReadError(actual_bytes=1, expected_bytes=2), Unavailable),
        (sdk.FlexibleChecksumError(error_msg="x"), Unavailable),
        (sdk.ResponseStreamingError(error="x"), Unavailable),
        (sdk.NoCredentialsError(), Denied),
        (sdk.PartialCredentialsError(provider="env", cred_var="key"), Denied),
        (sdk.CredentialRetrievalError(provider="iam", error_msg="x"), Denied),
        (sdk.TokenRetrievalError(provider="sso", error_msg="x"), Denied),
        (sdk.BotoCoreError(), Unexpected),
        (sdk.NoRegionError(), Unexpected),
    ],
)
def test_what_is_raised_without_an_answer_becomes_its_error(
    cause: Exception, expected: type[Exception]
):
    assert type(translated(cause, WHAT, limit_s=5)) is expected


def test_a_time_out_says_which_limit_was_reached():
    error = translated(sdk.ReadTimeoutError(endpoint_url=URL), WHAT, limit_s=5)

    assert "within 5 s" in str(error)


def test_a_cancelled_transaction_keeps_its_reasons_in_order():
    item = {"v": {"N": "3"}}
    error = sdk.ClientError(
        {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": [
                {"Code": "None"},
                {"Code": "ConditionalCheckFailed", "Item": item},
                {},
            ],
        },
        "TransactWriteItems",
    )

    cancelled = translated(error, WHAT)

    assert isinstance(cancelled, Cancelled)
    assert cancelled.reasons == (
        Reason("None"),
        Reason("ConditionalCheckFailed", item),
        Reason("None"),
    )
    assert [r.condition_failed for r in cancelled.reasons] == [False, True, False]


EXPECTED_OF_REASON = {
    "AccessDenied": Denied,
    "DuplicateItem": Unexpected,
    "InternalServerError": Unavailable,
    "ItemCollectionSizeLimitExceeded": TooLarge,
    "ProvisionedThroughputExceeded": Throttled,
    "RequestLimitExceeded": Throttled,
    "ResourceNotFound": TableMissing,
    "ThrottlingError": Throttled,
    "ValidationError": Unexpected,
}


def cancelled_for(*codes: str, message: str = "secret-patient-7") -> sdk.ClientError:
    reasons = [{"Code": code, "Message": message} for code in codes]
    error = {"Code": "TransactionCanceledException", "Message": message}
    return sdk.ClientError({"Error": error, "CancellationReasons": reasons}, "TransactWriteItems")


def test_the_reasons_have_exactly_the_rows_that_are_tested():
    assert set(REASONS) == set(EXPECTED_OF_REASON)
    assert {"None", "ConditionalCheckFailed", "TransactionConflict"} == PASSED_OVER


@pytest.mark.parametrize(("code", "expected"), EXPECTED_OF_REASON.items())
def test_a_known_reason_becomes_its_error_whichever_action_it_is_of(
    code: str, expected: type[Exception]
):
    for codes in ((code, "None"), ("None", code), ("TransactionConflict", code)):
        error = translated(cancelled_for(*codes), WHAT)

        assert type(error) is expected
        assert "secret-patient-7" not in f"{error} {error!r}"


def test_an_unknown_reason_is_unexpected_and_named():
    error = translated(cancelled_for("None", "Strange"), WHAT)

    assert type(error) is Unexpected
    assert "Strange" in str(error)


@pytest.mark.parametrize("message", OVERSIZE)
def test_an_oversize_item_of_a_transaction_is_told_from_other_mistakes(message: str):
    error = translated(cancelled_for("None", "ValidationError", message=message), WHAT)

    assert isinstance(error, TooLarge)
    assert error.limit == 400 * 1024


@pytest.mark.parametrize("code", [*EXPECTED_OF_REASON, "TransactionConflict", "Strange"])
def test_a_condition_that_failed_goes_before_every_other_reason(code: str):
    cancelled = translated(cancelled_for(code, "ConditionalCheckFailed"), WHAT)

    assert isinstance(cancelled, Cancelled)
    assert cancelled.condition_failed


def test_others_at_the_same_items_are_no_condition_that_failed():
    cancelled = translated(cancelled_for("None", "TransactionConflict"), WHAT)

    assert isinstance(cancelled, Cancelled)
    assert not cancelled.condition_failed


def test_an_answer_without_any_code_is_unexpected():
    error = translated(sdk.ClientError({}, "GetItem"), WHAT)

    assert type(error) is Unexpected
