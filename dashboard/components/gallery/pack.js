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
  const slice = (bytes, start, row) => decoder.decode(bytes.subarray(start[row], start[row + 1]));
  const measured = flags(head.features, head.measured);
  const answers = flags(head.features, head.questions.flatMap(({ options }) => options));
  return {
    rows: head.rows,
    features: head.features,
    labels: head.features.map((path, feature) => (answers[feature] ? path.slice(path.lastIndexOf("/") + 1) : path)),
    rule: head.rule, // how outcomes are told: "overlaps", "choice" or "nothing"
    questions: head.questions, // `{name, several, options}` with the features of the options
    question: head.questions.find(({ name }) => name === head.question) ?? null, // the one that is measured
    pairs: { start: arrays.pair_start, truth: arrays.pair_truth, iou: arrays.pair_iou },
    truth: shapes("truth", arrays),
    predictions: { ...shapes("prediction", arrays), confidence: arrays.prediction_confidence },
    key: (row) => slice(arrays.key_bytes, arrays.key_start, row),
    isText: (row) => arrays.text_start !== undefined && arrays.text_start[row] < arrays.text_start[row + 1],
    text: (row) => slice(arrays.text_bytes, arrays.text_start, row),
    width: (row) => arrays.width[row],
    height: (row) => arrays.height[row],
    hasThumbnail: (row) => arrays.thumbnail[row] === 1,
    isCrowd: (truth) => (arrays.truth_flags[truth] & CROWD) !== 0,
    isUncounted: (truth) => (arrays.truth_flags[truth] & (CROWD | IGNORED)) !== 0 || !measured[arrays.truth_feature[truth]],
    isMeasured: (feature) => measured[feature] === 1,
    isAnswer: (feature) => answers[feature] === 1,
  };
}

function flags(features, codes) {
  const marked = new Uint8Array(features.length);
  for (const code of codes) marked[code] = 1;
  return marked;
}

function shapes(name, arrays) {
  const points = arrays[`${name}_points`];
  return {
    start: arrays[`${name}_start`],
    feature: arrays[`${name}_feature`],
    corners: arrays[`${name}_corners`],
    count: arrays[`${name}_feature`].length,
    first: arrays[`${name}_first`] ?? null, // where a span begins and ends in its text; -1 for what is none
    end: arrays[`${name}_end`] ?? null,
    rings: points ? { start: arrays[`${name}_ring_start`], point: arrays[`${name}_point_start`], points } : null,
  };
}
