// Which prediction claims which truth at two thresholds: the same rule as metrics/matching.py.

export const LEFT_OUT = 0; // a prediction below the confidence threshold
export const FOUND = 1; // a truth that was claimed, and the prediction that claimed it
export const FALSE_ALARM = 2; // a prediction that claims nothing
export const MISSED = 3; // a truth that nothing claimed
export const UNCOUNTED = 4; // a crowd or ignored truth, and a prediction that it absorbs

/** Room for the outcome of every shape, and the counts of every row, of a pack; `matchRow` fills it row by row. */
export function createMatches(pack) {
  return {
    truthOf: new Int32Array(pack.predictions.count).fill(-1),
    predictionOf: new Int32Array(pack.truth.count).fill(-1),
    predictionOutcome: new Uint8Array(pack.predictions.count),
    truthOutcome: new Uint8Array(pack.truth.count),
    iou: new Uint16Array(pack.predictions.count), // level of the claim, else of the best overlap
    found: new Uint32Array(pack.rows),
    falseAlarms: new Uint32Array(pack.rows),
    missed: new Uint32Array(pack.rows),
  };
}

/**
 * Let each prediction of a row claim the truth of its feature that it overlaps most.
 *
 * Predictions choose in the order of the pack (falling confidence) among pairs in the order of the pack (truths that
 * count first, larger overlap first, then later truth). A claimed truth is gone, but a crowd absorbs any number.
 *
 * `levels` holds `confidence` and `iou` in 1/10000.
 */
export function matchRow(pack, matches, row, levels) {
  forgetRow(pack, matches, row);
  for (let prediction = pack.predictions.start[row]; prediction < pack.predictions.start[row + 1]; prediction++) {
    const outcome = choose(pack, matches, prediction, levels);
    matches.predictionOutcome[prediction] = outcome;
    if (outcome === FOUND) matches.found[row]++;
    else if (outcome === FALSE_ALARM) matches.falseAlarms[row]++;
  }
  for (let truth = pack.truth.start[row]; truth < pack.truth.start[row + 1]; truth++) {
    if (matches.truthOutcome[truth] === MISSED) matches.missed[row]++;
  }
}

/** Nothing is claimed on a row, and every truth that counts is missed. */
export function forgetRow(pack, matches, row) {
  matches.found[row] = matches.falseAlarms[row] = matches.missed[row] = 0;
  const [first, last] = [pack.truth.start[row], pack.truth.start[row + 1]];
  matches.predictionOf.fill(-1, first, last);
  for (let truth = first; truth < last; truth++) {
    matches.truthOutcome[truth] = pack.isUncounted(truth) ? UNCOUNTED : MISSED;
  }
}

function choose(pack, matches, prediction, levels) {
  const { start, truth, iou } = pack.pairs;
  matches.truthOf[prediction] = -1;
  matches.iou[prediction] = 0;
  if (pack.predictions.confidence[prediction] < levels.confidence) return LEFT_OUT;
  if (!pack.isMeasured(pack.predictions.feature[prediction])) return UNCOUNTED;
  for (let pair = start[prediction]; pair < start[prediction + 1]; pair++) {
    const target = truth[pair];
    matches.iou[prediction] = Math.max(matches.iou[prediction], iou[pair]);
    if (iou[pair] < levels.iou) continue;
    if (matches.predictionOf[target] >= 0 && !pack.isCrowd(target)) continue;
    return claim(pack, matches, prediction, pair);
  }
  return FALSE_ALARM;
}

function claim(pack, matches, prediction, pair) {
  const target = pack.pairs.truth[pair];
  matches.truthOf[prediction] = target;
  matches.iou[prediction] = pack.pairs.iou[pair];
  if (matches.predictionOf[target] < 0) matches.predictionOf[target] = prediction;
  if (pack.isUncounted(target)) return UNCOUNTED;
  matches.truthOutcome[target] = FOUND;
  return FOUND;
}
