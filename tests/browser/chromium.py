"""A headless Chromium, driven over a pipe with the DevTools protocol.

Messages are JSON texts that end with a zero byte; the browser reads them from descriptor 3 and
writes to descriptor 4 (`--remote-debugging-pipe`). Commands are answered by their number, what
happens in between are events. No socket is opened.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXECUTABLE = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 20  # seconds for any one answer
_FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
    --disable-background-networking --disable-component-update --disable-dev-shm-usage
    --hide-scrollbars --remote-debugging-pipe
""".split()  # noqa: SIM905  (a command line is written as one)
_KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35,
         "Enter": 13, "Tab": 9}  # fmt: skip


class BrowserError(Exception):
    """The browser refused a command, or a script in the page failed."""


class Browser:
    """One browser with one page in it; `events` is all that the page has reported so far."""

    def __init__(self, profile: Path) -> None:
        """Start the browser with an empty profile in this directory."""
        self.events: list[dict[str, Any]] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._rest = b""
        self._pid, self._input, self._output = _start(profile)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session: str | None = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    _session: str | None = None

    def close(self) -> None:
        """End the browser, by force if it does not go by itself."""
        self._session = None
        with contextlib.suppress(BrowserError, OSError):
            self.call("Browser.close")
        os.close(self._input)
        os.close(self._output)
        deadline = time.monotonic() + 5
        while os.waitpid(self._pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.killpg(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
                return
            time.sleep(0.02)

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its answer."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        _write(self._input, json.dumps(message).encode() + b"\0")
        while number not in self._answers:
            self._read()
        answer = self._answers.pop(number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _read(self) -> None:
        """Take in what the browser has written, and wait for it where there is nothing."""
        if not select.select([self._output], [], [], PATIENCE)[0]:
            raise BrowserError(f"no answer within {PATIENCE} s")
        read = os.read(self._output, 1 << 16)
        if not read:
            raise BrowserError("the browser has ended")
        *messages, self._rest = (self._rest + read).split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self.events.append(message)

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a file and wait until it is loaded; forget what was reported before."""
        self._navigate("about:blank")  # else another fragment of the same file is not loaded anew
        self.events.clear()
        self._navigate(path.as_uri() + fragment)

    def _navigate(self, url: str) -> None:
        loader = self.call("Page.navigate", url=url)["loaderId"]
        while not any(
            event["name"] == "load" and event["loaderId"] == loader
            for event in self.reported("Page.lifecycleEvent")
        ):
            self._read()

    def reported(self, *methods: str) -> list[dict[str, Any]]:
        """Return the events of these kinds."""
        return [event["params"] for event in self.events if event["method"] in methods]

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, or of the promise that it is; it must be JSON."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys as a user does."""
        for key in keys:
            common = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
            text = {"text": "\r"} if key == "Enter" else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", **common, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def click(self, selector: str) -> None:
        """Click the middle of an element, which must be what is seen there."""
        found = json.dumps(selector)
        point = self.evaluate(
            f"(() => {{ const e = document.querySelector({found});"
            " e.scrollIntoView({block: 'center'});"
            " const b = e.getBoundingClientRect();"
            " const x = b.x + b.width / 2, y = b.y + b.height / 2;"
            " return [x, y, e.contains(document.elementFromPoint(x, y))]; })()"
        )
        x, y, seen = point
        if not seen:
            raise BrowserError(f"{selector} is covered")
        button: dict[str, Any] = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", **button)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", **button)

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page a window of this size, in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def prefer(self, **features: str) -> None:
        """Set media features; `prefers_color_scheme="dark"`."""
        listed = [{"name": one.replace("_", "-"), "value": two} for one, two in features.items()]
        self.call("Emulation.setEmulatedMedia", features=listed)


@contextlib.contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser, and end it in any case."""
    started = Browser(profile)
    try:
        yield started
    finally:
        started.close()


def _start(profile: Path) -> tuple[int, int, int]:
    """Start the browser; return its process, where commands go, and where answers come from."""
    assert EXECUTABLE is not None
    to_read, to_write = (_high(one) for one in os.pipe())
    from_read, from_write = (_high(one) for one in os.pipe())
    log = os.open(profile / "stderr", os.O_WRONLY | os.O_CREAT, 0o600)
    pid = os.posix_spawn(
        EXECUTABLE,
        [EXECUTABLE, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        os.environ | {"HOME": str(profile)},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2),
            (os.POSIX_SPAWN_DUP2, to_read, 3),
            (os.POSIX_SPAWN_DUP2, from_write, 4),
        ],
        setpgroup=0,
    )
    for one in (to_read, from_write, log):
        os.close(one)
    return pid, to_write, from_read


def _high(descriptor: int) -> int:
    """Return the descriptor under a number that is not among those that the browser is given."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return high


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
