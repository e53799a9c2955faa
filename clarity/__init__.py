"""
Wearable data in, analyses with provenance out, and proof of who touched what.

Start with `open_clarity(Settings(...))`; everything else is reached from the object it gives.
"""

from typing import TYPE_CHECKING, Any

from clarity._version import VERSION

if TYPE_CHECKING:
    from clarity.bootstrap import open_clarity
    from clarity.settings import Settings

__all__ = ["Settings", "__version__", "open_clarity"]

__version__ = VERSION


def __getattr__(name: str) -> Any:
    """Load the composition root on first use, so that `import clarity` stays light."""
    if name in {"Settings", "open_clarity"}:
        from clarity import bootstrap

        return getattr(bootstrap, name)
    raise AttributeError(f"module 'clarity' has no attribute {name!r}")
