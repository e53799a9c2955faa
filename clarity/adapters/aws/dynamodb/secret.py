"""The secret that all processes over the same tables share."""

import secrets
import threading
from typing import Final

import attrs

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.codec import codec_of, told
from clarity.adapters.aws.dynamodb.keys import SINGLE
from clarity.adapters.aws.dynamodb.tables import KEYS
from clarity.adapters.aws.dynamodb.together import Together
from clarity.ports.errors import Corrupt

__all__ = ["SECRET_AT", "SharedSecret"]

SECRET_AT: Final = Address(KEYS.name, "CURSOR", SINGLE)
"""Named after its first use, the cursors."""

SECRET_BYTES: Final = 32
WHAT: Final = "the secret of the store"


@attrs.frozen
class _Secret:
    secret: bytes


@attrs.define(eq=False)
class SharedSecret:
    """
    Gives the secret; asks for it when it is first needed, and never again.

    It lies in the table `keys`, whose items no backup holds; the first process to ask makes it.

    Attributes:
        together: writes it.
    """

    together: Together
    _known: bytes | None = attrs.field(default=None, init=False, repr=False)
    _asking: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def __call__(self) -> bytes:
        """
        The secret, 32 bytes.

        Raises:
            Corrupt: it is there and cannot be read.
            PortError: the service refused or could not be reached.
        """
        with self._asking:
            if self._known is None:
                self._known = self._found()
            return self._known

    def _found(self) -> bytes:
        connection = self.together.connection
        item = connection.run(get_op(connection, SECRET_AT))
        if item is None:
            self._offer()
            item = connection.run(get_op(connection, SECRET_AT))
        secret = told(_Secret, item or {}, WHAT).secret
        if len(secret) != SECRET_BYTES:
            raise Corrupt(WHAT)
        return secret

    def _offer(self) -> None:
        """There is one, ours unless another process was first."""
        fresh: Item = codec_of(_Secret).encode(_Secret(secrets.token_bytes(SECRET_BYTES)))
        put = {
            "TableName": self.together.connection.table(KEYS.name),
            "Item": {**SECRET_AT.key, **fresh},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        self.together.is_done([{"Put": put}], table=KEYS.name)
