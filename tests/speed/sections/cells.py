"""How well the default detector learns blood cells from scratch, within ten minutes on two cores."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np

from ..lines import Line, Lines, Options, at_least, at_most

DATA = Path(__file__).parents[4] / "shared" / "data" / "bccd" / "BCCD"
VALIDATION_ROWS = 64
LONGEST = 600.0

ABOUT = """\
The 364 pictures of the BCCD set, three kinds of cells; 64 of them, the first by the hash of their names, are held out
and measured as COCO does. No pretrained weights. Nothing is measured where `../shared/data/bccd` beside the repository
is absent."""


def lines(options: Options) -> Lines:
    """The time of one training, and what came of it."""
    if not DATA.is_dir():
        return
    import metrics
    from trainer.formats import voc
    from trainer.learning.fitting import fit
    from trainer.learning.prediction import predict_rows
    from trainer.learning.settings import TrainingSettings
    from trainer.measures.evaluation import overlaps_of
    from trainer.records.design import Design, Task
    from trainer.records.snapshot import Snapshot

    given = voc.read_truth(DATA)
    rows = given.rows.with_splits(_splits(given.rows.keys, few=options.quick))
    snapshot = Snapshot(given.ontology, rows, given.truth)
    settings = TrainingSettings(
        image_size=320, batch=4, epochs=1 if options.quick else 40, flips="both", min_annotations=1, validate_every=500
    )
    start = time.perf_counter()
    model, _ = fit(snapshot, Design(Task.DETECTION, given.ontology.paths), settings)
    spent = time.perf_counter() - start
    held_out = snapshot.on_rows(rows.in_split("validation"))
    found = predict_rows(model, held_out, min_confidence=0.01, nms_iou=0.5).predictions
    summary = metrics.coco_summary(overlaps_of(held_out, found))
    yield Line(f"training, {settings.epochs} epochs", spent, bar=at_most(LONGEST))
    yield Line("average precision over IoU .5 to .95", summary.ap, bar=at_least(0.40), unit="score")
    yield Line("average precision at IoU .5", summary.ap50, bar=at_least(0.78), unit="score")


def _splits(keys: tuple[str, ...], *, few: bool) -> list[str]:
    """Validation for the first by hash, training for the others, or for a few of them."""
    place = np.argsort(np.argsort([hashlib.sha256(key.encode()).hexdigest() for key in keys]))
    last = VALIDATION_ROWS + 8 if few else len(keys)
    return ["validation" if at < VALIDATION_ROWS else "training" if at < last else "unassigned" for at in place]
