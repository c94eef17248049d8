// The outcomes of a pack at the current thresholds, matched row by row as they are asked for.

import { chooseRow } from "./choosing.js";
import { LEVELS } from "./pack.js";
import { createMatches, matchRow } from "./matching.js";

/**
 * `{matches, setThresholds, matched}`: after `matched(row)`, which returns `matches`, they are right for that row.
 */
export function createOutcomes(pack) {
  const matches = createMatches(pack);
  const known = new Uint32Array(pack.rows); // the setting at which a row was last matched
  const settle = pack.rule === "choice" ? chooseRow : matchRow;
  let levels = { confidence: 0, iou: 0 };
  let setting = 0;

  function setThresholds({ confidence, iou }) {
    // Thresholds have few decimals, so the rounding only removes the error of the multiplication.
    levels = { confidence: Math.round(confidence * LEVELS), iou: Math.round(iou * LEVELS) };
    setting += 1;
  }

  function matched(row) {
    if (known[row] !== setting) {
      settle(pack, matches, row, levels);
      known[row] = setting;
    }
    return matches;
  }

  setThresholds({ confidence: 0.5, iou: 0.5 });
  return { matches, setThresholds, matched };
}
