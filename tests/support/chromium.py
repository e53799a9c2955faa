"""Debian's chromium without a window: pictures, printed pages, measurements and what it asked for."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import attrs
import pytest

__all__ = ["Chromium", "Measured", "chromium"]

HINT: Final = "chromium is missing: apt-get install chromium"
NAMES: Final = ("chromium", "chromium-browser")
MACOS: Final = "/Applications/Chromium.app/Contents/MacOS/Chromium"
TIMEOUT_S: Final = 120

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

FRAME: Final = """<!DOCTYPE html><html style="color-scheme: light dark"><title></title>
<body style="margin: 0"><iframe src="{source}" style="border: 0; display: block;
width: {width}px; height: {height}px"></iframe>
<script>addEventListener('message', told => {{ document.title = told.data; }});</script></body></html>"""
"""The page in a frame, since a window cannot be as narrow as a phone."""

PAGE: Final = "file://"
"""In the network log, what requests of a page from the disk are keyed with."""

MEASURE: Final = """<script>
const root = document.documentElement;
const outside = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, svg'));
parent.postMessage(JSON.stringify({width: innerWidth, scroll_width: root.scrollWidth,
  scroll_height: document.body.scrollHeight,
  right: Math.max(...outside.map(e => e.getBoundingClientRect().right)),
  dark: matchMedia('(prefers-color-scheme: dark)').matches}), '*');
</script></body>"""

DARK: Final = "--blink-settings=preferredColorScheme=0"


@attrs.frozen(kw_only=True)
class Measured:
    """
    What a page measures in the browser, px.

    Attributes:
        width: of the window.
        scroll_width: of the page; more than `width` means that it scrolls sideways.
        scroll_height: of the page.
        right: right edge of the widest element outside of tables and drawings.
        dark: whether the page was told to be dark.
    """

    width: int
    scroll_width: int
    scroll_height: int
    right: float
    dark: bool


@attrs.frozen
class Chromium:
    """The browser at `program`; every call starts it anew with an empty profile."""

    program: str

    def measured(self, page: Path, *, width: int, dark: bool = False) -> Measured:
        """The sizes of `page`, from a copy that a few lines of script are added to."""
        text = page.read_text(encoding="utf-8")
        free = text.replace('http-equiv="Content-Security-Policy"', 'name="set-aside"')
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.html"
            copy.write_text(free.replace("</body>", MEASURE), encoding="utf-8")
            frame = _framed(copy, Path(folder), width=width, height=900)
            dom = self._run(frame, "--dump-dom", "--virtual-time-budget=2000", *_colours(dark=dark))
        told = dom.split("<title>")[1].split("</title>")[0]
        return Measured(**json.loads(told))

    def picture(
        self, page: Path, target: Path, *, width: int, height: int, dark: bool = False
    ) -> Path:
        """`target` holds a PNG of the upper `height` px of `page`, laid out `width` px wide."""
        with tempfile.TemporaryDirectory() as folder:
            frame = _framed(page, Path(folder), width=width, height=height)
            size = f"--window-size={width},{height}"
            self._run(frame, f"--screenshot={target}", size, *_colours(dark=dark))
        return target

    def printed(self, page: Path, target: Path) -> Path:
        """`target` holds a PDF of `page` as printed."""
        self._run(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
        return target

    def requested(self, page: Path) -> tuple[str, ...]:
        """Every address that `page` made the browser ask for, in order; its own errands left out."""
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "net.json"
            self._run(page, f"--log-net-log={log}", "--dump-dom")
            events = json.loads(log.read_text(encoding="utf-8"))["events"]
        asked = [event.get("params", {}) for event in events]
        return tuple(told["url"] for told in asked if PAGE in told.get("network_isolation_key", ""))

    def _run(self, page: Path, *options: str) -> str:
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [
                    self.program,
                    *FLAGS,
                    f"--user-data-dir={profile}",
                    *options,
                    page.resolve().as_uri(),
                ],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=True,
            )
        return done.stdout


def _framed(page: Path, folder: Path, *, width: int, height: int) -> Path:
    frame = folder / "frame.html"
    source = page.resolve().as_uri()
    frame.write_text(FRAME.format(source=source, width=width, height=height), encoding="utf-8")
    return frame


def _colours(*, dark: bool) -> tuple[str, ...]:
    return (DARK,) if dark else ()


def chromium() -> Chromium:
    """The browser of this machine; the test fails with a hint when there is none."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None and Path(MACOS).exists():
        program = MACOS
    if program is None:
        pytest.fail(HINT)
    return Chromium(program)
