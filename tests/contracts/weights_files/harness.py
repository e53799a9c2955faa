"""The adapters of port WeightsFiles."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import attrs

from clarity.adapters.convert.weights_files import AnyWeights, KerasReader
from clarity.ports.model_files import ExtraMissing, WeightsFiles
from tests.support.models import ANY_WEIGHTS

__all__ = ["OPENERS", "Opener", "WeightsHarness"]


@attrs.frozen(kw_only=True)
class WeightsHarness:
    """A reader and writer, and the same where no further package is installed."""

    files: WeightsFiles
    bare: WeightsFiles


Opener = Callable[[], AbstractContextManager[WeightsHarness]]


def _missing() -> KerasReader:
    raise ExtraMissing("a Keras file", "convert")


OPENERS: Final[dict[str, Opener]] = {
    "any": lambda: nullcontext(WeightsHarness(files=ANY_WEIGHTS, bare=AnyWeights(_missing)))
}
