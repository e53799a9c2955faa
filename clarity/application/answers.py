"""What models said about people: kept for a while, counted, and forgotten with them."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import attrs

from clarity.application.predict import Remembering
from clarity.domain.audit import Touched
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditSink
from clarity.ports.cache import Cache, Hit, Miss
from clarity.ports.cache_key import cache_key
from clarity.ports.entities import Key
from clarity.ports.erasure import Erasable, Holding, Trace
from clarity.ports.repository import Evidence

__all__ = ["Answers"]

PREDICTION: Final = "prediction"
"""Kind of what is kept."""

SCHEMA: Final = 1

MOST_KEYS: Final = 10_000
"""Keys of which is known whose they are; with the oldest its value is forgotten."""

_Asked = OrderedDict[tuple[PatientRef, str], None]


@attrs.frozen(eq=False)
class Answers(Erasable):
    """
    A part of `cache` for every person, so that theirs can be found and forgotten.

    Of what this process remembers; another process forgets after `ttl_s` at the latest.

    Attributes:
        cache: the place, used for nothing else.
        audit: takes the record of what is forgotten before it is.
        ttl_s: how long an answer is kept, s.
        most_keys: most keys at once.
    """

    cache: Cache
    audit: AuditSink
    ttl_s: float = attrs.field(validator=attrs.validators.gt(0.0))
    most_keys: int = attrs.field(default=MOST_KEYS, validator=attrs.validators.ge(1))
    _asked: _Asked = attrs.field(factory=OrderedDict, init=False, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def about(self, owner: PatientRef) -> Remembering:
        """Where answers about `owner` are kept, and how long."""
        return Remembering(cache=_OfOwner(self, owner), ttl_s=self.ttl_s)

    def place(self, owner: PatientRef, key: str) -> str:
        """The key of the cache for an answer about `owner`, known as theirs from now on."""
        with self._lock:
            self._asked[owner, key] = None
            self._asked.move_to_end((owner, key))
            oldest = next(iter(self._asked)) if len(self._asked) > self.most_keys else None
        if oldest is not None:
            self._forget(*oldest)
        return _place(owner, key)

    def holdings(self, owner: PatientRef) -> tuple[Holding, ...]:
        """How many answers about `owner` this process remembers."""
        return (Holding(PREDICTION, len(self._held(owner))),)

    def traces(self, owner: PatientRef) -> Iterator[Trace]:
        """The answers about `owner`, by model and digest of the week."""
        yield from (Trace(PREDICTION, key) for key in self._held(owner))

    def erase(self, owner: PatientRef, *, limit: int, evidence: Evidence) -> int:
        """Forget at most `limit` answers about `owner`; those still being made are not kept."""
        held = self._held(owner)[:limit]
        if held:
            names = [Touched(str(Key(PREDICTION, (key,)))) for key in held]
            self.audit.append(attrs.evolve(evidence, patient=owner).event(names))
        for key in held or self._keys(owner):
            self._forget(owner, key)
        return len(held)

    def _keys(self, owner: PatientRef) -> list[str]:
        with self._lock:
            return [key for of, key in self._asked if of == owner]

    def _held(self, owner: PatientRef) -> list[str]:
        return [
            key for key in self._keys(owner) if isinstance(self.cache.get(_place(owner, key)), Hit)
        ]

    def _forget(self, owner: PatientRef, key: str) -> None:
        with self._lock:
            self._asked.pop((owner, key), None)
        self.cache.invalidate(_place(owner, key))  # later: whoever asks in between is known again


@attrs.frozen(eq=False)
class _OfOwner(Cache):
    """The part of one person."""

    answers: Answers
    owner: PatientRef

    def get(self, key: str) -> Hit | Miss:
        """See `Cache.get`."""
        return self.answers.cache.get(self.answers.place(self.owner, key))

    def fill(self, key: str, value: bytes, *, stamp: int, ttl_s: float) -> None:
        """See `Cache.fill`."""
        self.answers.cache.fill(_place(self.owner, key), value, stamp=stamp, ttl_s=ttl_s)

    def invalidate(self, key: str) -> None:
        """See `Cache.invalidate`."""
        self.answers.cache.invalidate(_place(self.owner, key))


def _place(owner: PatientRef, key: str) -> str:
    return cache_key(owner, Key(PREDICTION, (key,)), schema=SCHEMA)
