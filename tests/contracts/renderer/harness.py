"""The adapters of port Renderer."""

from collections.abc import Callable
from typing import Final

from clarity.adapters.report.html import HtmlRenderer
from clarity.ports.report import Renderer

OPENERS: Final[dict[str, Callable[[], Renderer]]] = {"html": HtmlRenderer}
