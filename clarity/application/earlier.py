"""What earlier runs did of the same files in the same way, and what therefore need not be done."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

import attrs

from clarity.application.belonging import Mark, digest_of, mark_of
from clarity.application.read import Days
from clarity.ports.recordings import Source
from clarity.ports.report import Entry, Origin

__all__ = ["Earlier", "earlier_of"]


@attrs.frozen
class Earlier:
    """
    Reports that would be made again as they are.

    Attributes:
        marks: of the files that are given and known.
        keys: whose streams each file went into.
        whole: files of which nothing is missing in the reports.
    """

    marks: Mapping[Source, Mark] = attrs.field(factory=dict)
    keys: Mapping[Mark, frozenset[Days]] = attrs.field(factory=dict)
    whole: frozenset[Mark] = frozenset()

    def is_whole(self, source: Source) -> bool:
        """Whether nothing of the file is missing in the reports."""
        return self.marks.get(source) in self.whole

    def keys_of(self, source: Source) -> frozenset[Days]:
        """Whose streams the file went into."""
        mark = self.marks.get(source)
        return self.keys.get(mark, frozenset()) if mark is not None else frozenset()


def earlier_of(
    sources: Sequence[Source],
    entries: Mapping[Days, Entry],
    is_current: Callable[[Days, Entry], bool],
) -> Earlier:
    """
    What is done of `sources` already.

    Args:
        sources: the files that are given.
        entries: the reports in the output folder.
        is_current: whether a report would be made again as it is.
    """
    names = {origin.name for entry in entries.values() for origin in entry.made_of.origins}
    known = [source for source in sources if PurePath(source.name).name in names]
    marks = {source: mark_of(source, digest_of(source)) for source in known}
    given = set(marks.values())
    current = {
        key: entry.made_of.origins
        for key, entry in entries.items()
        if given.issuperset(map(_mark, entry.made_of.origins)) and is_current(key, entry)
    }
    keys: dict[Mark, set[Days]] = defaultdict(set)
    for key, origins in current.items():
        for origin in origins:
            keys[_mark(origin)].add(key)
    told = Counter(origin for origins in current.values() for origin in origins)
    return Earlier(
        marks=marks,
        keys={mark: frozenset(some) for mark, some in keys.items()},
        whole=frozenset(_mark(origin) for origin, n in told.items() if n == origin.recordings),
    )


def _mark(origin: Origin) -> Mark:
    return (origin.name, origin.folder, origin.digest)
