"""The evidence a gate leaves behind: what was checked, what was measured, and the objects that broke a promise."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from trainer.comparing.crops import Crops
from trainer.comparing.ledger_table import CHANGES, SIDES, TELLING
from trainer.comparing.object_crops import cut_objects
from trainer.gates.findings import Outcome
from trainer.gates.gate import GateResult
from trainer.pictures import Report
from trainer.records.digest import digest_of
from trainer.records.errors import RecordError
from trainer.records.json_values import json_ready

GATE = "gate.json"
RULES = "rules.yaml"
OBJECTS = "objects.csv"
ROWS = "rows.csv"
CROPS = "crops"
FORMAT = 1
"""Counts the incompatible changes of these files."""


@dataclass(frozen=True)
class Evidence:
    """What was written.

    Attributes:
        folder: Where.
        objects: How many objects speak against a promise.
        rows: On how many rows.
        crops: Which of them were cut out; None where none was asked for.
    """

    folder: Path
    objects: int
    rows: int
    crops: Crops | None


def refuse_used_folder(folder: Path) -> None:
    """Check that nothing else lies where evidence is to go, before anything is measured.

    Raises:
        RecordError: If something does.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecordError(f"{folder} is not an empty folder; evidence is never mixed with other files. Name a new one.")


def save_evidence(
    result: GateResult, folder: Path | str, *, most_crops: int = 200, report: Report | None = None
) -> Evidence:
    """Write everything that a gate's verdict rests on.

    ``gate.json`` holds rules, thresholds, digests, seeds, versions and every number measured; ``rules.yaml`` the rules
    as they were read; ``objects.csv`` the lines of the ledger that speak against a promise, with the places of those
    promises; ``rows.csv`` their rows; ``crops`` their cut-outs, as far as the pictures are on this machine.

    Args:
        result: From `check_gate`.
        folder: An empty folder, or one that is made.
        most_crops: Cut at most so many objects out; those a run was surest of come first, newly missed ones before all.
        report: Told (done, total) after each picture.

    Raises:
        RecordError: If the folder holds anything.
    """
    folder = Path(folder)
    refuse_used_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    behind = {place: result.objects_behind(outcome) for place, outcome in enumerate(result.outcomes, 1)}
    lines = _surest_first(result, np.unique(np.concatenate([*behind.values(), np.zeros(0, dtype=np.int64)])))
    table = result.ledger.table.take(pa.array(lines))
    crops = None
    if most_crops and len(lines):
        crops = cut_objects(result.ledger, table.slice(0, most_crops), folder / CROPS, report=report)
    against = np.stack([np.isin(lines, those) for those in behind.values()], axis=1)
    promises = [" ".join(str(place + 1) for place in np.flatnonzero(those)) for those in against]
    _write_objects(table, promises, crops, folder)
    rows_there = _write_rows(table, promises, folder)
    (folder / RULES).write_text(result.rules.text, encoding="utf-8")
    facts = {**gate_facts(result), "objects": len(lines), "crops": _crop_facts(crops, len(lines))}
    text = json.dumps(json_ready(facts), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / GATE).write_text(text + "\n", encoding="utf-8")
    return Evidence(folder, len(lines), rows_there, crops)


def gate_facts(result: GateResult) -> dict[str, Any]:
    """Everything a gate knows as plain values; undefined numbers are NaN."""
    ledger, terms = result.ledger, result.gains.terms
    return {
        "format": FORMAT,
        "modelruns": metadata.version("modelruns"),
        "numpy": np.__version__,
        "passed": result.passed,
        "promises": [_outcome_facts(place, outcome) for place, outcome in enumerate(result.outcomes, 1)],
        "rules_digest": digest_of([("rules", result.rules.text)]),
        **dict(zip(SIDES, terms.pop("runs"), strict=True)),
        **terms,
        "gains": [gain.columns() for gain in result.gains.of()],
        "ledger": {
            "rule": ledger.ledger.rule,
            "truth": "candidate",
            "total": ledger.total,
            "p": ledger.p_value,
            "per_feature": ledger.per_feature.to_pylist(),
        },
    }


def _outcome_facts(place: int, outcome: Outcome) -> dict[str, Any]:
    return {
        "place": place,
        "promise": outcome.promise.name,
        "line": outcome.promise.line,
        "verdict": outcome.verdict.value,
        "passes": outcome.passes,
        "findings": [asdict(finding) for finding in outcome.findings],
        "not_judged": list(outcome.not_judged),
        "terms": asdict(outcome.promise),
    }


def _surest_first(result: GateResult, lines: np.ndarray) -> np.ndarray:
    ledger = result.ledger.ledger
    surest = np.nan_to_num(ledger.column("confidence")[lines], nan=-1.0).max(axis=1, initial=-1.0)
    place = np.array([TELLING.index(name) for name in CHANGES])[ledger.column("change")[lines]]
    return np.asarray(lines[np.lexsort([-surest, place])])


def _write_objects(table: pa.Table, promises: list[str], crops: Crops | None, folder: Path) -> None:
    import pyarrow.csv

    files = [None if file is None else f"{CROPS}/{file.name}" for file in (crops.files if crops else ())]
    files += [None] * (len(table) - len(files))
    table = table.replace_schema_metadata(None).add_column(0, "promises", pa.array(promises, pa.string()))
    pyarrow.csv.write_csv(table.append_column("crop", pa.array(files, pa.string())), folder / OBJECTS)


def _write_rows(table: pa.Table, promises: list[str], folder: Path) -> int:
    """One line a row: which promises its objects speak against, and how many of them there are."""
    import pyarrow.csv

    of_row: dict[str, list[int]] = {}
    for line, key in enumerate(table["key"].to_pylist()):
        of_row.setdefault(key, []).append(line)
    splits = table["split"].to_pylist()
    columns = {
        "key": list(of_row),
        "split": [splits[lines[0]] for lines in of_row.values()],
        "promises": [
            " ".join(sorted({word for line in lines for word in promises[line].split()}, key=int))
            for lines in of_row.values()
        ],
        "objects": [len(lines) for lines in of_row.values()],
    }
    types = (pa.string(), pa.string(), pa.string(), pa.int64())
    arrays = [pa.array(values, kind) for values, kind in zip(columns.values(), types, strict=True)]
    pyarrow.csv.write_csv(pa.Table.from_arrays(arrays, names=list(columns)), folder / ROWS)
    return len(of_row)


def _crop_facts(crops: Crops | None, objects: int) -> dict[str, Any]:
    tried = len(crops.files) if crops else 0
    return {
        "cut": tried - crops.missing if crops else 0,
        "without_picture": crops.missing if crops else 0,
        "not_tried": objects - tried,
        "problems": [str(problem) for problem in crops.problems] if crops else [],
    }
