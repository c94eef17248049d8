"""A dashboard that is served as people serve it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from trainer import Store

SECONDS_TO_START = 180
SECONDS_TO_STOP = 120


@pytest.fixture(scope="session")
def serve(free_port: Callable[[], int]) -> Callable[[Store], AbstractContextManager[str]]:
    """Serves a store's dashboard, by the command itself; gives its address."""

    @contextmanager
    def serve_it(store: Store) -> Iterator[str]:
        port = free_port()
        command = [sys.executable, "-m", "dashboard", "--port", str(port)]
        environment = {**os.environ, "MLFLOW_TRACKING_URI": str(store.location)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until_healthy(address, process)
            yield address
        finally:
            process.terminate()
            code = process.wait(timeout=SECONDS_TO_STOP)
        assert code == 128 + signal.SIGTERM, "it was ended before it could end what it had started"

    return serve_it


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=10)
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the dashboard did not start within {SECONDS_TO_START} s (exit code {process.poll()})")
