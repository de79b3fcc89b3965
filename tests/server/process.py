"""`duban serve` or `worker` as a process of its own, which tests may stop gently or kill."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

DUBAN = str(Path(sys.executable).with_name("duban"))


class Process:
    """One running server or worker, ready to work; a server tells its `address`."""

    def __init__(self, folder: Path, *arguments: str, command: str = "serve", **environment: str) -> None:
        self.log = folder / "server.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [DUBAN, command, *(("--port", "0") if command == "serve" else ()), *arguments],
                cwd=folder,
                env={**os.environ, "DUBAN_SECRET_KEY": "k" * 40, "PYTHONUNBUFFERED": "1", **environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.pid = self._process.pid
        self.said: list[str] = []
        self.address = self._wait_until_ready()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *error: object) -> None:
        if self._process.poll() is None:
            self.kill()

    def _wait_until_ready(self) -> str:
        assert self._process.stdout
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if found := re.search(r"ready: (http://\S+?)/?$|is running", line.rstrip()):
                return found[1] or ""
        self._process.stdout.close()
        self._process.wait(60)
        raise AssertionError(f"The server did not start: {self.said} {self.log.read_text()}")

    def stop(self) -> int:
        """Stop it as a service manager does, and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._finish()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()
        self._finish()

    def _finish(self) -> int:
        assert self._process.stdout
        with self._process.stdout as rest:
            self.said.extend(rest.read().splitlines())
        return self._process.wait(60)
