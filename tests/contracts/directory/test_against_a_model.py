"""Port Directory against a plain dict: any sequence of kept, changed, deleted and expired profiles."""

from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.profile import EmailAddress
from clarity.ports.entities import Key
from clarity.ports.errors import AlreadyExists
from clarity.ports.repository import Delete, Put
from tests.contracts.directory.harness import Opener
from tests.contracts.repository.harness import evidence, profile

KEY = Key("profile", ())
PEOPLE = [
    PatientRef(TenantId(tenant), PatientId(name))
    for tenant, name in [("clinic", "ada"), ("clinic", "ben"), ("clinic", "cleo"), ("other", "ada")]
]
ADDRESSES = ["a@x", "A@X", "b@x", "c@x"]


@attrs.frozen
class Kept:
    """What the model knows of a profile."""

    address: str
    version: int
    until: datetime | None


class DirectoryMachine(RuleBasedStateMachine):
    """The model: by patient the folded address, its version, and until when."""

    opener: Opener

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.kept: dict[PatientRef, Kept] = {}

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    def _alive(self) -> dict[PatientRef, Kept]:
        now = self.world.clock.now()
        return {o: k for o, k in self.kept.items() if k.until is None or now < k.until}

    def _holder(self, tenant: TenantId, address: str) -> PatientRef | None:
        holders = [
            owner
            for owner, kept in self._alive().items()
            if owner.tenant == tenant and kept.address == address
        ]
        assert len(holders) <= 1
        return holders[0] if holders else None

    @rule(
        owner=st.sampled_from(PEOPLE),
        spelled=st.sampled_from(ADDRESSES),
        life_s=st.none() | st.integers(1, 100),
    )
    def keep(self, owner: PatientRef, spelled: str, life_s: int | None) -> None:
        until = None if life_s is None else self.world.clock.now() + timedelta(seconds=life_s)
        known = self._alive().get(owner)
        version = 0 if known is None else known.version
        change, told = Put(profile(spelled), version, until), evidence(owner)
        address = EmailAddress(spelled).folded
        if self._holder(owner.tenant, address) not in (None, owner):
            with pytest.raises(AlreadyExists) as refused:
                self.world.repository.commit([change], evidence=told)
            assert refused.value.field == "email"
            return
        self.world.repository.commit([change], evidence=told)
        self.kept[owner] = Kept(address, version + 1, until)

    @rule(owner=st.sampled_from(PEOPLE))
    def delete(self, owner: PatientRef) -> None:
        known = self._alive().get(owner)
        if known is not None:
            self.world.repository.commit([Delete(KEY, known.version)], evidence=evidence(owner))
            del self.kept[owner]

    @rule(seconds=st.sampled_from([1, 40, 200]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @invariant()
    def everybody_is_found_by_what_they_have_alone(self) -> None:
        if not hasattr(self, "world"):
            return
        for tenant in (TenantId("clinic"), TenantId("other")):
            for spelled in ADDRESSES:
                email = EmailAddress(spelled)
                found = self.world.directory.find(tenant, email=email)
                assert found == self._holder(tenant, email.folded)


def test_any_sequence_of_changes_agrees_with_the_model(opened: Opener):
    machine = type("Machine", (DirectoryMachine,), {"opener": staticmethod(opened)})
    profile_ = settings()

    run_state_machine_as_test(
        machine,
        settings=settings(
            profile_, max_examples=max(5, profile_.max_examples // 10), stateful_step_count=15
        ),
    )
