"""Everything held about one person, as files for that person or for another program."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from clarity.domain.audit import AuditRecord
from clarity.domain.identity import PatientRef
from clarity.domain.jobs import Job
from clarity.ports.entities import Entity
from clarity.ports.erasure import Trace

__all__ = ["Dossier", "DossierRenderer", "Piece"]


@attrs.frozen(kw_only=True)
class Dossier:
    """
    One person, and what is held about them in the order in which it is read.

    Attributes:
        patient: who.
        made_at: when, aware.
        items: entities by kind and key, jobs and traces, then audit records; read while it is
            consumed.
    """

    patient: PatientRef
    made_at: datetime
    items: Iterable[Entity | Job | Trace | AuditRecord]


@attrs.frozen
class Piece:
    """The next bytes of the file `name`; pieces of several files come in turns."""

    name: str
    content: bytes


@runtime_checkable
class DossierRenderer(Protocol):
    """Writes a dossier as JSON and as CSV without holding it all."""

    __slots__ = ()

    @abstractmethod
    def render(self, dossier: Dossier) -> Iterator[Piece]:
        """
        Pieces of the files, as the items come.

        Per kind of item KIND.json, an array of everything it says, and KIND.csv, a row each; the
        values of day chunks also as chunk-values.csv, a row per epoch, and the findings of results
        as result-findings.csv; traces of every kind in trace.json and trace.csv, by kind and name.
        Missing values are null and empty cells. The last file,
        contents.json, tells who, when and how many items of each kind the others hold; without it
        a dossier is not complete.
        """
        ...
