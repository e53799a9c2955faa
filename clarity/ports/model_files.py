"""The formats of models: weights as others publish them, and the arrays of a bundle."""

from abc import abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

import attrs

from clarity.domain.pat.parity import ParityFixture
from clarity.domain.pat.preprocessing import CohortScaler
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.errors import PortError

__all__ = ["BundleArrays", "ExtraMissing", "ImportedWeights", "WeightsFiles"]


@attrs.define(eq=False)
class ExtraMissing(PortError):
    """A package that is not installed by default is needed."""

    code: ClassVar[str] = "port.extra-missing"
    what: str
    extra: str

    def __str__(self) -> str:
        return f"{self.what} needs more packages: install `clarity[{self.extra}]`"


@attrs.frozen(kw_only=True)
class ImportedWeights:
    """
    What a weights file holds.

    Attributes:
        encoder: complete and finite.
        heads: those in the file, named.
        format: which kind of file it was.
        unnamed: layers of a head in the file that does not say what its score is called; it is
            not among `heads`, and `read_head` gives it a name.
    """

    encoder: EncoderWeights
    heads: tuple[HeadWeights, ...]
    format: str
    unnamed: tuple[str, ...] = ()


@runtime_checkable
class WeightsFiles(Protocol):
    """Weights in and out of files."""

    __slots__ = ()

    @abstractmethod
    def read(self, data: bytes) -> ImportedWeights:
        """
        The weights in a published Keras file or a safetensors file, told by its first bytes.

        Raises:
            UnreadableModel: it is none of these, damaged, a pickle or an archive.
            BadWeights: the tensors are not those of a published encoder, or not finite.
            ExtraMissing: this kind of file needs a package that is not installed.
        """
        ...

    @abstractmethod
    def read_head(self, data: bytes, *, name: str) -> HeadWeights:
        """
        The fine-tuning head in a published Keras file, named `name`.

        Raises:
            UnreadableModel, BadWeights, ExtraMissing: as for `read`.
        """
        ...

    @abstractmethod
    def write(self, encoder: EncoderWeights, *, heads: tuple[HeadWeights, ...]) -> bytes:
        """The bytes of a safetensors file; the same weights give the same bytes."""
        ...


@runtime_checkable
class BundleArrays(Protocol):
    """The arrays of a bundle as bytes; the same arrays give the same bytes."""

    __slots__ = ()

    @abstractmethod
    def fixture_bytes(self, fixture: ParityFixture) -> bytes:
        """The bytes that `read_fixture` reads."""
        ...

    @abstractmethod
    def read_fixture(self, data: bytes) -> ParityFixture:
        """
        The fixture of a self-test.

        Raises:
            UnreadableModel: it is none, or larger inside than any fixture is.
        """
        ...

    @abstractmethod
    def scaler_bytes(self, scaler: CohortScaler) -> bytes:
        """The bytes that `read_scaler` reads."""
        ...

    @abstractmethod
    def read_scaler(self, data: bytes) -> CohortScaler:
        """
        The scaler of a cohort.

        Raises:
            UnreadableModel: it is none, or larger inside than any scaler is.
            BadScaler: its numbers cannot standardise a week.
        """
        ...
