"""Addresses of MLflow's own pages."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from trainer.store.links import link_to_comparison, link_to_experiment, link_to_file, link_to_run

BASE = "https://runs.example.org/mlflow/"


def test_a_server_below_a_path_keeps_the_path() -> None:
    assert link_to_experiment(BASE, "3").startswith("https://runs.example.org/mlflow/#/experiments/3/runs?")
    assert link_to_run(BASE, "3", "ab").startswith("https://runs.example.org/mlflow/#/experiments/3/runs/ab?")


def test_a_file_is_named_in_full_and_no_file_means_all() -> None:
    assert "/artifacts/preview/gr%C3%B6%C3%9Fe%201.csv?" in link_to_file(BASE, "3", "ab", name="preview/größe 1.csv")
    assert "/artifacts?" in link_to_file(BASE, "3", "ab")


def test_a_comparison_names_runs_in_order_and_experiments_once() -> None:
    fragment = urlsplit(link_to_comparison(BASE, ["b", "a", "c"], ["1", "2", "1"])).fragment
    asked = parse_qs(fragment.partition("?")[2])

    assert json.loads(asked["runs"][0]) == ["b", "a", "c"]
    assert json.loads(asked["experiments"][0]) == ["1", "2"]


def test_an_id_cannot_change_where_a_link_leads() -> None:
    assert link_to_run(BASE, "../x", "a?b#c").startswith(
        "https://runs.example.org/mlflow/#/experiments/..%2Fx/runs/a%3F"
    )
