// The shapes of one row that are to be seen now, each as a plain object.

import { LEFT_OUT } from "./matching.js";
import { PREDICTION, TRUTH } from "./colours.js";
import { FULL, LEVELS } from "./pack.js";

/**
 * Truth and predictions of a row at the current thresholds, truth first.
 *
 * Each is `{kind, index, feature, outcome, crowd, left, top, right, bottom, rings, first, end}` with places as
 * fractions of the picture; `first` and `end` are those of a span in its text, else -1. `display` says what is shown: `{truth, predictions, hidden}`, `hidden` a set of feature names.
 */
export function shapesOf({ pack, outcomes }, row, display) {
  const matches = outcomes.matched(row);
  const isShown = (feature) => !display.hidden.has(pack.features[feature]);
  return [
    ...(display.truth ? list(TRUTH, pack, row, matches.truthOutcome) : []),
    ...(display.predictions ? list(PREDICTION, pack, row, matches.predictionOutcome) : []),
  ].filter((shape) => shape.outcome !== LEFT_OUT && isShown(shape.feature));
}

function list(kind, pack, row, outcome) {
  const table = kind === TRUTH ? pack.truth : pack.predictions;
  const found = [];
  for (let index = table.start[row]; index < table.start[row + 1]; index++) {
    if (pack.isAnswer(table.feature[index])) continue; // said of the row, and nowhere on it
    const [left, top, right, bottom] = table.corners.subarray(4 * index, 4 * index + 4);
    found.push({
      kind, index, feature: table.feature[index], outcome: outcome[index], crowd: kind === TRUTH && pack.isCrowd(index),
      left: left / FULL, top: top / FULL, right: right / FULL, bottom: bottom / FULL,
      rings: table.rings ? rings(table.rings, index) : [],
      first: table.first ? table.first[index] : -1, end: table.end ? table.end[index] : -1,
    });
  }
  return found;
}

// Rings stay in the pack's numbers, as [x, y, x, y, ...] in 1/FULL of the picture.
function rings({ start, point, points }, index) {
  const found = [];
  for (let ring = start[index]; ring < start[index + 1]; ring++) {
    found.push(points.subarray(2 * point[ring], 2 * point[ring + 1]));
  }
  return found;
}

/** Confidence of a prediction and the overlap of its claim (else its best): `{confidence, iou}`, NaN where none. */
export function measuresOf({ pack, outcomes }, shape) {
  const { matches } = outcomes;
  const prediction = shape.kind === PREDICTION ? shape.index : matches.predictionOf[shape.index];
  if (prediction < 0) return { confidence: NaN, iou: NaN };
  const level = matches.iou[prediction];
  return { confidence: pack.predictions.confidence[prediction] / LEVELS, iou: level ? level / LEVELS : NaN };
}

/** The shape a reader points at: the smallest box around the place (fractions), `slack` wider on each side. */
export function shapeAt(shapes, x, y, slack) {
  let best = null;
  for (const shape of shapes) {
    if (shape.first >= 0) continue;
    const inside = x >= shape.left - slack.x && x <= shape.right + slack.x && y >= shape.top - slack.y && y <= shape.bottom + slack.y;
    if (inside && (!best || area(shape) <= area(best))) best = shape;
  }
  return best;
}

function area(shape) {
  return (shape.right - shape.left) * (shape.bottom - shape.top);
}
