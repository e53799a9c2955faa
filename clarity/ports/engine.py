"""What runs networks: opens bundles, and builds graphs from weights."""

from abc import abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

import attrs

from clarity.domain.pat.bundle import VerifiedBundle
from clarity.domain.pat.runtime import Runtime
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.errors import PortError
from clarity.ports.predictor import Predictor

__all__ = ["DeviceMissing", "Engine", "GraphBuilder"]


@attrs.define(eq=False)
class DeviceMissing(PortError):
    """The device that was chosen is not in this machine, or the engine was built without it."""

    code: ClassVar[str] = "port.device-missing"
    device: str

    def __str__(self) -> str:
        return (
            f"there is no device {self.device} for the engine here; choose cpu, or install a build "
            "of the engine for that device and its driver"
        )


@runtime_checkable
class Engine(Protocol):
    """Makes predictors; it says which files of a bundle they are made of."""

    __slots__ = ()

    @property
    @abstractmethod
    def runtime(self) -> Runtime:
        """What its predictors run on; never changes."""
        ...

    @property
    @abstractmethod
    def reads(self) -> frozenset[str]:
        """The files of a bundle that `open` reads; it asks for no other; never changes."""
        ...

    @abstractmethod
    def open(self, bundle: VerifiedBundle) -> Predictor:
        """
        A predictor for the network of the bundle, to the precision of `runtime`.

        The digest of a file that it reads is compared once more before it is parsed. Whether the
        predictor computes what was recorded is not looked at: whoever opens a network proves it.

        Raises:
            DigestMismatch: the bytes are not those of the manifest; nothing was parsed.
            UnreadableModel, BadWeights: they are no PAT network, or not that of the manifest.
            DeviceMissing: the chosen device is not there.
        """
        ...


@runtime_checkable
class GraphBuilder(Protocol):
    """Builds graphs from weights; the same weights and version give the same bytes."""

    __slots__ = ()

    @property
    @abstractmethod
    def version(self) -> str:
        """Goes up whenever the same weights give another graph."""
        ...

    @abstractmethod
    def serving(
        self, encoder: EncoderWeights, *, heads: tuple[HeadWeights, ...], length: int
    ) -> bytes:
        """
        The graph that the engine runs fastest.

        Raises:
            LengthNotWhole: `length` is not a positive multiple of the patch.
            ExtraMissing: building needs a package that is not installed.
        """
        ...

    @abstractmethod
    def portable(
        self, encoder: EncoderWeights, *, heads: tuple[HeadWeights, ...], length: int
    ) -> bytes:
        """
        The same network in standard operators only, for any runtime.

        Raises:
            LengthNotWhole, ExtraMissing: as for `serving`.
        """
        ...
