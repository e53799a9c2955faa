"""The analyses on offer: built in, of installed packages, and of the embedding program."""

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import ClassVar

import attrs

from clarity.application.offered import offered
from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.choice import USUAL, Choice
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.errors import ClarityError

__all__ = ["BadPlugin", "all_analyses"]


@attrs.define(eq=False)
class BadPlugin(ClarityError):
    """An installed package offers an analysis that does not work."""

    code: ClassVar[str] = "settings.bad-plugin"
    name: str
    problem: str

    def __str__(self) -> str:
        return (
            f"the analysis {self.name!r} {self.problem}; "
            f"repair or remove the package that offers it"
        )


def all_analyses(
    registered: Sequence[Analysis] = (),
    replacing: Sequence[Analysis] = (),
    choice: Choice = USUAL,
) -> tuple[Analysis, ...]:
    """
    The built-in analyses, those of installed packages (`offered`), and `registered`.

    Args:
        registered: of the embedding program.
        replacing: of the embedding program; each stands where the built-in one of its id would.
        choice: about the built-in ones.

    Raises:
        BadPlugin: an entry point does not load or gives no analysis, two analyses have one id, or
            one is to replace a built-in analysis that does not exist.
    """
    ours = _replaced(built_in(choice), replacing)
    analyses = (*ours, *(_loaded(point) for point in offered()), *registered)
    _require_distinct([WearAssessment().id, *(analysis.id for analysis in analyses)])
    return analyses


def _replaced(
    built_in_ones: Sequence[Analysis], replacing: Sequence[Analysis]
) -> tuple[Analysis, ...]:
    _require_distinct([one.id for one in replacing])
    by_id = {one.id: one for one in replacing}
    strange = by_id.keys() - {one.id for one in built_in_ones}
    if strange:
        raise BadPlugin(min(strange), "is to replace a built-in analysis, and none has that id")
    return tuple(by_id.get(one.id, one) for one in built_in_ones)


def _require_distinct(ids: Sequence[str]) -> None:
    twice = [id_ for id_, count in Counter(ids).items() if count > 1]
    if twice:
        raise BadPlugin(twice[0], "is offered more than once")


def _loaded(point: EntryPoint) -> Analysis:
    try:
        analysis = point.load()()
    except Exception as error:
        raise BadPlugin(point.name, f"({point.value}) does not load") from error
    if not isinstance(analysis, Analysis):
        raise BadPlugin(point.name, f"({point.value}) is no analysis")
    return analysis
