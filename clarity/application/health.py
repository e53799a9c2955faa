"""Ask everything the application leans on whether it works."""

from collections.abc import Sequence

import attrs

from clarity.ports.clock import Clock
from clarity.ports.errors import PortError
from clarity.ports.health import Pingable, PingResult

__all__ = ["Health"]


@attrs.frozen
class Health:
    """Pings every dependency; one that fails does not keep the others from being asked."""

    pings: Sequence[tuple[str, Pingable]]
    clock: Clock

    def run(self) -> tuple[PingResult, ...]:
        """One answer per dependency, in the order of registration."""
        return tuple(self._asked(name, dependency) for name, dependency in self.pings)

    def _asked(self, name: str, dependency: Pingable) -> PingResult:
        started = self.clock.monotonic_s()
        try:
            detail, ok = dependency.ping(), True
        except PortError as error:
            detail, ok = f"[{error.code}] {error}", False
        latency_s = self.clock.monotonic_s() - started
        return PingResult(name=name, ok=ok, latency_s=latency_s, detail=detail)
