"""What `import trainer` costs, brings and refuses, each in a process of its own."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import trainer

ROOT = Path(__file__).parent.parent.parent
HEAVY = {"mlflow", "torch", "torchvision", "pandas", "streamlit", "numba", "sklearn", "umap", "plotly"}


def _run_python(code: str, *, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, cwd=path, timeout=300, check=False)


def _modules_after(code: str) -> set[str]:
    done = _run_python(f"{code}\nprint(*sys.modules)")
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_the_package_brings_nothing_heavy() -> None:
    assert not _modules_after("import trainer") & HEAVY


def test_importing_the_package_takes_less_than_a_third_of_a_second() -> None:
    # Of the processor, which is a fiftieth of a second: the machine may be busy with something else.
    code = "import time; start = time.process_time(); import trainer; print(time.process_time() - start)"

    assert float(_run_python(code).stdout) < 0.3


def test_the_first_use_of_every_public_name_leaves_mlflow_torch_and_streamlit_alone() -> None:
    light = [
        name for name in trainer.__all__ if trainer._homes()[name].startswith(("trainer.records", "trainer.store"))
    ]
    used = "\n".join(f"trainer.{name}" for name in light)

    assert not _modules_after(f"import trainer\n{used}") & {"mlflow", "torch", "streamlit"}


@pytest.mark.parametrize("name", trainer.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(trainer, name)

    assert inspect.getdoc(found), f"trainer.{name} has no docstring"


def test_an_unknown_name_is_refused_like_in_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'trainer' has no attribute 'modle'"):
        trainer.modle  # noqa: B018 # looking it up is the point


@pytest.mark.parametrize("package", ["trainer", "metrics"])
def test_public_names_are_sorted(package: str) -> None:
    names = importlib.import_module(package).__all__

    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), name))  # constants, classes, functions


def test_every_name_of_metrics_is_documented() -> None:
    metrics = importlib.import_module("metrics")
    bare = [name for name in metrics.__all__ if not inspect.getdoc(getattr(metrics, name))]

    assert bare == []


@pytest.mark.parametrize("stranger", ["metrics.py", "metrics/__init__.py", "dashboard/__init__.py"])
def test_a_namesake_that_hides_our_package_is_named(tmp_path: Path, stranger: str) -> None:
    hiding = tmp_path / stranger
    hiding.parent.mkdir(exist_ok=True)
    hiding.touch()
    done = _run_python(f"sys.path.append({str(ROOT)!r}); import trainer", path=tmp_path)

    assert done.returncode == 1
    assert "ImportError: " in done.stderr
    assert str(hiding.parent if hiding.name == "__init__.py" else hiding) in done.stderr
    assert "Rename or move the other one" in done.stderr


def test_a_namesake_that_hides_trainer_is_named_by_the_dashboard(tmp_path: Path) -> None:
    (tmp_path / "trainer.py").touch()
    done = _run_python(f"sys.path.append({str(ROOT)!r}); import dashboard", path=tmp_path)

    assert f"ImportError: {tmp_path / 'trainer.py'} hides the package 'trainer'" in done.stderr
