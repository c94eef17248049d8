// Counts over all rows shown, in slices short enough that the page never stalls.

const SLICE_MILLISECONDS = 4;
const ROWS_BETWEEN_LOOKS = 64;

/**
 * `{restart, stop}`: `restart()` counts the rows of `rows` (-1 is skipped) of `outcomes` and calls
 * `report({found, falseAlarms, missed, complete})`, at once for what fits into the first slice and again at the end.
 */
export function createTotals(outcomes, rows, report) {
  let run = 0;

  function restart() {
    run += 1;
    slice(run, 0, { found: 0, falseAlarms: 0, missed: 0 }, true);
  }

  function slice(mine, from, sums, isFirst) {
    if (mine !== run) return;
    const next = addRows(outcomes, rows, from, sums);
    const complete = next === rows.length;
    if (complete) report({ ...sums, complete });
    else {
      if (isFirst) report({ complete });
      setTimeout(() => slice(mine, next, sums, false));
    }
  }

  return { restart, stop: () => (run += 1) };
}

function addRows(outcomes, rows, from, sums) {
  const end = performance.now() + SLICE_MILLISECONDS;
  let place = from;
  for (; place < rows.length; place++) {
    if (place % ROWS_BETWEEN_LOOKS === 0 && place > from && performance.now() > end) break;
    if (rows[place] < 0) continue;
    const { found, falseAlarms, missed } = outcomes.matched(rows[place]);
    sums.found += found[rows[place]];
    sums.falseAlarms += falseAlarms[rows[place]];
    sums.missed += missed[rows[place]];
  }
  return place;
}
