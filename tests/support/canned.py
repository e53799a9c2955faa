"""
A DynamoDB that always says the same: measures clients, since it costs next to nothing itself.

`python -m tests.support.canned FILE` serves the answers of a JSON file (operation to answer) on a
free port of this machine, which it prints.
"""

import asyncio
import base64
import contextlib
import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from clarity.adapters.aws._operations import Item

__all__ = ["canned", "wire"]


def _prepared(answers: Mapping[str, object]) -> dict[str, bytes]:
    prepared = {}
    for operation, answer in answers.items():
        body = json.dumps(answer).encode()
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"x-amz-crc32: {zlib.crc32(body)}\r\nx-amzn-RequestId: x\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        prepared[operation] = head.encode() + body
    return prepared


async def _serve(answers: Mapping[str, object]) -> None:
    prepared = _prepared(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                fields = dict(
                    line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
                )
                await reader.readexactly(int(fields.get("content-length", 0)))
                operation = fields["x-amz-target"].rpartition(".")[2]
                writer.write(prepared[operation])
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def wire(item: Item) -> Item:
    """The item as it travels."""
    return {n: {"B": base64.b64encode(a["B"]).decode()} if "B" in a else a for n, a in item.items()}


@contextlib.contextmanager
def canned(answers: Mapping[str, object]) -> Iterator[str]:
    """The address of a server that gives `answers` by operation; operation in lower case."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answers.json")
        path.write_text(json.dumps({k.lower(): v for k, v in answers.items()}), "utf-8")
        command = [sys.executable, "-m", "tests.support.canned", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield f"http://127.0.0.1:{int(process.stdout.readline())}"
            finally:
                process.kill()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
