"""The dashboard shows a store that may only be read, and keeps what it works out among the user's own files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

LOOKING = """
import sys
from streamlit.testing.v1 import AppTest
from dashboard import loading
from dashboard.app import SCRIPT

page = AppTest.from_file(str(SCRIPT), default_timeout=300)
page.query_params["view"] = "projector"
page.run()
assert not page.exception, page.exception
assert page.query_params["candidate"] in ([sys.argv[1]], sys.argv[1])

runs = "from dashboard.views import experiments; experiments.render(lambda baseline, candidate: None)"
listed = AppTest.from_string(runs, default_timeout=300).run()
assert not listed.exception, listed.exception
assert set(listed.dataframe[0].value["Run"]) == {"few-labels", "more-labels"}
assert loading.pack(sys.argv[1])
assert loading.thumbnail(sys.argv[1], 0)
"""


def test_compare_and_runs_draw_from_a_store_that_may_only_be_read(
    two_runs, protected_store: Path, obedient: list[str], tmp_path: Path
) -> None:
    environment = {**os.environ, "MLFLOW_TRACKING_URI": str(protected_store), "HOME": str(tmp_path)}
    done = subprocess.run(
        [*obedient, "-c", LOOKING, two_runs.candidate.id], check=False, capture_output=True, text=True, env=environment
    )

    assert done.returncode == 0, done.stderr
    assert not list(protected_store.glob("mlflow.db-*"))
