"""Settings from plain values."""

from collections.abc import Mapping

import attrs
import cattrs
from cattrs.errors import BaseValidationError

from clarity.settings import BadSettings, Settings

__all__ = ["settings_from"]


def settings_from(mapping: Mapping[str, object]) -> Settings:
    """
    Settings from plain values, as they come from a file, the environment or options.

    Raises:
        BadSettings: a name is unknown or a value does not fit; names every problem.
    """
    problems = [problem for name, value in mapping.items() for problem in _problems(name, value)]
    if problems:
        raise BadSettings(tuple(problems))
    return _converter().structure(dict(mapping), Settings)


def _problems(name: str, value: object) -> list[str]:
    """What is wrong with one setting, each with the setting's name."""
    if name not in attrs.fields_dict(Settings):
        return [f"{name} is no setting"]
    try:
        _converter().structure({name: value}, Settings)
    except BaseValidationError as error:
        found = cattrs.transform_error(error, format_exception=lambda raised, _: str(raised))
        return [f"{name} cannot be {value!r} ({reason.split(' @ ')[0]})" for reason in found]
    return []


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(str, _text)
    return converter


def _text(value: object, of: type[str]) -> str:
    """The text, as the member that it names where `of` is an enumeration."""
    if isinstance(value, str):
        return of(value)
    raise ValueError("text was expected")
