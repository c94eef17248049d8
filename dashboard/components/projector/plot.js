// The plot itself: points on a canvas, the view, the selection and what the pointer does to them.

import { element } from "../elements.js";
import { createCamera } from "./camera.js";
import { createCanvasDrawer } from "./canvas.js";
import { channels, themeColours } from "./colours.js";
import { inside, plotSquare, regionAround, simplify, snap, withinReach } from "./lasso.js";
import { createOverlay } from "./overlay.js";
import { listenToPointer } from "./pointer.js";
import { pointSize } from "./points.js";
import { createWebglDrawer } from "./webgl.js";

const NEAR_PIXELS = 12;
const LASSO_STEP_PIXELS = 2;
const LEAST_LASSO_PIXELS = 40; // squared: a smaller region is a slip of the hand
const SLACK_PIXELS = 1.5; // squared

/**
 * A plot that calls `onSelect(polygon | null)` when the reader selects and `onHover(place | null)` over points.
 *
 * `polygon` is [[x, y], ...] in data units; `place` is {index, x, y} in CSS pixels.
 */
export function createPlot({ onSelect, onHover }) {
  const base = element("canvas", { "aria-hidden": "true" });
  const top = element("canvas", { "aria-hidden": "true" });
  const root = element("div", { className: "surface", tabIndex: 0, role: "application" }, [base, top]);
  const camera = createCamera();
  const overlay = createOverlay(top);
  const drawer = createWebglDrawer(base, redraw) ?? createCanvasDrawer(base);
  let scene = null; // {points, square, chosen, colours}
  let region = null;
  let lasso = null;
  let near = null;
  let tool = "lasso";
  let [width, height, ratio] = [1, 1, 1];
  let colours = null;
  let frame = 0;
  let pointsChanged = true;

  const sizes = new ResizeObserver(resize);
  sizes.observe(root);
  const stopListening = listenToPointer(root, {
    lassoStart: (px, py) => startLasso(px, py),
    lassoMove: (px, py) => extendLasso(px, py),
    lassoEnd: (completed) => endLasso(completed),
    click: (px, py) => selectNearest(px, py),
    pan: (dx, dy) => moveView(() => camera.moveBy(dx, dy)),
    zoom: (factor, px, py) => moveView(() => camera.zoomAt(factor, px, py)),
    fit: () => moveView(() => camera.fit()),
    hover: (px, py) => point(px, py),
    escape: () => region && onSelect(null),
  }, () => tool);

  function resize() {
    [width, height, ratio] = [root.clientWidth, root.clientHeight, devicePixelRatio];
    for (const canvas of [base, top]) {
      canvas.width = Math.max(Math.round(width * ratio), 1);
      canvas.height = Math.max(Math.round(height * ratio), 1);
    }
    camera.resize(width, height);
    pointsChanged = true;
    paint();
  }

  function redraw() {
    pointsChanged = true;
    redrawOverlay();
  }

  // Points take long where there are many; a moving lasso or pointer leaves them as they are.
  function redrawOverlay() {
    frame ||= requestAnimationFrame(paint);
  }

  function paint() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!scene || !colours) return;
    const size = pointSize(scene.points.count, width * height, camera.zoom);
    if (pointsChanged) {
      pointsChanged = false;
      drawer.draw({ view: camera.toClip(), size, ratio, background: colours.background, dimmed: region !== null });
    }
    const toPixels = (corners) => corners && corners.map((corner) => camera.toPixels(...corner));
    const ring = near === null ? null : [...placeOf(near), size / 2 + 2.5];
    overlay.draw({ lasso: toPixels(lasso), region: toPixels(region), ring, ratio, colours });
  }

  function moveView(change) {
    if (!scene) return;
    change();
    point();
    redraw();
  }

  function startLasso(px, py) {
    if (!scene) return;
    lasso = [toLasso(px, py)];
  }

  function extendLasso(px, py) {
    if (!lasso) return;
    const [x, y] = camera.toPixels(...lasso[lasso.length - 1]);
    if (Math.hypot(px - x, py - y) < LASSO_STEP_PIXELS) return;
    lasso.push(toLasso(px, py));
    redrawOverlay();
  }

  function toLasso(px, py) {
    return withinReach(camera.toData(px, py), scene.square);
  }

  function endLasso(completed) {
    const drawn = lasso;
    lasso = null;
    redrawOverlay();
    if (!completed || !drawn || areaOf(drawn) * camera.scale ** 2 < LEAST_LASSO_PIXELS) return;
    onSelect(snap(simplify(drawn, { slack: SLACK_PIXELS / camera.scale ** 2 }), scene.square));
  }

  function selectNearest(px, py) {
    const index = nearest(px, py);
    if (index !== null) onSelect(regionAround(dataOf(index), scene.square));
    else if (region) onSelect(null);
  }

  function point(px, py) {
    const index = px === undefined ? null : nearest(px, py);
    if (index === near) return;
    near = index;
    const [x, y] = index === null ? [0, 0] : placeOf(index);
    onHover(index === null ? null : { index, x, y });
    redrawOverlay();
  }

  function nearest(px, py) {
    if (!scene) return null;
    const { points, colours: painted } = scene;
    const [x, y] = camera.toData(px, py);
    let best = null;
    let least = (NEAR_PIXELS / camera.scale) ** 2;
    for (let i = 0; i < points.count; i++) {
      const distance = (points.xy[2 * i] - x) ** 2 + (points.xy[2 * i + 1] - y) ** 2;
      if (distance < least && painted[4 * points.classes[i] + 3]) [best, least] = [i, distance];
    }
    return best;
  }

  function dataOf(index) {
    return [scene.points.xy[2 * index], scene.points.xy[2 * index + 1]];
  }

  function placeOf(index) {
    return camera.toPixels(...dataOf(index));
  }

  return {
    root,
    drawnBy: drawer.kind,
    /**
     * Show other points, with a colour for each class; the view stays where it is if they fill the same square.
     *
     * `reference` is [x, y, side] of the square whose grid outlines are put on; null for the points' own.
     */
    load(points, { colours: classColours, square: reference }) {
      const square = plotSquare(points.xy);
      if (reference) [square.x, square.y, square.side] = reference;
      const same = JSON.stringify(square) === JSON.stringify(scene?.square);
      near = null;
      scene = { points, square, chosen: new Uint8Array(points.count).fill(1), colours: paletteOf(classColours) };
      if (!same) camera.look(square);
      drawer.load(scene);
      resize();
    },
    /** Select what lies in the polygon, or everything for null; returns 1 or 0 for each point, null for everything. */
    select(polygon) {
      region = polygon;
      const chosen = polygon && inside(scene.points.xy, polygon);
      scene.chosen = chosen ?? new Uint8Array(scene.points.count).fill(1);
      drawer.load(scene);
      redraw();
      return chosen;
    },
    hide(hidden) {
      for (let kind = 0; kind < 256; kind++) scene.colours[4 * kind + 3] = hidden.has(kind) ? 0 : 255;
      near = null;
      onHover(null);
      drawer.load(scene);
      redraw();
    },
    setTool(name) {
      tool = name;
      root.dataset.tool = name;
    },
    changeView(name) {
      moveView(() => (name === "fit" ? camera.fit() : camera.zoomAt(name === "closer" ? 1.4 : 1 / 1.4)));
    },
    readTheme() {
      colours = themeColours(root);
      redraw();
    },
    dispose() {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      stopListening();
      drawer.dispose();
    },
  };
}

function paletteOf(classColours) {
  const palette = new Uint8Array(4 * 256).fill(255);
  classColours.forEach((colour, kind) => palette.set(channels(colour), 4 * kind));
  return palette;
}

function areaOf(corners) {
  let twice = 0;
  corners.forEach(([x, y], i) => {
    const [x0, y0] = corners[(i || corners.length) - 1];
    twice += x0 * y - x * y0;
  });
  return Math.abs(twice) / 2;
}
