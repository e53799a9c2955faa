"""Names on a disk and words of a command line, which may hold bytes that are no text."""

import os
from pathlib import Path
from typing import Final

import click

__all__ = ["printable", "spoken", "text_of"]

BACKSLASH: Final = "\\"
"""Part of a name, as programs leave it that unpack archives of Windows."""


def spoken(path: Path) -> str:
    """
    The path in characters that every document can hold.

    A byte that is no text stands as in an address, `%F8`, and so do what cannot be printed and a
    backslash, behind which the label of a person would begin.
    """
    text = os.fsencode(path).decode("utf-8", "surrogateescape")
    return "".join(
        one if one.isprintable() and one != BACKSLASH else _by_bytes(one) for one in text
    )


def printable(text: str) -> str:
    """The text in UTF-8; what is none is told by its bytes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def text_of(context: click.Context, parameter: click.Parameter, word: str | None) -> str | None:
    """
    What was typed, also where the machine is not set to UTF-8; None where nothing was.

    Raises:
        BadParameter: it is no UTF-8.
    """
    if word is None:
        return None
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.BadParameter("this is no UTF-8", context, parameter) from error


def _by_bytes(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
