"""What runs networks: opens graphs, and builds them from weights."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.predictor import Predictor

__all__ = ["Engine", "GraphBuilder"]


@runtime_checkable
class Engine(Protocol):
    """Makes predictors."""

    __slots__ = ()

    @abstractmethod
    def open(self, graph: bytes, *, sha256: str) -> Predictor:
        """
        A predictor for the graph, whose digest is compared before it is parsed.

        Raises:
            DigestMismatch: the bytes are not the recorded ones; nothing was parsed.
            UnreadableModel: they are no graph of a PAT network.
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
