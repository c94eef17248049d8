"""What all tests share: a quiet environment, a browser, and the real data beside the repository."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

    from trainer import Annotations, DataVersion, ModelRun, Store

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0  # seconds for what takes a moment: the machine may be busy with something else

# Set before anything heavy is imported. More threads than cores cost far more than they bring, and a test must
# neither open a window nor reach the store that the person running it uses, nor give up a server on a busy machine.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MPLBACKEND": "Agg", "MLFLOW_DISABLE_TELEMETRY": "true"}
os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "120"
os.environ.pop("MLFLOW_TRACKING_URI", None)


def _load_chromium() -> ModuleType:
    spec = importlib.util.spec_from_file_location("modelruns_tests_chromium", Path(__file__).with_name("chromium.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the browser, and run the files with such tests last: quick failures come first, and Playwright's
    event loop, which stays open in the main thread, is in no other file's way. The journeys are first among them: where
    several workers share the files, the longest ones are not left to the end."""
    for item in items:
        if {"browser", "page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    in_browser = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(
        key=lambda item: (
            item.path in in_browser,
            item.path in in_browser and item.path.parent.name != "journeys",
            item.get_closest_marker("browser") is not None,
        )
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file of tests goes to one process, and those of stores all to the same: what forks there runs apart once."""
    from xdist.scheduler import LoadFileScheduling

    class FilesOfStoresTogether(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return str(Path(file).parent) if file.startswith("tests/trainer/store/") else file

    return FilesOfStoresTogether(config, log)


def pytest_collection_finish() -> None:
    """Set aside what was imported and collected, which stays to the end: Streamlit looks through all memory for garbage
    after every run of a page, and would look through this again each time, for a third of a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty folder, so that a test that forgets to name a store does not write into the checkout's, and
    with a line of jobs that no job of the person running it stands in."""
    before = Path.cwd()
    os.environ["MODELRUNS_JOBS"] = str(tmp_path_factory.mktemp("jobs"))
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    yield
    os.chdir(before)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; tests that need it are skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data here: the folder ../shared/data beside the repository is absent")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole session."""
    chromium = _load_chromium()
    executable = chromium.find_chromium()
    if executable is None:
        pytest.skip(chromium.MISSING)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(chromium.FLAGS))
        yield started
        started.close()


@pytest.fixture
def page_problems() -> list[str]:
    """What went wrong in `page` so far. A test that provokes an error looks at it here and clears the list."""
    return []


@pytest.fixture
def page(browser: Browser, page_problems: list[str]) -> Iterator[Page]:
    """A fresh page of 1400 x 900; script errors, our console errors and calls to other hosts fail the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(1000 * PATIENCE)
    opened = context.new_page()
    opened.on("pageerror", lambda error: page_problems.append(f"uncaught: {error}"))
    opened.on("console", lambda message: page_problems.extend(_read_console(message)))
    opened.on("request", lambda request: page_problems.extend(_read_request(request)))
    yield opened
    context.close()
    if page_problems:
        pytest.fail("the page had problems:\n  " + "\n  ".join(page_problems), pytrace=False)


@pytest.fixture
def eventually(page: Page) -> Callable[[Callable[[], object]], None]:
    """`eventually(is_so)`: waits until something is so in `page`, which draws and counts a moment after it was told."""

    def wait(is_so: Callable[[], object]) -> None:
        given_up = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < given_up, f"it was not so within {PATIENCE:.0f} s"
            page.wait_for_timeout(20)

    return wait


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A port to serve at; none of those that the system gives to connections, so that it stays free until then."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = iter(range(20_000 + 2_000 * (worker % 5) + os.getpid() % 1_900, 32_000))

    def find() -> int:
        for port in ports:
            with socket.socket() as probe, suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
        raise AssertionError("no port is free")

    return find


def _read_console(message: ConsoleMessage) -> list[str]:
    if message.type != "error" or _is_streamlits(message.location["url"]):
        return []
    return [f"console: {message.text} ({message.location['url']})"]


def _is_streamlits(url: str) -> bool:
    # Below /media/ lies the page's icon, which Streamlit lets go when the session that named it ends. On a page other
    # than the first it looks for its server below that page's own path before it looks at the root.
    path = urlsplit(url).path
    return path.startswith(("/static/js/", "/media/")) or path.endswith(("/_stcore/health", "/_stcore/host-config"))


def _read_request(request: Request) -> list[str]:
    address = urlsplit(request.url)
    if address.scheme in {"data", "blob", "about"} or address.hostname in {"127.0.0.1", "localhost"}:
        return []
    return [f"called another host: {request.url}"]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was opened once; making its database is the slow part."""
    from trainer import open_store

    folder = tmp_path_factory.mktemp("store") / "mlruns"
    store = open_store(folder)
    assert store.connection.client is not None
    store.close()
    return folder


@pytest.fixture(scope="session")
def make_store(empty_store: Path) -> Callable[[Path], Store]:
    """Makes a store without runs in a folder that is not there yet: a copy, since making its database is slow."""
    from trainer import open_store

    return lambda folder: open_store(shutil.copytree(empty_store, folder))


@pytest.fixture(autouse=True)
def no_store_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """`modelruns --store` says where runs are by an environment variable; the next test must not inherit it."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")


@pytest.fixture
def store(make_store: Callable[[Path], Store], tmp_path: Path) -> Iterator[Store]:
    """A store without runs."""
    store = make_store(tmp_path / "mlruns")
    yield store
    store.close()


@pytest.fixture
def obedient() -> list[str]:
    """The beginning of a command line whose process heeds write protection, which an administrator's does not."""
    if os.geteuid() != 0:
        return [sys.executable]
    heeding = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", sys.executable]
    asked = [*heeding, "-c", "pass"]
    if shutil.which("setpriv") is None or subprocess.run(asked, check=False, capture_output=True).returncode:
        pytest.skip("the administrator may write everywhere, and cannot give that up here")
    return heeding


@pytest.fixture
def protect() -> Iterator[Callable[[Path], None]]:
    """Takes the right to write from a folder and all that is in it, until the test ends."""
    taken: list[Path] = []

    def take(folder: Path) -> None:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        taken.append(folder)

    yield take
    for folder in taken:
        folder.chmod(0o755)
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)


@dataclass(frozen=True)
class TwoRuns:
    """A store with the project `digits` of 24 scenes and two model runs on it, which were drawn and not trained.

    Attributes:
        store: The store.
        truth: The COCO file that the project was imported from.
        baseline: Run `few-labels`: finds two thirds of the digits, roughly placed.
        candidate: Run `more-labels`: finds nine tenths, well placed.
    """

    store: Store
    truth: Path
    baseline: ModelRun
    candidate: ModelRun


@pytest.fixture(scope="session")
def two_runs(make_store: Callable[[Path], Store], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRuns]:
    """Two sealed runs that differ, for tests that only read."""
    import trainer
    from trainer.demo_scenes import make_digit_scenes

    folder = tmp_path_factory.mktemp("two-runs")
    store = make_store(folder / "mlruns")
    truth = make_digit_scenes(folder / "digits", scenes=24)
    data = trainer.import_project("digits", truth, format="coco", split="50/30/20", store=store).version
    baseline = _draw_run(store, data, "few-labels", found=0.67, jitter=0.12)
    candidate = _draw_run(store, data, "more-labels", found=0.9, jitter=0.04)
    yield TwoRuns(store, truth, baseline, candidate)

    assert {run.name for run in store.runs(sealed_only=False)} == {"few-labels", "more-labels"}, (
        "a test wrote where tests only read"
    )


@pytest.fixture
def protected_store(two_runs: TwoRuns, protect: Callable[[Path], None], tmp_path: Path) -> Path:
    """The folder of a copy of that store which may only be read, as whoever closed it last left it."""
    two_runs.store.close()
    folder = shutil.copytree(two_runs.store.location.folder, tmp_path / "shared" / "mlruns")
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    protect(tmp_path / "shared")
    return folder


def _draw_run(store: Store, data: DataVersion, name: str, *, found: float, jitter: float) -> ModelRun:
    import trainer

    chance = np.random.default_rng(len(name))
    with trainer.start_run("digits", name, project=data, store=store, config=trainer.RunConfig({"epochs": 3})) as run:
        run.log_metric("loss", 0.5, step=1)
        run.log_predictions(_jittered(data.snapshot.truth, chance, found=found, jitter=jitter))
        run.log_embeddings(chance.normal(size=(len(data.snapshot.rows), 8)).astype(np.float16))
    return run.result


def _jittered(truth: Annotations, chance: np.random.Generator, *, found: float, jitter: float) -> Annotations:
    from trainer.records.annotations import Annotations

    kept = truth.take(np.flatnonzero(chance.random(len(truth)) < found))
    box = kept.box.copy()
    box[:, :2] += chance.normal(0, jitter, (len(box), 2)) * box[:, 2:]
    return Annotations.from_columns(
        row=kept.row, feature=kept.feature, box=box, confidence=chance.uniform(0.3, 1, len(kept))
    )
