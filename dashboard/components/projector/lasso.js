// A region drawn around points. `dashboard/lasso.py` holds the same rules, operation for operation.

export const GRID_STEPS = 2 ** 18 - 1;

/** The square that the points fill, {x, y, side}, and their own range, {low: [x, y], high: [x, y]}. */
export function plotSquare(xy) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < xy.length; i += 2) {
    for (const axis of [0, 1]) {
      if (xy[i + axis] < low[axis]) low[axis] = xy[i + axis];
      if (xy[i + axis] > high[axis]) high[axis] = xy[i + axis];
    }
  }
  if (!xy.length) return { x: -0.5, y: -0.5, side: 1, low: [0, 0], high: [0, 0] };
  const side = Math.max(high[0] - low[0], high[1] - low[1]) || 1;
  const [x, y] = [0, 1].map((axis) => (low[axis] + high[axis]) / 2 - side / 2);
  return { x, y, side, low, high };
}

/** Which points lie inside the polygon [[x, y], ...], by the even-odd rule: 1 or 0 for each point. */
export function inside(xy, polygon) {
  const chosen = new Uint8Array(xy.length / 2);
  const [left, right] = range(polygon, 0);
  const [bottom, top] = range(polygon, 1);
  for (let i = 0; i < chosen.length; i++) {
    const x = xy[2 * i];
    const y = xy[2 * i + 1];
    if (x >= left && x <= right && y >= bottom && y <= top) chosen[i] = isInside(x, y, polygon);
  }
  return chosen;
}

function isInside(x, y, polygon) {
  let odd = 0;
  let [x0, y0] = polygon[polygon.length - 1];
  for (const [x1, y1] of polygon) {
    if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) odd ^= 1;
    [x0, y0] = [x1, y1];
  }
  return odd;
}

function range(polygon, axis) {
  const values = polygon.map((corner) => corner[axis]);
  return [Math.min(...values), Math.max(...values)];
}

/**
 * The polygon with at most so many corners, always leaving out the one whose loss changes the area least.
 *
 * Corners that change it by less than `slack` (in data units squared) are left out as well.
 */
export function simplify(polygon, { most = 40, slack = 0 } = {}) {
  const corners = [...polygon];
  while (corners.length > 3) {
    const [place, area] = leastCorner(corners);
    if (corners.length <= most && area / 2 >= slack) break;
    corners.splice(place, 1);
  }
  return corners;
}

function leastCorner(corners) {
  let least = [0, Infinity];
  for (let i = 0; i < corners.length; i++) {
    const [x, y] = corners[i];
    const [x0, y0] = corners[(i || corners.length) - 1];
    const [x2, y2] = corners[(i + 1) % corners.length];
    const area = Math.abs((x0 - x) * (y2 - y) - (y0 - y) * (x2 - x));
    if (area < least[1]) least = [i, area];
  }
  return least;
}

/** The polygon with its corners on the grid that addresses use, so that a restored one chooses the same points. */
export function snap(polygon, { x, y, side }) {
  const place = (value, low) => {
    const step = Math.round((((value - low) / side + 1) / 3) * GRID_STEPS);
    return ((Math.min(Math.max(step, 0), GRID_STEPS) / GRID_STEPS) * 3 - 1) * side + low;
  };
  return polygon.map((corner) => [place(corner[0], x), place(corner[1], y)]);
}

/** A corner moved into the range that addresses can hold: one side of the square around it. */
export function withinReach([x, y], square) {
  const hold = (value, low) => Math.min(Math.max(value, low - square.side), low + 2 * square.side);
  return [hold(x, square.x), hold(y, square.y)];
}

/** A region around one point, two steps of the grid wide. */
export function regionAround([x, y], square) {
  const step = (3 * square.side) / GRID_STEPS;
  return snap([[x - step, y - step], [x + step, y - step], [x + step, y + step], [x - step, y + step]], square);
}
