"""
DynamoDB-compatible servers for the tests, on free ports of this machine.

| engine | what it is good for |
|---|---|
| moto | starts fast; S3 and CloudWatch Logs too |
| ministack | transactions with tokens, PartiQL, consumed capacity |
| dynalite | strict validation, pages of 1 MB; knows no transactions |
"""

import atexit
import contextlib
import functools
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from clarity.adapters.aws.settings import Endpoint

STARTUP_S = 30.0
"""An engine that has not answered by then is not coming up."""

ONE_AT_A_TIME = """
import sys
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app))
"""
"""moto without threads: a transaction that it refuses puts all tables back to how they were when it
began, which undoes what other threads committed meanwhile."""

WITHOUT_REAPER = """
import sys, threading
start = threading.Thread.start
threading.Thread.start = lambda self: None if self.name == "dynamodb-ttl-reaper" else start(self)
sys.argv = ["ministack"]
from ministack.app import main
main()
"""
"""ministack without the thread that removes once a minute what has expired by the clock of this
machine, beside the request that runs; the tests have clocks of their own."""

REGION = "eu-west-1"


@attrs.frozen
class Engine:
    """A running server."""

    name: str
    url: str

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(region=REGION, url=self.url)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _script(name: str, hint: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if found is None:
        pytest.fail(f"{name} is missing: {hint}")
    return found


def _command(name: str, port: int) -> list[str]:
    match name:
        case "moto":
            return [sys.executable, "-c", ONE_AT_A_TIME, str(port)]
        case "ministack":
            if importlib.util.find_spec("ministack") is None:
                pytest.fail("ministack is missing: pip install ministack==1.5.33")
            return [sys.executable, "-c", WITHOUT_REAPER]
        case "dynalite":
            program = Path(sys.prefix, "npm", "node_modules", "dynalite", "cli.js")
            if not program.exists():
                pytest.fail(
                    f"dynalite is missing: npm install --prefix {sys.prefix}/npm dynalite@4.0.0"
                )
            node = _script("node", "apt-get install nodejs npm")
            at = ["--host", "127.0.0.1", "--port", str(port)]
            return [node, str(program), *at, "--createTableMs", "0"]
    raise ValueError(name)


@contextlib.contextmanager
def engine(name: str) -> Iterator[Engine]:
    """The engine of that name, running; killed at the end."""
    port = free_port()
    environment = {
        **os.environ,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "0",
    }
    process = subprocess.Popen(
        _command(name, port),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, name, port)
        yield Engine(name, f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], name: str, port: int) -> None:
    end_s = time.monotonic() + STARTUP_S
    while time.monotonic() < end_s:
        if process.poll() is not None:
            pytest.fail(f"{name} stopped with status {process.returncode} before it answered")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    pytest.fail(f"{name} did not answer within {STARTUP_S:g} s")


@functools.cache
def running(name: str) -> Engine:
    """The engine of that name, started once per process and stopped when the process ends."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(engine(name))
