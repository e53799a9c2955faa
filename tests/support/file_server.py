"""A server of one file on this machine that can be told to misbehave."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs

__all__ = ["CONTENT", "Server", "listening"]

CONTENT = bytes(range(256)) * 1_000


@attrs.define(eq=False)
class Server:
    """What the server does next, and what it was asked."""

    url: str = ""
    content: bytes = CONTENT
    status: int = 0
    cut_after: int | None = None
    ranges: bool = True
    length: bool = True
    redirect: str = ""
    content_range: str = ""
    silent: threading.Event = attrs.field(factory=threading.Event)
    hang: bool = False
    garbage: bool = False
    asked: list[str] = attrs.field(factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers as `world` says."""

    world: Server

    def do_GET(self) -> None:
        self.world.asked.append(self.headers.get("Range", ""))
        if self.world.garbage:
            self.wfile.write(b"this is no HTTP\r\n\r\n")
        elif self.world.hang:
            self.world.silent.wait(30.0)
        elif self.world.redirect:
            target, self.world.redirect = self.world.redirect, ""
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()
        elif self.world.status:
            self.send_error(self.world.status)
        else:
            self.serve(self.headers.get("Range", "") if self.world.ranges else "")

    def serve(self, asked: str) -> None:
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        size = len(self.world.content)
        if asked and start >= size:
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        body = self.world.content[start:]
        if self.world.length:
            self.send_header("Content-Length", str(len(body)))
        if asked:
            right = f"bytes {start}-{size - 1}/{size}"
            self.send_header("Content-Range", self.world.content_range or right)
        self.end_headers()
        cut, self.world.cut_after = self.world.cut_after, None
        self.wfile.write(body if cut is None else body[:cut])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(world: Server) -> Iterator[Server]:
    """The server on some port of this machine."""
    kind = type("Handler", (Handler,), {"world": world})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as serving:
        serving.daemon_threads = True
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        world.url = f"http://127.0.0.1:{serving.server_port}/model.h5"
        yield world
        world.silent.set()
        serving.shutdown()
        thread.join()
