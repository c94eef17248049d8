"""Addresses of pages in MLflow's own web interface. Nothing is opened or asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

# Without it MLflow shows its pages about conversations with language models, where runs have no table.
_PAGES = "workflowType=machine_learning"


def link_to_experiment(base_url: str, experiment_id: str) -> str:
    """The page of an experiment, with its runs in a table.

    Example:
        >>> link_to_experiment("http://127.0.0.1:5000/", "1")
        'http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning'
    """
    return f"{_experiment(base_url, experiment_id)}/runs?{_PAGES}"


def link_to_run(base_url: str, experiment_id: str, run_id: str) -> str:
    """The page of a run.

    Example:
        >>> link_to_run("http://127.0.0.1:5000", "1", "ab12")
        'http://127.0.0.1:5000/#/experiments/1/runs/ab12?workflowType=machine_learning'
    """
    return f"{_run(base_url, experiment_id, run_id)}?{_PAGES}"


def link_to_file(base_url: str, experiment_id: str, run_id: str, *, name: str = "") -> str:
    """The page of a run's files, with one of them open.

    Example:
        >>> link_to_file("http://127.0.0.1:5000", "1", "ab12", name="preview/first rows.csv")
        'http://127.0.0.1:5000/#/experiments/1/runs/ab12/artifacts/preview/first%20rows.csv?workflowType=machine_learning'
    """
    files = f"{_run(base_url, experiment_id, run_id)}/artifacts"
    return f"{files}/{quote(name)}?{_PAGES}" if name else f"{files}?{_PAGES}"


def link_to_comparison(base_url: str, run_ids: Sequence[str], experiment_ids: Sequence[str]) -> str:
    """The page that compares runs; each experiment is named once.

    Example:
        >>> link_to_comparison("http://127.0.0.1:5000", ["a"], ["1", "1"])
        'http://127.0.0.1:5000/#/compare-runs?runs=%5B%22a%22%5D&experiments=%5B%221%22%5D&workflowType=machine_learning'
    """
    runs, experiments = (_encode(values) for values in (run_ids, list(dict.fromkeys(experiment_ids))))
    return f"{base_url.rstrip('/')}/#/compare-runs?runs={runs}&experiments={experiments}&{_PAGES}"


def _experiment(base_url: str, experiment_id: str) -> str:
    return f"{base_url.rstrip('/')}/#/experiments/{quote(experiment_id, safe='')}"


def _run(base_url: str, experiment_id: str, run_id: str) -> str:
    return f"{_experiment(base_url, experiment_id)}/runs/{quote(run_id, safe='')}"


def _encode(values: Sequence[str]) -> str:
    return quote(json.dumps(list(values), separators=(",", ":")), safe="")
