"""
Changes of the registry, each audited in the chain of its tenant's registry.

The record of a change is durable before the change: what was not recorded did not happen. A record
whose change lost a race, or failed, is followed by one that says `refused`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import attrs

from clarity.application.bundles import LoadedModel, OpenBundle, Phase, Told, untold
from clarity.application.correlation import correlated
from clarity.application.models import PATModelLoader
from clarity.domain.audit import AuditEvent, Operation, Touched
from clarity.domain.errors import ClarityError
from clarity.domain.identity import Actor, CorrelationId, PatientRef
from clarity.domain.models import (
    CHAMPION,
    REGISTRY_SUBJECT,
    AliasMove,
    Direction,
    ModelRef,
    ModelSelector,
    ModelShelf,
    ModelVersion,
    VersionInUse,
)
from clarity.domain.pat.bundle import Bundle, verified
from clarity.domain.versions import SemanticVersion
from clarity.ports.audit import AuditSink
from clarity.ports.clock import Clock
from clarity.ports.errors import AlreadyExists
from clarity.ports.model_registry import ModelRegistry
from clarity.ports.model_store import ModelStore
from clarity.ports.signing import Signer

__all__ = [
    "GRACE_S",
    "AuditedChanges",
    "CollectGarbage",
    "MoveAlias",
    "RegisterBundle",
    "RemoveVersion",
    "SignVersion",
]

GRACE_S: Final = 3_600.0
"""Age below which a bundle without a version is kept: somebody may be about to register it."""


@attrs.frozen
class AuditedChanges:
    """Records changes of the registry, and that they were refused."""

    audit: AuditSink
    clock: Clock

    @contextmanager
    def recorded(
        self, touched: Sequence[Touched], *, actor: Actor, correlation: CorrelationId
    ) -> Iterator[None]:
        """
        The record, then the block; an error of clarity in it leaves a second record.

        Raises:
            PortError: the trail cannot be written; the block did not run.
        """
        self._append(touched, actor, correlation)
        try:
            yield
        except ClarityError:
            refused = [Touched(f"{entity.entity}/refused", entity.before) for entity in touched]
            self._append(refused, actor, correlation)
            raise

    def _append(self, touched: Sequence[Touched], actor: Actor, correlation: CorrelationId) -> None:
        self.audit.append(
            AuditEvent(
                actor=actor,
                patient=PatientRef(actor.tenant, REGISTRY_SUBJECT),
                operation=Operation.MODEL_CHANGE,
                touched=tuple(touched),
                correlation=correlation,
                at=self.clock.now(),
            )
        )


def _entity(ref: ModelRef) -> str:
    return f"model/{ref.model}/{ref.version}"


@attrs.frozen(kw_only=True)
class RegisterBundle:
    """Keeps a bundle and registers the version that its manifest names, after its self-test."""

    store: ModelStore
    registry: ModelRegistry
    opener: OpenBundle
    changes: AuditedChanges
    clock: Clock

    @correlated
    def run(
        self,
        bundle: Bundle,
        *,
        actor: Actor,
        correlation: CorrelationId,
        told: Told = untold,
    ) -> LoadedModel:
        """
        The model, registered; no alias points at it yet.

        Args:
            bundle: with the signatures that it has.
            actor: who.
            correlation: of the request.
            told: hears what is being done.

        Raises:
            AlreadyExists: the name has this version; versions never change.
            DomainError: the bundle is refused, as `OpenBundle.run` says; nothing was kept.
            PortError: trail, store or registry cannot be written.
        """
        told(Phase.PROOF)
        model = self.opener.run(bundle, digest=bundle.digest)
        told(Phase.KEEP)
        known = self.registry.shelf(model.ref.model)
        if any(version.ref.version == model.ref.version for version in known.versions):
            raise AlreadyExists(f"model {model.ref}")
        touched = [Touched(_entity(model.ref), after=model.ref.digest)]
        with self.changes.recorded(touched, actor=actor, correlation=correlation):
            self.store.put(bundle)
            self.registry.register(
                ModelVersion(ref=model.ref, added_at=self.clock.now(), added_by=actor.id)
            )
        return model


@attrs.frozen(kw_only=True)
class MoveAlias:
    """Points an alias at another version, which is loaded and proved first."""

    registry: ModelRegistry
    loader: PATModelLoader
    changes: AuditedChanges
    clock: Clock

    @correlated
    def promote(
        self,
        selector: ModelSelector,
        *,
        alias: str = CHAMPION,
        based_on: int | None = None,
        actor: Actor,
        correlation: CorrelationId,
    ) -> AliasMove:
        """
        The alias points at the version; requests that come after this returns are answered by it.

        Args:
            selector: what to promote; an alias means where it points now.
            alias: which alias.
            based_on: the revision that the caller saw; None for the one at this moment.
            actor: who.
            correlation: of the request.

        Raises:
            ModelUnknown: it is not registered.
            DomainError: it is refused; the alias stays.
            StaleVersion: somebody moved the alias meanwhile; it stays where they put it.
            PortError: trail, store or registry cannot be used.
        """
        shelf = self.registry.shelf(selector.model)
        version = shelf.wanted(selector).ref.version
        seen = shelf.history(alias).revision if based_on is None else based_on
        step = _Step(alias, seen + 1, version, Direction.PROMOTE)
        return self._moved(shelf, step, actor=actor, correlation=correlation)

    @correlated
    def rollback(
        self, model: str, *, alias: str = CHAMPION, actor: Actor, correlation: CorrelationId
    ) -> AliasMove:
        """
        The alias points where it did before its last promotion that still holds.

        Raises:
            NothingToRollBack: there is no earlier version.
            ModelUnknown: the earlier version was removed.
            DomainError, StaleVersion, PortError: as for `promote`.
        """
        shelf = self.registry.shelf(model)
        history = shelf.history(alias)
        step = _Step(alias, history.revision + 1, history.previous(), Direction.ROLLBACK)
        return self._moved(shelf, step, actor=actor, correlation=correlation)

    def _moved(
        self, shelf: ModelShelf, step: "_Step", *, actor: Actor, correlation: CorrelationId
    ) -> AliasMove:
        target = shelf.exact(step.version).ref
        self.loader.load_ref(target)
        move = AliasMove(
            model=shelf.model,
            alias=step.alias,
            revision=step.revision,
            version=step.version,
            direction=step.direction,
            actor=actor.id,
            at=self.clock.now(),
        )
        entity = f"model-alias/{move.model}/{move.alias}/{move.revision}"
        touched = [Touched(entity, _digest_before(shelf, step.alias), target.digest)]
        with self.changes.recorded(touched, actor=actor, correlation=correlation):
            self.registry.move(move)
        self.loader.forget(shelf.model)
        return move


@attrs.frozen
class _Step:
    """Where an alias is to go."""

    alias: str
    revision: int
    version: SemanticVersion
    direction: Direction


def _digest_before(shelf: ModelShelf, alias: str) -> str:
    current = shelf.history(alias).current
    digests = [known.ref.digest for known in shelf.versions if known.ref.version == current]
    return digests[0] if digests else ""


@attrs.frozen(kw_only=True)
class RemoveVersion:
    """Takes a version out of the registry; its bundle stays until garbage is collected."""

    registry: ModelRegistry
    loader: PATModelLoader
    changes: AuditedChanges

    @correlated
    def run(self, selector: ModelSelector, *, actor: Actor, correlation: CorrelationId) -> ModelRef:
        """
        What was removed; requests that hold it finish with it.

        Raises:
            ModelUnknown: it is not registered.
            VersionInUse: an alias points at it.
            PortError: trail or registry cannot be written.
        """
        shelf = self.registry.shelf(selector.model)
        ref = shelf.wanted(selector).ref
        aliases = shelf.aliases_of(ref.version)
        if aliases:
            raise VersionInUse(str(ref), ", ".join(aliases))
        touched = [Touched(_entity(ref), before=ref.digest)]
        with self.changes.recorded(touched, actor=actor, correlation=correlation):
            self.registry.unregister(ref)
        self.loader.release(ref)
        return ref


@attrs.frozen(kw_only=True)
class CollectGarbage:
    """Removes bundles that no version names."""

    store: ModelStore
    registry: ModelRegistry
    changes: AuditedChanges
    clock: Clock

    @correlated
    def run(
        self, *, older_than_s: float = GRACE_S, actor: Actor, correlation: CorrelationId
    ) -> tuple[str, ...]:
        """
        The digests of the bundles that were removed.

        Args:
            older_than_s: bundles put later than this are kept, s.
            actor: who.
            correlation: of the request.

        Raises:
            PortError: trail, store or registry cannot be used.
        """
        before = self.clock.now() - timedelta(seconds=older_than_s)
        old = [bundle.digest for bundle in self.store.stored() if bundle.since <= before]
        shelves = [self.registry.shelf(name) for name in self.registry.names()]
        named = {version.ref.digest for shelf in shelves for version in shelf.versions}
        garbage = tuple(digest for digest in old if digest not in named)
        if not garbage:
            return ()
        touched = [Touched(f"bundle/{digest}", before=digest) for digest in garbage]
        with self.changes.recorded(touched, actor=actor, correlation=correlation):
            for digest in garbage:
                self.store.remove(digest)
        return garbage


@attrs.frozen(kw_only=True)
class SignVersion:
    """Adds a signature to a version."""

    store: ModelStore
    registry: ModelRegistry
    changes: AuditedChanges

    @correlated
    def run(
        self,
        selector: ModelSelector,
        *,
        signer: Signer,
        actor: Actor,
        correlation: CorrelationId,
    ) -> str:
        """
        The id of the key that signed.

        Raises:
            ModelUnknown: it is not registered.
            DigestMismatch, BundleIncomplete, UnreadableModel: it is damaged; it was not signed.
            PortError: trail, store or registry cannot be used.
        """
        ref = self.registry.shelf(selector.model).wanted(selector).ref
        bundle = self.store.get(ref.digest)
        verified(bundle, digest=ref.digest)
        signature = signer.sign(ref.digest)
        touched = [Touched(f"{_entity(ref)}/signature/{signature.key}", after=ref.digest)]
        with self.changes.recorded(touched, actor=actor, correlation=correlation):
            self.store.put(attrs.evolve(bundle, signatures=[signature]))
        return signature.key
