"""Parsers that must never be asked."""

from typing import NoReturn

from clarity.domain.pat.bundle import VerifiedBundle
from clarity.domain.pat.parity import ParityFixture
from clarity.domain.pat.preprocessing import CohortScaler
from clarity.domain.pat.runtime import Runtime
from clarity.domain.pat.weights import EncoderWeights, HeadWeights
from clarity.ports.engine import Engine
from clarity.ports.model_files import BundleArrays, ImportedWeights, WeightsFiles
from clarity.ports.predictor import Predictor

__all__ = ["NoParser", "ParserReached"]


class ParserReached(AssertionError):
    """A parser was given bytes that are not the recorded ones."""


class NoParser(Engine, BundleArrays, WeightsFiles):
    """An engine and readers of arrays and weights, all of which say that they were reached."""

    def _asked(self) -> NoReturn:
        raise ParserReached

    @property
    def runtime(self) -> Runtime:
        self._asked()

    @property
    def reads(self) -> frozenset[str]:
        self._asked()

    def open(self, bundle: VerifiedBundle) -> Predictor:
        self._asked()

    def fixture_bytes(self, fixture: ParityFixture) -> bytes:
        self._asked()

    def read_fixture(self, data: bytes) -> ParityFixture:
        self._asked()

    def scaler_bytes(self, scaler: CohortScaler) -> bytes:
        self._asked()

    def read_scaler(self, data: bytes) -> CohortScaler:
        self._asked()

    def read(self, data: bytes) -> ImportedWeights:
        self._asked()

    def read_head(self, data: bytes, *, name: str) -> HeadWeights:
        self._asked()

    def write(self, encoder: EncoderWeights, *, heads: tuple[HeadWeights, ...]) -> bytes:
        self._asked()
