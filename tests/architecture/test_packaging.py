"""What is installed: exact versions from any index, and every file that the dashboard serves."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINS = [line for line in REQUIREMENTS if line and not line.lstrip().startswith("#")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_requirement_is_one_exact_version_from_whatever_index_the_machine_uses() -> None:
    odd = [line for line in PINS if not re.fullmatch(r"[a-z0-9._-]+==[^ ;]+( ; .+)?", line)]

    assert odd == []


def test_torch_is_new_enough_to_run_beside_torchvision_on_a_processor() -> None:
    version = next(line for line in PINS if line.startswith("torch==")).removeprefix("torch==")

    assert tuple(int(part) for part in version.split(".")[:2]) >= (2, 14)


def test_what_pyproject_asks_for_is_pinned() -> None:
    asked = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    names = {re.split(r"[<>=\[; ]", line)[0].lower() for line in asked}
    pinned = {line.partition("==")[0] for line in PINS}

    assert sorted(names - pinned) == []


@pytest.mark.parametrize("package", ["trainer", "metrics", "dashboard"])
def test_every_file_that_is_neither_module_nor_reading_matter_is_packaged(package: str) -> None:
    globs = PROJECT["tool"]["setuptools"]["package-data"].get(package, [])
    packaged = {path for glob in globs for path in (ROOT / package).glob(glob)}
    files = {path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts}

    assert sorted(path for path in files - packaged if path.suffix not in {".py", ".md"}) == []


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for top in ("trainer", "metrics", "dashboard") for path in (ROOT / top).rglob("*.py")}

    assert sorted(folder for folder in folders if not (folder / "__init__.py").exists()) == []
