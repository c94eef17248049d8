"""Stores in temporary folders, runs to put in them, and processes to end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import traceback
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from trainer.store import RunKind, RunWriter, Store, StoredRun

FILES = {"README.md": b"# A run\n", "logs/train.log": b"epoch 1\n" * 40, "predictions/predictions.bin": b"\x07" * 3000}

LogRun = Callable[..., StoredRun]
StartChild = Callable[[Callable[[], None]], int]


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """The files of a small run, as a training leaves them."""
    folder = tmp_path / "work"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def write_run(run_folder: Path) -> Callable[..., RunWriter]:
    """Write all of a run, and leave it unsealed."""

    def write(
        store: Store,
        name: str,
        *,
        experiment: str = "digits",
        kind: RunKind = RunKind.MODEL_RUN,
        tags: Mapping[str, str] | None = None,
    ) -> RunWriter:
        run = store.create_run(experiment, name, kind=kind, tags=tags or {})
        run.log_params({"backbone": "resnet18", "epochs": 2})
        run.log_metrics({"mAP_50_95": 0.25, "recall": float("nan")})
        run.log_snapshot("cells", "0" * 32, {"training": 8, "validation": 2})
        run.add_folder(run_folder)
        return run

    return write


@pytest.fixture
def log_run(write_run: Callable[..., RunWriter]) -> LogRun:
    """Write a run, and seal it."""

    def log(store: Store, name: str, **options: object) -> StoredRun:
        return write_run(store, name, **options).seal()

    return log


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Take the outcome of a test that forks from a process of its own where an earlier test loaded torch.

    A child has the locks that torch's threads held at that moment, and no thread that would ever release them.
    """
    if not _forks(pyfuncitem) or "torch" not in sys.modules or pyfuncitem.config.getoption("--only-forking"):
        return None
    files = sorted({str(item.path) for item in pyfuncitem.session.items if _forks(item)})
    passed, told = _run_apart(tuple(files), pyfuncitem.config.rootpath)
    if (pyfuncitem.path.name, pyfuncitem.name) not in passed:
        pytest.fail(told, pytrace=False)
    return True


def _forks(item: pytest.Item) -> bool:
    return "start_child" in getattr(item, "fixturenames", ())


@cache
def _run_apart(files: tuple[str, ...], root: Path) -> tuple[frozenset[tuple[str, str]], str]:
    """The tests of files that fork, run in one fresh process: those that passed by file and name, and all it told."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-rA", "--only-forking"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        [*command, *files], check=False, cwd=root, env=own, capture_output=True, text=True, timeout=840
    )
    passed = re.findall(r"^PASSED \S*?(\w+\.py)::(.+)$", done.stdout, re.MULTILINE)
    return frozenset(passed), done.stdout + done.stderr


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the option by which `_run_apart` asks for the tests that fork alone."""
    parser.addoption("--only-forking", action="store_true")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the other tests out where only those that fork are asked for."""
    if config.getoption("--only-forking", default=False):
        items[:] = [item for item in items if _forks(item)]


@pytest.fixture
def start_child() -> Iterator[StartChild]:
    """Start processes that have everything imported already; what is still running at the end is killed."""
    children: list[int] = []

    def start(work: Callable[[], None]) -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # about threads, of which none is ours
            child = os.fork()
        if child == 0:
            code = 1
            try:
                work()
                code = 0
            except SystemExit as leaving:
                code = int(leaving.code or 0)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        children.append(child)
        return child

    yield start
    for child in children:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


@pytest.fixture
def wait_for() -> Callable[[int], int]:
    """Wait for a child; returns its exit code, or minus the signal that killed it."""
    return lambda child: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[str]:
    """The address of a running MLflow server, which needs half a minute to start."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    settings = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--serve-artifacts"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **settings}, start_new_session=True
        )
        try:
            _wait_until_healthy(process, f"http://127.0.0.1:{port}/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(600):
        with suppress(OSError), urllib.request.urlopen(address, timeout=10) as answer:
            if answer.status == 200:
                return
        assert process.poll() is None, "the MLflow server ended"
        time.sleep(0.2)
    raise AssertionError("the MLflow server did not start within two minutes")
