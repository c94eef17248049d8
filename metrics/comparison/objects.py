"""What runs that find objects are compared by."""

from __future__ import annotations

import numpy as np

from metrics.comparison.cells import Cells, count_cells, measure_cells, ratios_of_cells
from metrics.comparison.measured import Measured, measured_mean
from metrics.custom import RowRatio
from metrics.objects.average_precision import CocoSettings, rule_of, score
from metrics.objects.matching import Matches, match
from metrics.objects.overlap import Overlaps
from metrics.objects.resampled import resampled_precision
from metrics.resamples import Resamples
from metrics.standing import Standing, standing_of_features
from metrics.undefined import mean_of_defined


def measure_objects(
    overlaps: Overlaps,
    resamples: Resamples,
    *,
    min_iou: float = 0.5,
    min_confidence: float = 0.0,
    sizes: bool = False,
) -> list[Measured]:
    """Every number that runs are compared by, each with what it is on every resample.

    Average precision over all confidences by COCO's rule (``mAP``, ``AP50``, ``AP75``, each feature's ``AP``, and by
    size), and precision, recall, F1 and mean IoU at the thresholds, over all and for each feature.

    Args:
        overlaps: From `find_overlaps`.
        resamples: From `draw_rows`, on rows that count.
        min_iou: Smallest IoU that counts as a claim.
        min_confidence: Predictions below it do not take part in precision, recall, F1 and mean IoU.
        sizes: Average precision on small, medium and large objects too, which takes four times as long.

    Raises:
        ColumnError: If the rows were drawn from others than those that count.
        ThresholdError: If a threshold lies outside its range.

    Example:
        >>> from metrics import Boxes, draw_rows, find_overlaps
        >>> truth = Boxes.from_sizes([0, 1], [0, 0], [[0, 0, 10, 10], [50, 50, 10, 10]])
        >>> found = Boxes.from_sizes([0], [0], [[0, 0, 10, 10]], confidence=[0.9])
        >>> overlaps = find_overlaps(truth, found, rows=2, features=1)
        >>> numbers = measure_objects(overlaps, draw_rows(overlaps.keep, count=10))
        >>> {each.name: round(each.value, 3) for each in numbers if each.feature is None and each.name != "F1"}
        {'mAP': 0.505, 'AP50': 0.505, 'AP75': 0.505, 'precision': 1.0, 'recall': 0.5, 'mean IoU': 1.0}
    """
    numbers = _measure_precision(overlaps, resamples, sizes=sizes)
    matches = match(overlaps, min_iou=min_iou, min_confidence=min_confidence)
    return numbers + measure_cells(_cells(matches), resamples)


def ratios_of(matches: Matches) -> tuple[RowRatio, ...]:
    """Precision, recall, F1 and mean IoU as sums over rows and features.

    They hold a number for each row and feature: 160 MB for 100,000 rows and 100 features.

    Args:
        matches: From `match`.
    """
    return ratios_of_cells(_cells(matches))


def _cells(matches: Matches) -> Cells:
    overlaps = matches.overlaps
    return count_cells(matches, *overlaps.tables, features=overlaps.features, keep=overlaps.keep, iou=matches.iou)


def _measure_precision(overlaps: Overlaps, resamples: Resamples, *, sizes: bool) -> list[Measured]:
    areas = CocoSettings().areas if sizes else CocoSettings().areas[:1]
    settings = CocoSettings(areas=areas)
    at50, at75 = settings.ious.index(0.5), settings.ious.index(0.75)
    scores, rule = score(overlaps, settings), rule_of(overlaps, settings)

    def reduce(precision: np.ndarray) -> np.ndarray:
        """float64[n, areas + 2, features]: means over IoUs, then AP50 and AP75."""
        return np.concatenate([precision.mean(axis=1), precision[:, at50, :1], precision[:, at75, :1]], axis=1)

    resampled = resampled_precision(overlaps, resamples, settings=settings, reduce=reduce)
    (values,) = reduce(scores.precision[None])
    standing = [standing_of_precision(overlaps, resamples, smallest, largest) for _, smallest, largest in areas]
    suffixes = ["", *(f" {name}" for name, *_ in areas[1:])]
    # Where each mean stands in `values`, and of which area it is.
    means = [("mAP", 0, 0), ("AP50", len(areas), 0), ("AP75", len(areas) + 1, 0)]
    means += [(f"mAP{suffix}", area, area) for area, suffix in enumerate(suffixes) if area]
    numbers = [
        measured_mean(
            name,
            mean_of_defined(values[i]),
            resampled[:, i],
            support=float(scores.support[area].sum()),
            rule=rule,
            resamples=resamples,
            standing=standing[area][-1],
        )
        for name, i, area in means
    ]
    made = False, rule, resamples.seed
    numbers += [
        Measured(
            f"AP{suffix}",
            f,
            value,
            resampled[:, area, f],
            resamples.units,
            float(scores.support[area, f]),
            *made,
            standing=standing[area][f],
            share=True,
        )
        for area, suffix in enumerate(suffixes)
        for f, value in enumerate(values[area].tolist())
    ]
    return numbers


def standing_of_precision(
    overlaps: Overlaps, resamples: Resamples, smallest: float = 0.0, largest: float = np.inf
) -> list[Standing]:
    """What rows that hold a truth of a feature add to its average precision: what was predicted there; last, to all.

    That is how surely, how near to truths, and how surely near, so that runs of equal confidences differ where they
    place objects differently, and runs that place them alike where other ones are the surer ones.
    """
    truths, ranked = overlaps.truths, overlaps.predictions
    rows = len(overlaps.keep)
    among = ~truths.ignored & (truths.area >= smallest) & (truths.area <= largest)
    cells = np.unique((_features(truths.starts) * rows + truths.row)[among])
    of_prediction = _features(ranked.starts) * rows + ranked.row
    cell = np.searchsorted(cells, of_prediction)
    here = np.flatnonzero(cells[np.minimum(cell, len(cells) - 1)] == of_prediction) if len(cells) else cell[:0]
    near = np.bincount(overlaps.pairs.owners(), overlaps.pairs.iou, minlength=len(of_prediction))
    said = (ranked.confidence, near, ranked.confidence * near)
    adds = np.stack([np.bincount(cell[here], column[here], minlength=len(cells)) for column in said], axis=1)
    feature, row = np.divmod(cells, max(rows, 1))
    return standing_of_features(row, feature, adds, resamples.unit_of, features=overlaps.features)


def _features(starts: np.ndarray) -> np.ndarray:
    """int64[N]: the feature of each entry of a table that is ordered by feature."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))
