"""The adapters of port Ids."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import attrs

from clarity.adapters.local.ids import RandomIds
from clarity.ports.ids import Ids
from tests.support.clocks import CountedIds


@attrs.frozen(kw_only=True)
class IdsHarness:
    """A source of ids."""

    ids: Ids


Opener = Callable[[], AbstractContextManager[IdsHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "random": lambda: nullcontext(IdsHarness(ids=RandomIds())),
    "counted": lambda: nullcontext(IdsHarness(ids=CountedIds())),
}
