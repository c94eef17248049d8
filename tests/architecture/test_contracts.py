"""The layers hold, and the contracts that say so would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("trainer", "metrics", "dashboard")


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    command = [sys.executable, "-c", code, "--no-logo", "--no-cache"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packages that a test may spoil."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.js"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold() -> None:
    done = _lint_imports(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("trainer/utils.py", "", "every module has its place"),
        ("metrics/matching.py", "import trainer.records.rows", "One reader, one writer, one measurer"),
        ("trainer/projects.py", "import mlflow", "MLflow is known to the store alone"),
        ("trainer/measures/evaluation.py", "import torch", "Torch is known to learning alone"),
        ("dashboard/loading.py", "import trainer.micro_models.training", "Torch is never reached"),
        ("dashboard/packs.py", "import streamlit", "without Streamlit"),
        ("dashboard/selection.py", "import streamlit", "without Streamlit"),
        ("dashboard/views/metrics.py", "import dashboard.views.gallery", "views know nothing of each other"),
        ("trainer/records/rows.py", "import trainer.records.snapshot", "Nothing goes round in circles"),
    ],
)
def test_a_broken_layer_is_noticed(copy: Path, module: str, line: str, contract: str) -> None:
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = _lint_imports(copy)
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]

    assert any(contract in text for text in broken), done.stdout
