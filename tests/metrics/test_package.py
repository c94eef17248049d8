"""What `import metrics` brings."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import metrics

ROOT = Path(__file__).parent.parent.parent


def test_public_names_are_listed_once_and_exist() -> None:
    assert len(metrics.__all__) == len(set(metrics.__all__))
    assert all(hasattr(metrics, name) for name in metrics.__all__)


def test_every_public_name_says_what_it_is() -> None:
    assert [name for name in metrics.__all__ if not getattr(metrics, name).__doc__] == []


def test_importing_is_quick_because_numba_comes_later() -> None:
    code = (
        "import sys, metrics; print(sorted({'numba', 'pycocotools', 'pandas', 'torch', 'mlflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_code_in_the_readme_runs() -> None:
    done = doctest.testfile(str(ROOT / "metrics" / "README.md"), module_relative=False)

    assert done.attempted >= 5
    assert done.failed == 0


def test_warming_up_leaves_nothing_to_compile() -> None:
    code = """
import numba.core.event as event, metrics
metrics.warm_up()
boxes = metrics.Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 1, 1]] * 2, confidence=[0.5, 0.2], crowd=[True, False])
with event.install_recorder("numba:compile") as recorder:
    overlaps = metrics.find_overlaps(boxes, boxes, rows=2, features=1)
    for each in (overlaps, overlaps.on_rows(overlaps.keep & [True, False])):
        metrics.count_outcomes(metrics.match(each))
        metrics.coco_summary(each)
        metrics.average_precision(each, min_iou=0.1)
        metrics.precision_recall_curves(each)
print(len(recorder.buffer))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "0"


def test_every_name_in_the_tables_of_the_readme_exists() -> None:
    lines = (ROOT / "metrics" / "README.md").read_text(encoding="utf-8").splitlines()
    named = {name for line in lines if line.startswith("|") for name in re.findall(r"`(\w+)`", line)}

    assert sorted(named - set(metrics.__all__)) == []
    assert len(named) > 40
