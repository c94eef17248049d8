// One run's pack: its rows, truth, predictions and overlaps, by number.

import { readBundle } from "./bundle.js";

const CROWD = 1;
const IGNORED = 2;
export const FULL = 65535; // corners and points are in 1/65535 of the picture's sides
export const LEVELS = 10000; // confidence and overlap are in 1/10000, rounded down

/** The pack in `buffer`, with the answers that drawing and matching ask for. */
export function openPack(buffer) {
  const { head, arrays } = readBundle(buffer);
  const decoder = new TextDecoder();
  return {
    rows: head.rows,
    features: head.features,
    pairs: { start: arrays.pair_start, truth: arrays.pair_truth, iou: arrays.pair_iou },
    truth: shapes("truth", arrays),
    predictions: { ...shapes("prediction", arrays), confidence: arrays.prediction_confidence },
    key: (row) => decoder.decode(arrays.key_bytes.subarray(arrays.key_start[row], arrays.key_start[row + 1])),
    width: (row) => arrays.width[row],
    height: (row) => arrays.height[row],
    hasThumbnail: (row) => arrays.thumbnail[row] === 1,
    isCrowd: (truth) => (arrays.truth_flags[truth] & CROWD) !== 0,
    isUncounted: (truth) => (arrays.truth_flags[truth] & (CROWD | IGNORED)) !== 0,
  };
}

function shapes(name, arrays) {
  const points = arrays[`${name}_points`];
  return {
    start: arrays[`${name}_start`],
    feature: arrays[`${name}_feature`],
    corners: arrays[`${name}_corners`],
    count: arrays[`${name}_feature`].length,
    rings: points ? { start: arrays[`${name}_ring_start`], point: arrays[`${name}_point_start`], points } : null,
  };
}
