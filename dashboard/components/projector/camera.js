// What part of the plane is seen: the data point in the middle, and pixels per data unit, equal on both axes.

const MARGIN = 0.92; // share of the plot that the points fill when they fit
const FARTHEST = 0.8; // times the fitting scale
const CLOSEST = 500;

export function createCamera() {
  let [width, height] = [1, 1];
  let square = { x: 0, y: 0, side: 1, low: [0, 0], high: [1, 1] };
  let [x, y, scale] = [0.5, 0.5, 1];

  const camera = {
    get scale() {
      return scale;
    },
    /** How much closer than fitting. */
    get zoom() {
      return scale / fittingScale();
    },
    resize(newWidth, newHeight) {
      const zoom = camera.zoom;
      [width, height] = [Math.max(newWidth, 1), Math.max(newHeight, 1)];
      scale = fittingScale() * zoom;
    },
    /** Look at other points; all of them are in view afterwards. */
    look(newSquare) {
      square = newSquare;
      camera.fit();
    },
    fit() {
      [x, y] = [(square.low[0] + square.high[0]) / 2, (square.low[1] + square.high[1]) / 2];
      scale = fittingScale();
    },
    /** Zoom by a factor; what lies under the pixel (px, py) stays there. */
    zoomAt(factor, px = width / 2, py = height / 2) {
      const [atX, atY] = camera.toData(px, py);
      scale = hold(scale * factor, fittingScale() * FARTHEST, fittingScale() * CLOSEST);
      x = atX - (px - width / 2) / scale;
      y = atY + (py - height / 2) / scale;
      keepInSight();
    },
    moveBy(dx, dy) {
      x -= dx / scale;
      y += dy / scale;
      keepInSight();
    },
    toData: (px, py) => [x + (px - width / 2) / scale, y - (py - height / 2) / scale],
    toPixels: (dataX, dataY) => [(dataX - x) * scale + width / 2, (y - dataY) * scale + height / 2],
    /** Factor and offset that take data to WebGL's clip space, [fx, fy, ox, oy]. */
    toClip() {
      const [fx, fy] = [(2 * scale) / width, (2 * scale) / height];
      return [fx, fy, -x * fx, -y * fy];
    },
  };
  return camera;

  function fittingScale() {
    const [wide, high] = [square.high[0] - square.low[0], square.high[1] - square.low[1]];
    const widest = Math.max(wide, high) > 0 ? Math.max(wide, high) : square.side;
    return MARGIN * Math.min(width / (wide || widest), height / (high || widest));
  }

  function keepInSight() {
    x = hold(x, square.low[0], square.high[0]);
    y = hold(y, square.low[1], square.high[1]);
  }
}

function hold(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
