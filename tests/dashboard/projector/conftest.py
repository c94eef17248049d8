"""A server with the projector's page, once for all its browser tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

SECONDS_TO_START = 180


@pytest.fixture(scope="session")
def projector_address(
    browser: object, free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a running page; `browser` is asked for first, so that nothing starts where there is none."""
    port = free_port()
    log = tmp_path_factory.mktemp("projector") / "server.log"
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), str(port)]
    root = Path(__file__).parents[3]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=output, stderr=output
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(server, address, log)
        yield address
    finally:
        server.terminate()
        server.wait(120)


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=10):
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(f"the page did not come up:\n{log.read_text()[-2000:]}")
