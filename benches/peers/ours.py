"""Builds benches/compare and talks to it."""

import json
import subprocess
from pathlib import Path
from typing import Any


def build() -> str:
    """The executable, built as `cargo bench` builds it: with the release profile."""
    command = ["cargo", "bench", "--bench", "compare", "--no-run", "--message-format=json"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "compare":
            return message["executable"]
    raise SystemExit("cargo built no benches/compare")


class RequestError(Exception):
    """Our side cannot do what it was asked for: a method that does not apply, say."""


class Side:
    """A running side: it has loaded its instance and waits for requests."""

    def __init__(self, executable: str, kind: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [executable, kind, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = self._answer()

    def ask(self, request: str) -> dict[str, Any]:
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"our side ended with code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RequestError(answer["error"])
        return answer

    def __enter__(self) -> "Side":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
