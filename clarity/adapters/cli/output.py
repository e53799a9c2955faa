"""The output folder of `analyze`: what earlier runs left in it, and how it makes room."""

from pathlib import Path

from clarity.ports.errors import Unavailable
from clarity.ports.report import DOCUMENTS, RESULTS

__all__ = ["earlier", "made_room"]


def earlier(out: Path) -> dict[str, bytes]:
    """
    The results.json of everybody whose documents lie in `out`, by folder; "" for `out` itself.

    Folders in which a document is missing are left out.

    Raises:
        Unavailable: one of them cannot be read.
    """
    found = (path.parent for path in (out / RESULTS, *sorted(out.glob(f"*/{RESULTS}"))))
    try:
        return {
            "" if folder == out else folder.name: (folder / RESULTS).read_bytes()
            for folder in found
            if all((folder / name).is_file() for name in DOCUMENTS)
        }
    except OSError as error:
        raise Unavailable(f"{out} ({error.strerror})") from error


def made_room(out: Path, folder: str) -> None:
    """
    The documents of the only participant in `out` lie in `folder` below it.

    Raises:
        Unavailable: they cannot be moved.
    """
    try:
        (out / folder).mkdir(parents=True, exist_ok=True)
        for name in DOCUMENTS:
            (out / name).replace(out / folder / name)
    except OSError as error:
        raise Unavailable(f"{out} ({error.strerror})") from error
