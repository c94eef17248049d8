"""Browser tests run with whatever Chromium there is, and are skipped with one clear line where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent


def _run_without_chromium(*command: str | Path, cwd: Path) -> str:
    environment = {**os.environ, "CHROMIUM": "/nowhere/chromium"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=environment, cwd=cwd, timeout=300, check=False
    ).stdout


def test_one_line_says_that_there_is_no_chromium(tmp_path: Path) -> None:
    said = _run_without_chromium(TESTS / "chromium.py", cwd=tmp_path)

    assert said.count("\n") == 1
    assert said.startswith("No Chromium here, so the browser tests are skipped.")


def test_without_chromium_browser_tests_are_reported_as_skipped(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (tmp_path / "chromium.py").write_text((TESTS / "chromium.py").read_text())
    (tmp_path / "test_page.py").write_text("def test_page(page): pass\ndef test_other(): pass\n")
    said = _run_without_chromium("-m", "pytest", "-rs", "-p", "no:cacheprovider", cwd=tmp_path)

    assert "1 passed, 1 skipped" in said
    assert "No Chromium here" in said
