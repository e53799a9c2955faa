"""Names of cached entities: no two entities of any patients, kinds or forms share one."""

from datetime import date

from clarity.domain.identity import PatientRef
from clarity.ports.entities import Key

__all__ = ["cache_key"]


def cache_key(owner: PatientRef, key: Key, *, schema: int) -> str:
    """
    The text under which a cache keeps the entity `key` of `owner` in the form `schema`.

    Every part stands behind its length and its type, so that no separator can be forged and a date
    is not taken for the text that looks like it.
    """
    owned = (str(owner.tenant), str(owner.patient), key.kind)
    return "".join(_framed(part) for part in (*owned, *key.parts)) + f"v{schema:d}"


def _framed(part: str | date) -> str:
    kind, text = ("s", part) if isinstance(part, str) else ("d", part.isoformat())
    return f"{kind}{len(text)}:{text}"
