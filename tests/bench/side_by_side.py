"""The same work from two callers at once."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as SharedEvent
from typing import Final, Protocol

import attrs

__all__ = ["PROCESSES", "THREADS", "Crew", "side_by_side"]


class Gate(Protocol):
    """A barrier of threads or of processes."""

    def wait(self) -> int: ...


@attrs.frozen
class Crew:
    """What works side by side: threads of this process, or processes forked from it."""

    worker: Callable[..., threading.Thread | BaseProcess]
    gate: Callable[[int], Gate]
    over: Callable[[], threading.Event | SharedEvent]


FORKED: Final = multiprocessing.get_context("fork")
THREADS: Final = Crew(threading.Thread, threading.Barrier, threading.Event)
PROCESSES: Final = Crew(FORKED.Process, FORKED.Barrier, FORKED.Event)


@contextmanager
def side_by_side(task: Callable[[], object], crew: Crew) -> Iterator[Callable[[], None]]:
    """The task in two workers at once, which are there already and start together."""
    gate, over = crew.gate(3), crew.over()

    def called() -> None:
        while True:
            gate.wait()
            if over.is_set():
                return
            task()
            gate.wait()

    def together() -> None:
        gate.wait()
        gate.wait()

    workers = [crew.worker(target=called) for _ in range(2)]
    for worker in workers:
        worker.start()
    yield together
    over.set()
    gate.wait()
    for worker in workers:
        worker.join()
