"""The store behind an address: connection, adapters, and the secret that all processes share."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.audit import DynamoDBAuditLogger
from clarity.adapters.aws.dynamodb.backoff import Backoff
from clarity.adapters.aws.dynamodb.batch import Batches
from clarity.adapters.aws.dynamodb.bulk import DynamoDBBulkDays
from clarity.adapters.aws.dynamodb.cursor import CursorKey
from clarity.adapters.aws.dynamodb.erasure import DynamoDBErasure
from clarity.adapters.aws.dynamodb.inventory import DynamoDBInventory
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.jobs import DynamoDBJobs
from clarity.adapters.aws.dynamodb.outbox import AT_ONCE, DynamoDBAuditOutbox
from clarity.adapters.aws.dynamodb.payload_erasure import DynamoDBPayloadErasure
from clarity.adapters.aws.dynamodb.removal import Removal
from clarity.adapters.aws.dynamodb.repository import DynamoDBRepository
from clarity.adapters.aws.dynamodb.secret import SharedSecret
from clarity.adapters.aws.dynamodb.tables import TablesChecked, create_tables
from clarity.adapters.aws.dynamodb.together import Together
from clarity.adapters.aws.dynamodb.unique import DynamoDBDirectory
from clarity.adapters.aws.dynamodb.upkeep import DynamoDBUpkeep
from clarity.adapters.aws.guards import Guards
from clarity.adapters.aws.settings import THREADS, Endpoint, Limits
from clarity.domain.errors import ClarityError
from clarity.domain.privacy import Beacons, Pseudonyms
from clarity.ports.clock import Clock
from clarity.ports.errors import Transient
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tracer

__all__ = [
    "BadAddress",
    "DynamoDBStore",
    "name_of",
    "open_store",
    "settings_of",
]

AMAZON: Final = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
"""How the hosts of the service end."""

SCHEME: Final = "dynamodb"
LIMITS: Final[Mapping[str, Callable[[str], Any]]] = {
    "attempts": int,
    "connect_timeout_s": float,
    "deadline_s": float,
    "pool_size": int,
    "read_timeout_s": float,
}
OPTIONS: Final = frozenset({"endpoint", "replica", "replica_endpoint", "create", *LIMITS})

BESIDE: Final = AT_ONCE
"""Connections beside those of the threads that work: what tells the audit log has its own."""


@attrs.define(eq=False)
class BadAddress(ClarityError):
    """An address of tables cannot be understood; nothing was opened."""

    code: ClassVar[str] = "aws.bad-address"
    address: str
    problem: str

    def __str__(self) -> str:
        return (
            f"{self.address!r} is no address of tables ({self.problem}); write "
            f"dynamodb://REGION/PREFIX, for an engine on this machine with "
            f"?endpoint=http://127.0.0.1:8000&create=yes"
        )


@attrs.frozen(kw_only=True)
class DynamoDBStore:
    """
    What lies in the tables, by the ports it stands behind.

    Attributes:
        connection: to DynamoDB.
        real: the repository, undecorated.
        directory: people by their e-mail address.
        trail: the audit trail; sink too.
        outbox: audit records that are still to be told outside.
        pseudonyms: names for people outside; from the secret that all processes share.
        inventory: counts and pings.
        job_store: long work; erasable too.
        erasure: lets go of a person's entities.
        bulk: brings in days in batches.
        payload_erasure: lets go of what lies beside the tables; None without a blob store.
        expiring: removes what has expired.
        copies: checks everything; copies are DynamoDB's own.
    """

    connection: DynamoDBConnection
    real: DynamoDBRepository
    directory: DynamoDBDirectory
    trail: DynamoDBAuditLogger
    outbox: DynamoDBAuditOutbox
    pseudonyms: Pseudonyms
    inventory: DynamoDBInventory
    job_store: DynamoDBJobs
    erasure: DynamoDBErasure
    bulk: DynamoDBBulkDays
    payload_erasure: DynamoDBPayloadErasure | None
    expiring: DynamoDBUpkeep
    copies: DynamoDBUpkeep


def settings_of(address: str, *, threads: int = THREADS) -> ConnectionSettings:
    """
    The settings that `dynamodb://REGION/PREFIX?endpoint=URL&replica=REGION&deadline_s=5` names.

    `replica_endpoint` is the replica's address when it is another than the region's own. The other
    limits of a call are `connect_timeout_s`, `read_timeout_s`, `attempts` and
    `pool_size`; unless chosen, as many connections are kept open as `threads` need.

    Raises:
        BadAddress: a part is missing, unknown or out of range.
    """
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme != SCHEME or not parts.netloc:
        raise BadAddress(address, "the region is missing")
    if not options.keys() <= OPTIONS or options.get("create", "yes") != "yes":
        raise BadAddress(address, f"the options are {', '.join(sorted(OPTIONS))}")
    if "create" in options and not _is_engine(options.get("endpoint", "")):
        raise BadAddress(address, "create=yes is for an engine on this machine, at its endpoint")
    if "replica_endpoint" in options and "replica" not in options:
        raise BadAddress(address, "replica_endpoint goes with the region of the replica")
    try:
        return ConnectionSettings(
            endpoint=Endpoint(region=parts.netloc, url=options.get("endpoint", "")),
            replica=_replica(options),
            limits=_limits(options, threads),
            table_prefix=parts.path.removeprefix("/") or "clarity-",
            makes_tables="create" in options,
        )
    except ValueError as error:
        raise BadAddress(address, "a value is out of range") from error


def _replica(options: Mapping[str, str]) -> Endpoint | None:
    if "replica" not in options:
        return None
    return Endpoint(region=options["replica"], url=options.get("replica_endpoint", ""))


def _limits(options: Mapping[str, str], threads: int) -> Limits:
    chosen = {name: of(options[name]) for name, of in LIMITS.items() if name in options}
    return attrs.evolve(Limits(pool_size=threads + BESIDE), **chosen)


def _is_engine(endpoint: str) -> bool:
    """Not Amazon's own, whose tables come from the infrastructure's template."""
    host = urlsplit(endpoint).hostname or ""
    return bool(host) and not f".{host}".endswith(AMAZON)


def name_of(address: str) -> str:
    """
    A name for the store at `address` in places that several stores share.

    Raises:
        BadAddress: a part is missing, unknown or out of range.
    """
    settings = settings_of(address)
    return f"{settings.endpoint.region}-{settings.table_prefix}"


@contextmanager
def open_store(
    settings: ConnectionSettings,
    items: EntityItems,
    *,
    guards: Guards,
    clock: Clock,
    metrics: Metrics,
    tracer: Tracer,
) -> Iterator[DynamoDBStore]:
    """
    The store that `settings` name, closed at the end.

    Nothing is asked unless missing tables are to be made; a service that is down is told by the
    first call, `health` among them. The blob store of `items` holds nothing else.

    Raises:
        PortError: the tables were to be made and the service refused.
    """
    connection = DynamoDBConnection(
        settings,
        clock=clock,
        metrics=metrics,
        tracer=tracer,
        before_changes=TablesChecked(),
        guards=guards,
    )
    try:
        if settings.makes_tables:
            with suppress(Transient):
                create_tables(connection, clock=clock)
        yield _store(connection, items, clock)
    finally:
        connection.close()


def _store(connection: DynamoDBConnection, items: EntityItems, clock: Clock) -> DynamoDBStore:
    blobs, backoff = items.payloads.blobs, Backoff(limit_s=connection.limits.deadline_s)
    secret = SharedSecret(Together(connection, clock, backoff))
    key, beacons = CursorKey(secret, clock), Beacons(secret)
    trail = DynamoDBAuditLogger(connection=connection, clock=clock, cursor_key=key, backoff=backoff)
    removal = Removal(connection=connection, clock=clock, backoff=backoff)
    batches = Batches(connection, clock, backoff)
    upkeep = DynamoDBUpkeep(connection, items, clock)
    return DynamoDBStore(
        connection=connection,
        real=DynamoDBRepository(
            connection=connection,
            items=items,
            beacons=beacons,
            clock=clock,
            cursor_key=key,
            backoff=backoff,
        ),
        directory=DynamoDBDirectory(connection, beacons, clock),
        trail=trail,
        outbox=DynamoDBAuditOutbox(connection=connection, clock=clock, backoff=backoff),
        pseudonyms=Pseudonyms(secret),
        inventory=DynamoDBInventory(connection, trail, clock),
        job_store=DynamoDBJobs(
            connection=connection, batches=batches, removal=removal, cursor_key=key
        ),
        bulk=DynamoDBBulkDays(
            connection=connection, items=items, batches=batches, clock=clock, backoff=backoff
        ),
        erasure=DynamoDBErasure(connection, removal, items.payloads),
        payload_erasure=DynamoDBPayloadErasure(blobs, removal) if blobs else None,
        expiring=upkeep,
        copies=upkeep,
    )
