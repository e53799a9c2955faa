from collections.abc import Callable

import attrs

from clarity.application.health import Health
from clarity.ports.errors import Unavailable
from clarity.ports.health import Pingable, PingResult
from tests.support.clocks import HandClock


@attrs.frozen
class Answering(Pingable):
    """Answers with what `answer` says."""

    answer: Callable[[], str]

    def ping(self) -> str:
        return self.answer()


def test_every_dependency_is_asked_though_one_fails():
    clock = HandClock()

    def slow() -> str:
        clock.advance(1.5)
        return "here"

    def gone() -> str:
        clock.advance(0.5)
        raise Unavailable("the cache")

    pings = (("cache", Answering(gone)), ("store", Answering(slow)))

    assert Health(pings, clock).run() == (
        PingResult(
            name="cache",
            ok=False,
            latency_s=0.5,
            detail="[port.unavailable] the cache cannot be reached; see `clarity health`",
        ),
        PingResult(name="store", ok=True, latency_s=1.5, detail="here"),
    )


def test_the_time_of_day_may_jump_while_a_dependency_answers():
    clock = HandClock()
    answering = Answering(lambda: str(clock.set(clock.at.replace(year=2020))))

    (result,) = Health((("store", answering),), clock).run()

    assert result.latency_s == 0.0
