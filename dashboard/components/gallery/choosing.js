// Which answer of a row is its choice, and whether it is the true one: the same rule as trainer/measures/choices.py.

import { FALSE_ALARM, FOUND, forgetRow, LEFT_OUT, UNCOUNTED } from "./matching.js";

/**
 * Let the first answer of a row, its surest, be its choice. No threshold decides anything.
 *
 * A row without a true answer counts nowhere. One that chose another option is wrong once, and not also missed.
 */
export function chooseRow(pack, matches, row) {
  forgetRow(pack, matches, row);
  const truth = firstOf(pack.truth, row, (index) => !pack.isUncounted(index));
  const chosen = firstOf(pack.predictions, row, (index) => pack.isMeasured(pack.predictions.feature[index]));
  for (let index = pack.predictions.start[row]; index < pack.predictions.start[row + 1]; index++) {
    matches.truthOf[index] = -1;
    matches.iou[index] = 0;
    matches.predictionOutcome[index] = pack.isMeasured(pack.predictions.feature[index]) ? LEFT_OUT : UNCOUNTED;
  }
  if (chosen >= 0) matches.predictionOutcome[chosen] = UNCOUNTED;
  if (truth < 0) return;
  if (chosen < 0) matches.missed[row] = 1;
  else if (pack.truth.feature[truth] !== pack.predictions.feature[chosen]) {
    matches.falseAlarms[row] = 1;
    matches.predictionOutcome[chosen] = FALSE_ALARM;
  } else {
    matches.found[row] = 1;
    matches.predictionOutcome[chosen] = matches.truthOutcome[truth] = FOUND;
    matches.truthOf[chosen] = truth;
    matches.predictionOf[truth] = chosen;
  }
}

function firstOf(table, row, isMeant) {
  for (let index = table.start[row]; index < table.start[row + 1]; index++) if (isMeant(index)) return index;
  return -1;
}
