"""The adapters of port AuditRenderer."""

from collections.abc import Callable
from typing import Final

from clarity.adapters.report.audit_files import AuditFiles
from clarity.ports.report import AuditRenderer

OPENERS: Final[dict[str, Callable[[], AuditRenderer]]] = {"files": AuditFiles}
