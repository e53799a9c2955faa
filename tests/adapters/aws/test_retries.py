"""Whether and when a request is sent again."""

import itertools
import random
from collections.abc import Callable

import pytest
from botocore import exceptions as sdk

from clarity.adapters.aws._call import Call, in_progress
from clarity.adapters.aws._deadline import within
from clarity.adapters.aws._errors import BodyDamaged
from clarity.adapters.aws._retries import ALLOWANCE, Allowance, Retries
from clarity.adapters.aws.settings import Limits
from tests.support.clocks import HandClock

URL = "http://127.0.0.1:1"


def answer(code: str = "", *, status: int = 200, reason: str = ""):
    """An answer as the SDK has it when it asks."""
    parsed = {"ResponseMetadata": {"HTTPStatusCode": status}}
    if code:
        parsed["Error"] = {"Code": code, "Message": ""}
    if reason:
        parsed["CancellationReasons"] = [{"Code": reason}, {"Code": "None"}]
    return (None, parsed)


def retries(allowance: float = ALLOWANCE) -> Retries:
    return Retries(attempts=6, jitter=lambda: 1.0, allowance=Allowance(allowance))


def paused(of: Retries, response: object = None, error: object = None, attempts: int = 1):
    return of.pause_s(attempts=attempts, response=response, caught_exception=error, operation=None)


PASSING = [
    answer("ProvisionedThroughputExceededException", status=400),
    answer("ThrottlingException", status=400),
    answer("InternalServerError", status=500),
    answer("Strange", status=503),
    answer("TransactionCanceledException", status=400, reason="ThrottlingError"),
]
LASTING = [
    answer(),
    answer("ValidationException", status=400),
    answer("AccessDeniedException", status=400),
    answer("ConditionalCheckFailedException", status=400),
    answer("TransactionCanceledException", status=400, reason="ConditionalCheckFailed"),
    answer("TransactionCanceledException", status=400, reason="TransactionConflict"),
    answer("TransactionCanceledException", status=400, reason="ValidationError"),
]


@pytest.mark.parametrize("response", PASSING)
def test_what_may_pass_is_sent_again(response: object):
    assert paused(retries(), response) == 0.05


@pytest.mark.parametrize("response", LASTING)
def test_what_will_not_pass_is_not(response: object):
    assert paused(retries(), response) is None


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (sdk.EndpointConnectionError(endpoint_url=URL), True),
        (sdk.ReadTimeoutError(endpoint_url=URL), True),
        (sdk.NoCredentialsError(), False),
        (ValueError("a mistake of ours"), False),
    ],
)
def test_of_calls_without_an_answer_those_that_may_pass_are_sent_again(
    error: Exception, again: bool
):
    assert (paused(retries(), error=error) is not None) == again


@pytest.mark.parametrize("reads", [True, False])
def test_a_damaged_answer_is_asked_for_again_by_readers_alone(reads: bool):
    with in_progress(Call({}, reads=reads)):
        assert (paused(retries(), error=BodyDamaged()) is not None) == reads


def test_pauses_double_to_their_cap_and_end_with_the_attempts():
    pauses = [
        paused(Retries(attempts=9, jitter=lambda: 1.0), PASSING[0], attempts=n)
        for n in range(1, 10)
    ]

    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, None]


@pytest.mark.parametrize(("left_s", "expected"), [(0.06, 0.05), (0.05, None), (0.0, None)])
def test_no_pause_outlasts_the_deadline(left_s: float, expected: float | None):
    clock = HandClock()

    with within(left_s, clock.monotonic_s):
        assert paused(retries(), PASSING[0]) == expected


def call(of: Retries, fails: Callable[[], bool]) -> tuple[bool, int, float]:
    """Whether a call succeeds, its requests, and its pauses at their longest."""
    paused_s = 0.0
    for attempts in itertools.count(1):
        failed = fails()
        pause_s = paused(of, PASSING[0] if failed else LASTING[0], attempts=attempts)
        if pause_s is None:
            return not failed, attempts, paused_s
        paused_s += pause_s
    raise AssertionError


def test_rel_13_at_the_limits_as_they_are_shipped_nearly_all_calls_succeed_within_their_time():
    chance, calls = random.Random(13), 100_000
    of = Retries(attempts=Limits().attempts, jitter=lambda: 1.0)

    done = [call(of, lambda: chance.random() < 0.10 + 0.05 + 0.02) for _ in range(calls)]

    assert sum(succeeded for succeeded, _, _ in done) >= 0.999 * calls
    assert sum(requests for _, requests, _ in done) <= 1.3 * calls
    assert max(paused_s for _, _, paused_s in done) < Limits().deadline_s / 2


def test_a_service_that_is_down_gets_hardly_more_requests_than_calls():
    of = Retries(attempts=Limits().attempts, jitter=lambda: 1.0)

    requests = sum(call(of, lambda: True)[1] for _ in range(1_000))

    assert requests == 1_000 + ALLOWANCE


def test_a_service_that_is_down_is_soon_asked_once_a_call():
    of = retries(3)

    pauses = [paused(of, PASSING[2]) for _ in range(5)]

    assert pauses == [0.05, 0.05, 0.05, None, None]


@pytest.mark.parametrize(("attempts", "earned"), [(1, 0.2), (2, 1.0), (6, 1.0)])
@pytest.mark.parametrize("response", LASTING)
def test_answers_earn_repetitions_back(attempts: int, earned: float, response: object):
    of = retries(0)

    paused(of, response, attempts=attempts)

    assert of.allowance.left == pytest.approx(earned)


def test_no_more_is_earned_than_there_was():
    of = retries()

    paused(of, LASTING[0])

    assert of.allowance.left == ALLOWANCE
