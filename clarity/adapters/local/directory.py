"""People by their e-mail address."""

from typing import Final

import attrs

from clarity.adapters.local import _chain
from clarity.adapters.local._sql import micros
from clarity.adapters.local.store import SqliteStore
from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.privacy import Beacons
from clarity.domain.profile import EmailAddress
from clarity.ports.clock import Clock
from clarity.ports.directory import Directory
from clarity.ports.entities import of_email

__all__ = ["SqliteDirectory"]

FIND: Final = """
    SELECT patient FROM taken JOIN patient ON patient.id = taken.owner
    WHERE beacon = ? AND (expires_us IS NULL OR expires_us > ?)
"""


@attrs.frozen
class SqliteDirectory(Directory):
    """
    Looks where the repository keeps who alone has an address.

    Attributes:
        store: the open store.
        clock: decides what has expired.
    """

    store: SqliteStore
    clock: Clock

    def find(self, tenant: TenantId, *, email: EmailAddress) -> PatientRef | None:
        """The patient whose profile has that address; else None."""
        one = of_email(email)
        beacon = Beacons(self.store.cursor_key).of(tenant, field=one.field, value=one.value)
        with self.store.reading() as connection:
            row = connection.execute(FIND, (beacon, micros(self.clock.now()))).fetchone()
        return None if row is None else _chain.patient_of(str(tenant), row[0])
