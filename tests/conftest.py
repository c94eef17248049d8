"""What all tests share: a quiet environment, a browser, and the real data beside the repository."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

ROOT = Path(__file__).parent.parent

# Set before anything heavy is imported. More threads than cores cost far more than they bring, and a test must
# neither open a window nor reach the store that the person running it uses.
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MPLBACKEND": "Agg", "MLFLOW_DISABLE_TELEMETRY": "true"}
os.environ.pop("MLFLOW_TRACKING_URI", None)


def _load_chromium() -> ModuleType:
    spec = importlib.util.spec_from_file_location("modelruns_tests_chromium", Path(__file__).with_name("chromium.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the browser, and run it last: quick failures come first, and Playwright's event loop, which
    stays open in the main thread, is in no other test's way."""
    for item in items:
        if {"browser", "page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


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
    from playwright.sync_api import sync_playwright

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
    context.set_default_timeout(20_000)
    opened = context.new_page()
    opened.on("pageerror", lambda error: page_problems.append(f"uncaught: {error}"))
    opened.on("console", lambda message: page_problems.extend(_read_console(message)))
    opened.on("request", lambda request: page_problems.extend(_read_request(request)))
    yield opened
    context.close()
    if page_problems:
        pytest.fail("the page had problems:\n  " + "\n  ".join(page_problems), pytrace=False)


def _read_console(message: ConsoleMessage) -> list[str]:
    if message.type != "error" or _is_streamlits(message.location["url"]):
        return []
    return [f"console: {message.text} ({message.location['url']})"]


def _is_streamlits(url: str) -> bool:
    return urlsplit(url).path.startswith("/static/js/")


def _read_request(request: Request) -> list[str]:
    address = urlsplit(request.url)
    if address.scheme in {"data", "blob", "about"} or address.hostname in {"127.0.0.1", "localhost"}:
        return []
    return [f"called another host: {request.url}"]
