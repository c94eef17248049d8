"""Measures predictions against truth: columns in, columns out.

    overlaps = find_overlaps(truth, predictions, rows=5000, features=80)    # the expensive step, once
    coco_summary(overlaps)                                                  # COCO's twelve numbers
    count_outcomes(match(overlaps, min_iou=0.5, min_confidence=0.3))        # found, false alarms, missed
    precision_recall_curves(overlaps, min_iou=0.5)

Importing this package is quick: numba is loaded by the first function that needs it, see `warm_up`.
"""

from metrics.best_thresholds import (
    BestThresholds,
    thresholds_for_cost,
    thresholds_for_f,
    thresholds_for_precision,
    thresholds_for_recall,
)
from metrics.classes.areas import ClassAreas, PairAreas, class_average_precision, roc_auc, roc_auc_of_pairs
from metrics.classes.calibration import Reliability, class_reliability, reliability, top_reliability
from metrics.classes.checklist_summary import ChecklistRows, ChecklistSummary, checklist_summary
from metrics.classes.checklists import Checklists
from metrics.classes.choice_summary import ChoiceSummary, choice_summary, count_choices
from metrics.classes.choices import Choices
from metrics.classes.confusion import ChoiceConfusion, confuse_choices
from metrics.classes.counts import ClassAverage, ClassAverages, ClassCounts
from metrics.classes.curves import ClassCurves, ThresholdCounts, class_curves, count_at_thresholds
from metrics.classes.losses import RowLosses, TopAccuracy, row_losses, top_accuracy
from metrics.comparison.answers import Answers
from metrics.comparison.area_disputes import find_area_disputes
from metrics.comparison.areas import keep_area_ledger
from metrics.comparison.choices import keep_choice_ledger, measure_choices
from metrics.comparison.conditions import SliceColumn, by_quantiles, by_value
from metrics.comparison.confidences import ConfidenceMeanings, Judged, compare_confidence, judge, judged_predictions
from metrics.comparison.corrections import Together, false_discoveries, hold_together
from metrics.comparison.disputes import Dispute, DisputeLines, Disputes
from metrics.comparison.explained import ExplainedGain, draw_precision_parts, explain_gain
from metrics.comparison.explained_answers import ExplainedAnswers, explain_accuracy, explain_mean_iou
from metrics.comparison.explained_draws import draw_accuracy_parts, draw_f1_parts, draw_iou_parts
from metrics.comparison.explained_exchange import GainParts
from metrics.comparison.explained_parts import DrawnParts, HeldParts, hold_parts
from metrics.comparison.explained_spans import ExplainedF1, explain_f1, follow_spans
from metrics.comparison.label_noise import find_choice_disputes, find_disputes
from metrics.comparison.ledger import Ledger, keep_ledger, pair_predictions
from metrics.comparison.ledger_lines import AlarmLines, Change, TruthLines
from metrics.comparison.mcnemar import mcnemar
from metrics.comparison.measured import Measured, MeasuredGain, gains_of, gains_of_several, measure_ratio
from metrics.comparison.objects import measure_objects, ratios_of
from metrics.comparison.operating_points import OperatingPoints, fair_points, operating_points
from metrics.comparison.paired import PairedOutcomes, pair_flags, pair_found, pair_ratios
from metrics.comparison.pixels import measure_pixels
from metrics.comparison.seed_gains import Needed, SeedGain, gain_of_resampled_seeds, gain_of_seeds
from metrics.comparison.slices import Slice, Slices, SliceSettings, find_slices
from metrics.comparison.spans import keep_span_ledger, measure_spans
from metrics.comparison.transitions import ALARM_STATES, TRUTH_STATES, Transitions, follow_failures
from metrics.comparison.undisputed import (
    DisputedGain,
    choice_gains_without_disputes,
    gains_without_disputes,
    pixel_gains_without_disputes,
)
from metrics.comparison.variance import VarianceSplit, run_values, split_variance
from metrics.custom import FeatureValues, RowRatio, feature_values, gain_of, ratio, row_mean
from metrics.errors import ColumnError, MetricsError, ThresholdError
from metrics.gains import Gain, paired_gain
from metrics.objects.average_precision import AveragePrecision, CocoSettings, average_precision
from metrics.objects.boxes import Boxes
from metrics.objects.coco import CocoFeatures, CocoSummary, coco_summary
from metrics.objects.coco_keypoints import CocoKeypointFeatures, CocoKeypointSummary, coco_keypoint_summary
from metrics.objects.confusion import Confusion, confuse
from metrics.objects.curves import Curve, Curves, precision_recall_curves
from metrics.objects.failure_costs import FailureCosts, failure_costs, mended_precision
from metrics.objects.failures import FAILURE_KINDS, Failures, find_failures
from metrics.objects.federation import Federation
from metrics.objects.keypoints import COCO_SIGMAS, Keypoints
from metrics.objects.lvis import LvisFeatures, LvisSummary, lvis_summary
from metrics.objects.masks import Masks
from metrics.objects.matching import Matches, match
from metrics.objects.outcomes import Counts, Outcomes, count_outcomes
from metrics.objects.overlap import Overlaps, TablePairs, find_overlaps
from metrics.objects.resampled import resampled_precision
from metrics.objects.voc import VocAveragePrecision, VocCurve, voc_average_precision
from metrics.pixels.areas import AreaMatches, Areas, match_areas
from metrics.pixels.boundaries import BoundaryCounts, boundary, boundary_iou
from metrics.pixels.confusion import PixelConfusion, confuse_pixels
from metrics.pixels.counts import ClassMeans, ClassPixels, RowClasses
from metrics.pixels.summary import (
    BoundarySummary,
    RowPixels,
    SegmentationSummary,
    boundary_summary,
    segmentation_summary,
)
from metrics.pixels.table import PixelCounts, count_pixels
from metrics.ratings.ranking_summary import RankingMeans, RankingRows, RankingSummary, ranking_summary
from metrics.ratings.rankings import Rankings
from metrics.ratings.rating_summary import RatingSummary, rating_summary
from metrics.ratings.ratings import Ratings
from metrics.resamples import Resamples, draw_rows
from metrics.texts.exact import SpanMatches, SpanOutcomes, count_spans, match_spans
from metrics.texts.overlap import overlap_f1
from metrics.texts.semeval import SemevalCounts, SemevalScores, SemevalWays, SpanPairs, pair_spans, semeval_scores
from metrics.texts.span_failures import SpanFailures, find_span_failures
from metrics.texts.spans import Spans
from metrics.texts.tags import spans_from_tags, tag_features, tags_from_spans, token_accuracy
from metrics.warm import warm_up

__all__ = [
    "ALARM_STATES",
    "COCO_SIGMAS",
    "FAILURE_KINDS",
    "TRUTH_STATES",
    "AlarmLines",
    "Answers",
    "AreaMatches",
    "Areas",
    "AveragePrecision",
    "BestThresholds",
    "BoundaryCounts",
    "BoundarySummary",
    "Boxes",
    "Change",
    "ChecklistRows",
    "ChecklistSummary",
    "Checklists",
    "ChoiceConfusion",
    "ChoiceSummary",
    "Choices",
    "ClassAreas",
    "ClassAverage",
    "ClassAverages",
    "ClassCounts",
    "ClassCurves",
    "ClassMeans",
    "ClassPixels",
    "CocoFeatures",
    "CocoKeypointFeatures",
    "CocoKeypointSummary",
    "CocoSettings",
    "CocoSummary",
    "ColumnError",
    "ConfidenceMeanings",
    "Confusion",
    "Counts",
    "Curve",
    "Curves",
    "Dispute",
    "DisputeLines",
    "DisputedGain",
    "Disputes",
    "DrawnParts",
    "ExplainedAnswers",
    "ExplainedF1",
    "ExplainedGain",
    "FailureCosts",
    "Failures",
    "FeatureValues",
    "Federation",
    "Gain",
    "GainParts",
    "HeldParts",
    "Judged",
    "Keypoints",
    "Ledger",
    "LvisFeatures",
    "LvisSummary",
    "Masks",
    "Matches",
    "Measured",
    "MeasuredGain",
    "MetricsError",
    "Needed",
    "OperatingPoints",
    "Outcomes",
    "Overlaps",
    "PairAreas",
    "PairedOutcomes",
    "PixelConfusion",
    "PixelCounts",
    "RankingMeans",
    "RankingRows",
    "RankingSummary",
    "Rankings",
    "RatingSummary",
    "Ratings",
    "Reliability",
    "Resamples",
    "RowClasses",
    "RowLosses",
    "RowPixels",
    "RowRatio",
    "SeedGain",
    "SegmentationSummary",
    "SemevalCounts",
    "SemevalScores",
    "SemevalWays",
    "Slice",
    "SliceColumn",
    "SliceSettings",
    "Slices",
    "SpanFailures",
    "SpanMatches",
    "SpanOutcomes",
    "SpanPairs",
    "Spans",
    "TablePairs",
    "ThresholdCounts",
    "ThresholdError",
    "Together",
    "TopAccuracy",
    "Transitions",
    "TruthLines",
    "VarianceSplit",
    "VocAveragePrecision",
    "VocCurve",
    "average_precision",
    "boundary",
    "boundary_iou",
    "boundary_summary",
    "by_quantiles",
    "by_value",
    "checklist_summary",
    "choice_gains_without_disputes",
    "choice_summary",
    "class_average_precision",
    "class_curves",
    "class_reliability",
    "coco_keypoint_summary",
    "coco_summary",
    "compare_confidence",
    "confuse",
    "confuse_choices",
    "confuse_pixels",
    "count_at_thresholds",
    "count_choices",
    "count_outcomes",
    "count_pixels",
    "count_spans",
    "draw_accuracy_parts",
    "draw_f1_parts",
    "draw_iou_parts",
    "draw_precision_parts",
    "draw_rows",
    "explain_accuracy",
    "explain_f1",
    "explain_gain",
    "explain_mean_iou",
    "failure_costs",
    "fair_points",
    "false_discoveries",
    "feature_values",
    "find_area_disputes",
    "find_choice_disputes",
    "find_disputes",
    "find_failures",
    "find_overlaps",
    "find_slices",
    "find_span_failures",
    "follow_failures",
    "follow_spans",
    "gain_of",
    "gain_of_resampled_seeds",
    "gain_of_seeds",
    "gains_of",
    "gains_of_several",
    "gains_without_disputes",
    "hold_parts",
    "hold_together",
    "judge",
    "judged_predictions",
    "keep_area_ledger",
    "keep_choice_ledger",
    "keep_ledger",
    "keep_span_ledger",
    "lvis_summary",
    "match",
    "match_areas",
    "match_spans",
    "mcnemar",
    "measure_choices",
    "measure_objects",
    "measure_pixels",
    "measure_ratio",
    "measure_spans",
    "mended_precision",
    "operating_points",
    "overlap_f1",
    "pair_flags",
    "pair_found",
    "pair_predictions",
    "pair_ratios",
    "pair_spans",
    "paired_gain",
    "pixel_gains_without_disputes",
    "precision_recall_curves",
    "ranking_summary",
    "rating_summary",
    "ratio",
    "ratios_of",
    "reliability",
    "resampled_precision",
    "roc_auc",
    "roc_auc_of_pairs",
    "row_losses",
    "row_mean",
    "run_values",
    "segmentation_summary",
    "semeval_scores",
    "spans_from_tags",
    "split_variance",
    "tag_features",
    "tags_from_spans",
    "thresholds_for_cost",
    "thresholds_for_f",
    "thresholds_for_precision",
    "thresholds_for_recall",
    "token_accuracy",
    "top_accuracy",
    "top_reliability",
    "voc_average_precision",
    "warm_up",
]
