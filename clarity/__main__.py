"""The command `clarity`, which can be interrupted while it is still being imported."""

import sys

__all__ = ["main"]

INTERRUPTED = 130
"""As every other end by Ctrl-C (`adapters/cli/exits.py`, which is not imported yet)."""


def main() -> int:
    """Run the command line; gives its exit code."""
    try:
        from clarity import bootstrap

        return bootstrap.main()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was stored is whole, run the command again\n")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
