"""Numbers of label maps are scikit-learn's, and boundaries those of the paper's definition, on real pictures too."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from sklearn import metrics as sk

from metrics import boundary, boundary_iou, boundary_summary, confuse_pixels, count_pixels, segmentation_summary

SEEDS = range(20)
Pairs = list[tuple[np.ndarray, np.ndarray]]


@pytest.fixture(autouse=True)
def _undefined_is_no_news() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _close(ours: object, theirs: object) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def _slow_boundary(mask: np.ndarray, share: float) -> np.ndarray:
    """The definition: the mask with a ring of nothing around it, worn away pixel by pixel by squares of three."""
    steps = max(1, round(share * math.hypot(*mask.shape)))
    worn = np.pad(mask, 1)
    for _ in range(steps):
        around = np.pad(worn, 1)
        tall, wide = worn.shape
        worn = np.all([around[y : y + tall, x : x + wide] for y in range(3) for x in range(3)], axis=0)
    return mask & ~worn[1:-1, 1:-1]


def _slow_boundary_iou(pairs: Pairs, code: int, share: float) -> float:
    both = either = 0
    for truth, predicted in pairs:
        one, other = _slow_boundary(truth == code, share), _slow_boundary(predicted == code, share)
        both, either = both + (one & other).sum(), either + (one | other).sum()
    return both / either if either else math.nan


def _assert_as_scikit_learn(pairs: Pairs, classes: int, ignore: int | None = None) -> None:
    counts = count_pixels(pairs, classes=classes, ignore=ignore)
    summary = segmentation_summary(counts)
    as_zero = segmentation_summary(counts, rule="absent as 0")
    truth, predicted = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    if ignore is not None:
        truth, predicted = truth[truth != ignore], predicted[truth != ignore]
    labels = range(classes)
    matrix = sk.confusion_matrix(truth, predicted, labels=[*labels, classes if ignore is None else ignore])

    np.testing.assert_array_equal(confuse_pixels(counts).matrix, matrix)
    _close(summary.pixel_accuracy, sk.accuracy_score(truth, predicted))
    occurring = np.union1d(truth, predicted)
    occurring = occurring[occurring < classes]
    for ours, theirs in (("iou", sk.jaccard_score), ("dice", sk.f1_score), ("precision", sk.precision_score)):
        each = theirs(truth, predicted, labels=labels, average=None, zero_division=0)
        _close(np.nan_to_num(getattr(summary.per_class, ours)), each)
        _close(getattr(as_zero, f"mean_{ours}"), each.mean())
    _close(summary.mean_iou, sk.jaccard_score(truth, predicted, labels=occurring, average="macro", zero_division=0))
    _close(summary.mean_dice, sk.f1_score(truth, predicted, labels=occurring, average="macro", zero_division=0))
    _close(summary.frequency_weighted_iou, sk.jaccard_score(truth, predicted, labels=labels, average="weighted"))
    if np.isin(predicted, labels).all():
        _close(summary.mean_class_accuracy, sk.balanced_accuracy_score(truth, predicted))


def _generate(seed: int) -> tuple[Pairs, int, int | None]:
    rng = np.random.default_rng(seed)
    classes = int(rng.integers(1, 6))
    ignore = [None, 255][seed % 2]
    known = np.arange(classes) if ignore is None else np.append(np.arange(classes), ignore)

    def blocks(labels: np.ndarray) -> np.ndarray:
        return rng.choice(labels, shape).repeat(unit, axis=0).repeat(unit, axis=1)

    pairs = []
    for _ in range(5):
        shape, unit = tuple(rng.integers(1, 8, 2)), int(rng.integers(1, 7))
        chosen = rng.choice(known, 3)
        pairs.append((blocks(np.append(chosen, 0)), blocks(rng.permutation(chosen)[:2])))
    return pairs, classes, ignore


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_maps_are_counted_as_scikit_learn_counts(seed: int) -> None:
    _assert_as_scikit_learn(*_generate(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_maps_have_the_boundaries_of_the_definition(seed: int) -> None:
    pairs, classes, ignore = _generate(seed)
    share = [0.02, 0.08, 0.15, 0.6][seed % 4]
    summary = boundary_summary(count_pixels(pairs, classes=classes, ignore=ignore, boundary_share=share).boundaries)
    if ignore is not None:
        pairs = [(truth, np.where(truth == ignore, ignore, predicted)) for truth, predicted in pairs]
    expected = [_slow_boundary_iou(pairs, code, share) for code in range(classes)]

    _close(summary.per_class.iou, expected)
    _close(summary.mean_iou, np.nanmean(expected))
    for truth, predicted in pairs:
        np.testing.assert_array_equal(boundary(truth == 0, share=share), _slow_boundary(truth == 0, share))
        _close(
            boundary_iou(truth == 0, predicted == 0, share=share), _slow_boundary_iou([(truth, predicted)], 0, share)
        )


def _nuclei(folder: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Three classes painted from the numbered nuclei, by size; the prediction is seeded and shifted."""
    rng = np.random.default_rng(0)
    for path in sorted((folder / "dsb2018_dev" / "instance_labels").glob("*.png"))[:16]:
        numbered = np.array(Image.open(path))
        large = np.bincount(numbered.ravel()) > 250
        truth = np.where(numbered == 0, 0, 1 + large[numbered])
        predicted = np.roll(truth, rng.integers(-3, 4, 2), (0, 1))
        predicted[:, : truth.shape[1] // 10] = 0
        yield truth, np.where(rng.random(truth.shape) < 0.01, 1, predicted)


def test_painted_nuclei_are_counted_as_scikit_learn_counts(shared_data: Path) -> None:
    pairs = list(_nuclei(shared_data))
    _assert_as_scikit_learn(pairs, 4)
    _assert_as_scikit_learn([(np.where(truth == 1, 255, truth), predicted) for truth, predicted in pairs], 3, 255)


def test_painted_nuclei_have_the_boundaries_of_the_definition(shared_data: Path) -> None:
    pairs = list(_nuclei(shared_data))[:6]
    summary = boundary_summary(count_pixels(pairs, classes=4, boundary_share=0.02).boundaries)

    _close(summary.per_class.iou, [_slow_boundary_iou(pairs, code, 0.02) for code in range(4)])
    assert summary.averaged == 3


def test_painted_labels_are_the_nuclei_of_the_masks(shared_data: Path) -> None:
    folder = shared_data / "dsb2018_dev"
    instances = json.loads((folder / "instances_coco_rle.json").read_text())
    rows = []
    for image in instances["images"][:8]:
        masks = [each["segmentation"] for each in instances["annotations"] if each["image_id"] == image["id"]]
        drawn = coco_mask.decode(coco_mask.merge(masks))
        rows.append((np.array(Image.open(folder / "semantic_masks" / Path(image["file_name"]).name)) // 255, drawn))
    summary = segmentation_summary(count_pixels(rows, classes=2))

    assert summary.pixel_accuracy == pytest.approx(1, abs=1e-4)


def test_real_masks_have_the_boundaries_of_the_definition(shared_data: Path) -> None:
    instances = json.loads((shared_data / "coco_mini_dev" / "instances.json").read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in instances["images"]}
    compared = 0
    for annotation in instances["annotations"][:: len(instances["annotations"]) // 25]:
        if annotation["iscrowd"]:
            continue
        height, width = sizes[annotation["image_id"]]
        mask = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(annotation["segmentation"], height, width))) > 0
        moved = np.roll(mask, 4, axis=1)

        np.testing.assert_array_equal(boundary(mask), _slow_boundary(mask, 0.02))
        _close(boundary_iou(mask, moved), _slow_boundary_iou([(mask, moved)], 1, 0.02))
        compared += 1
    assert compared > 15
