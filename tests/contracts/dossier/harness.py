"""The adapters of port DossierRenderer."""

from collections.abc import Callable
from typing import Final

from clarity.adapters.report.dossier import DossierFiles
from clarity.ports.dossier import DossierRenderer

OPENERS: Final[dict[str, Callable[[], DossierRenderer]]] = {"files": DossierFiles}
