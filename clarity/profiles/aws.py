"""The profile on Amazon Web Services."""

from dependency_injector import providers

from clarity.container import Core
from clarity.profiles.parts import core_with, head_signer, instruments
from clarity.settings import Settings

__all__ = ["aws"]


def aws(settings: Settings) -> Core:
    """DynamoDB for all that is stored; the key for audit heads on this machine."""
    from clarity.adapters.aws.dynamodb.store import open_store
    from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec

    told = instruments()
    store = providers.Resource(open_store, settings.store, ShuffleZstdCodec(), **told)
    held = ("real", "trail", "job_store", "erasure", "inventory", "copies", "expiring")
    stored = {name: getattr(store.provided, name) for name in held}
    return core_with(settings, head_signer=head_signer(settings.home), **stored, **told)
