"""What runs a network, as far as the last bits of its answers depend on it."""

import re
from enum import StrEnum
from typing import Final

import attrs

__all__ = ["Precision", "Runtime"]

PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_:-]{0,63}")


class Precision(StrEnum):
    """
    Of the products of a network.

    BFLOAT16 keeps eight bits of each factor: on accelerators several times as fast, and embeddings
    move by some thousandths, so it is only what somebody chose.
    """

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def _plain(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not PLAIN.fullmatch(value):
        raise ValueError(f"the {attribute.name} of a runtime is a plain name")


@attrs.frozen(kw_only=True)
class Runtime:
    """
    What runs a network; the same network on two that differ may differ in its last bits.

    Attributes:
        engine: library and version.
        device: where it runs, as the library names it.
        precision: of the products.
        group: samples that go through the network at once.
    """

    engine: str = attrs.field(validator=_plain)
    device: str = attrs.field(validator=_plain)
    precision: Precision = Precision.FLOAT32
    group: int = attrs.field(default=1, validator=attrs.validators.ge(1))

    def __str__(self) -> str:
        """One text for each; no two runtimes share one."""
        return f"{self.engine} {self.device} {self.precision} {self.group}"
